# METADATA
# title: No user can sign in without the second factor, unless declared
# description: >-
#   Reads each user's service-specific credentials, SSH public keys and signing certificates, and concludes that every active one is
#   declared by its id in `credentials` of the control. MFA does not protect any of them, and the rotation of access keys does not include
#   them. Does not apply to users who have no active one. Cannot see whether and where one is used: IAM does not say.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html
# schemas:
#   - input.resource: schema["aws-iam-user"]
# custom:
#   subject: aws-iam/user
#   needs:
#     conforms: [service_credentials, ssh_public_keys, signing_certificates]
#     deviates: []
#     not_applicable: [service_credentials, ssh_public_keys, signing_certificates]
#   severity: medium
#   remediation: Delete the credential, or declare its id with the reason why it must be there.
#   parameters:
#     credentials:
#       description: Ids (`ACCA…`, `APKA…`, certificate ids) of those that may be active.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
package checks.aws_iam.other_credentials_are_declared

parts := {"service_credentials", "ssh_public_keys", "signing_certificates"}

# Evaluates to nothing unless all three were read.
active := [sprintf("/%s/%d", [part, n]) |
	some part in parts
	some n, credential in input.resource[part]
	credential.active == true
] if {
	input.resource.service_credentials
	input.resource.ssh_public_keys
	input.resource.signing_certificates
}

undeclared contains path if {
	some part in parts
	some n, credential in input.resource[part]
	credential.active == true
	not credential.id in input.parameters.credentials
	path := sprintf("/%s/%d", [part, n])
}

not_applicable contains {"path": "/service_credentials", "because": "none of these credentials is active"} if {
	count(active) == 0
}

conforms contains {"path": path, "expected": "declared"} if {
	count(undeclared) == 0
	some path in active
}

deviates contains {"path": path, "expected": "declared or gone", "because": "active, and not protected by a second factor"} if {
	some path in undeclared
}
