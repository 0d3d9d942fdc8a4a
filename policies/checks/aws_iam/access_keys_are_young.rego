# METADATA
# title: Active access keys are replaced in time
# description: >-
#   Reads the date on which each access key of a user was created and concludes that no active one is older than `max_days`. Does not apply to
#   users without an active access key; a date more than six hours after the start of the run makes it
#   undetermined. Cannot see where a key is kept, nor who has read it.
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
#     undetermined: [access_keys]
#     not_applicable: [access_keys]
#   severity: medium
#   remediation: Create a new key, switch to it, deactivate and delete the old one; better, replace the user by a role.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3650, default: 90, x-stricter: lower}
package checks.aws_iam.access_keys_are_young

import data.lib.aws
import data.lib.clock

active[n] := key if {
	some n, key in input.resource.access_keys
	key.active == true
}

age(key) := aws.days(key.created.epoch, input.now)

not_applicable contains {
	"path": "/access_keys",
	"because": "the user has no active access key",
} if {
	input.resource.access_keys
	count(active) == 0
}

# Made later than now: its age is not known.
contradicted contains n if {
	some n, key in active
	clock.ahead(key.created)
}

undetermined contains {"path": sprintf("/access_keys/%d/created", [n]), "because": clock.why(active[n].created)} if {
	some n in contradicted
}

conforms contains {
	"path": "/access_keys",
	"expected": sprintf("at most %d days old", [input.parameters.max_days]),
} if {
	count(active) > 0
	count(contradicted) == 0
	every key in active {
		age(key) <= input.parameters.max_days
	}
}

deviates contains {
	"path": sprintf("/access_keys/%d/created", [n]),
	"expected": sprintf("at most %d days old", [input.parameters.max_days]),
	"because": sprintf("the key is %d days old", [age(key)]),
} if {
	some n, key in active
	age(key) > input.parameters.max_days
}
