# METADATA
# title: No user has more than one active access key
# description: >-
#   Reads each user's access keys and concludes that at most one is active. Two are meant for the time of a rotation; after that, one of
#   them is forgotten. A rotation in progress during the run deviates. Cannot see where a key is kept.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
# schemas:
#   - input.resource: schema["aws-iam-user"]
# custom:
#   subject: aws-iam/user
#   needs:
#     conforms: [access_keys]
#     deviates: []
#   severity: medium
#   remediation: Deactivate and delete the key that is not used any more.
package checks.aws_iam.one_active_access_key

active := [n |
	some n, key in input.resource.access_keys
	key.active == true
]

conforms contains {
	"path": "/access_keys",
	"expected": "at most one active",
} if {
	input.resource.access_keys
	count(active) <= 1
}

deviates contains {
	"path": sprintf("/access_keys/%d", [n]),
	"expected": "at most one active",
} if {
	count(active) > 1
	some n in active
}
