# METADATA
# title: A user of IAM who reaches a key needs a second factor for it
# description: >-
#   Reads how users of IAM come to use, administer or destroy the key: by acting on it, or by becoming somebody who does. Concludes that policies
#   ask each of them for a second factor on their first step: `aws:MultiFactorAuthPresent` or `aws:MultiFactorAuthAge`, in a form that a long-term access
#   key does not meet (`Bool` where something is allowed, `BoolIfExists` where it is denied). A device that is registered is not enough: nothing asks for it
#   where an access key is used. Does not apply to keys that AWS manages. Users who reach the key as administrators of the account are not among them, nor are
#   people of identity providers, whose factors live there.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
# schemas:
#   - input.resource: schema["joined-reach"]
# custom:
#   subject: joined/reach
#   needs:
#     conforms: [manager, entries, common, everyone]
#     deviates: [manager]
#     undetermined: [manager, common]
#     not_applicable: [manager]
#   severity: high
#   remediation: Deny what has no second factor by `BoolIfExists`, or ask for it in the trust policy of the role by which they come.
package checks.aws_iam.mfa_is_enforced_by_policy

import data.lib.reach

applies if input.resource.manager == "CUSTOMER"

found[n] := entry if {
	some n, entry in input.resource.entries
	entry.who.kind == "user"
	entry.asks_for_mfa == false
}

# Those who reach other keys in the same way: how many, and the first of them.
others := reach.some_of(input.resource.common, "users_without_mfa")

because(entry) := sprintf("%s, and nothing asks for a second factor: one of %d users who reach other keys in the same way (joined/common-reach `%s`)", [
	reach.sentence(entry),
	others.count,
	input.resource.common.of,
])

not_applicable contains {
	"path": "/manager",
	"actual": input.resource.manager,
	"because": "AWS manages the key",
} if {
	input.resource.manager != "CUSTOMER"
}

deviates contains {
	"path": sprintf("/entries/%d", [n]),
	"because": sprintf("%s, and nothing asks for a second factor", [reach.sentence(entry)]),
} if {
	applies
	some n, entry in found
	entry.may == "yes"
}

undetermined contains {
	"path": sprintf("/entries/%d", [n]),
	"because": reach.because(entry),
} if {
	applies
	some n, entry in found
	entry.may == "undetermined"
}

deviates contains {"path": sprintf("/common/users_without_mfa/first/%d", [n]), "because": because(entry)} if {
	applies
	some n, entry in others.first
	entry.may == "yes"
}

undetermined contains {
	"path": sprintf("/common/users_without_mfa/first/%d", [n]),
	"because": reach.one_of(entry, others, input.resource.common),
} if {
	applies
	some n, entry in others.first
	entry.may == "undetermined"
}

conforms contains {"path": "/entries", "because": "each user who reaches it is asked for a second factor"} if {
	applies
	input.resource.everyone == true
	is_array(input.resource.entries)
	reach.known(input.resource.common)
	count(found) == 0
	others.count == 0
}
