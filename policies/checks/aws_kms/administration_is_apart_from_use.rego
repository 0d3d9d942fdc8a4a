# METADATA
# title: Nobody both administers and uses a key
# description: >-
#   Reads what each user and role may do to the key themselves, by its policy, by grants and by their own policies, and concludes that whoever may
#   change its policy, rotate, enable, disable or delete it may not sign, decrypt or encrypt with it. Who may change the policy can give themselves its use:
#   that shows in the policy and in the trail, and is not counted as use here. Does not apply to keys that AWS manages. Administrators
#   of the account are left out, as they can do both with every key (`keys/account-administrators-are-declared`), and whoever becomes one of these, who
#   is judged by the roles that they become.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
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
#   remediation: Give administration and use of the key to different roles, and neither role to whoever has the other.
#   parameters:
#     both:
#       description: ARNs of users and roles that may do both.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.aws_kms.administration_is_apart_from_use

import data.lib.reach

using := {
	"kms:*",
	"kms:Decrypt",
	"kms:DeriveSharedSecret",
	"kms:Encrypt",
	"kms:GenerateDataKey",
	"kms:GenerateDataKeyPair",
	"kms:GenerateDataKeyPairWithoutPlaintext",
	"kms:GenerateDataKeyWithoutPlaintext",
	"kms:GenerateMac",
	"kms:ReEncryptFrom",
	"kms:ReEncryptTo",
	"kms:Sign",
}

administering := {
	"kms:*",
	"kms:CancelKeyDeletion",
	"kms:DeleteImportedKeyMaterial",
	"kms:DisableKey",
	"kms:DisableKeyRotation",
	"kms:EnableKey",
	"kms:EnableKeyRotation",
	"kms:ImportKeyMaterial",
	"kms:PutKeyPolicy",
	"kms:ReplicateKey",
	"kms:RotateKeyOnDemand",
	"kms:ScheduleKeyDeletion",
	"kms:UpdatePrimaryRegion",
}

applies if input.resource.manager == "CUSTOMER"

# Users and roles who act on the key themselves, by some of these actions.
those(actions) := {n: entry |
	some n, entry in input.resource.entries
	entry.who.kind in {"user", "role"}
	not entry.becomes
	not entry.copy
	some action in entry.actions
	action in actions
}

administrators := those(administering)

users := those(using)

# The first of the entries by which they use it: one is enough.
found[n] := [administrator, same[0]] if {
	some n, administrator in administrators
	not administrator.who.name in input.parameters.both
	same := [user | some user in users; user.who == administrator.who]
	count(same) > 0
}

# Those who reach other keys in the same way and do everything; nobody else of them does both: how many, and the first of them.
others := reach.some_of(input.resource.common, "do_everything")

found_others[n] := entry if {
	applies
	some n, entry in others.first
	not entry.who.name in input.parameters.both
}

one_of(entry) := sprintf("%s: one of %d who reach other keys in the same way (joined/common-reach `%s`)", [
	because([entry, entry]),
	others.count,
	input.resource.common.of,
])

because(pair) := sprintf("%s `%s` administers it by %s, and uses it by %s", [
	pair[0].who.kind,
	pair[0].who.name,
	concat(", ", [a | some a in pair[0].actions; a in administering]),
	concat(", ", [a | some a in pair[1].actions; a in using]),
])

sure(pair) if {
	pair[0].may == "yes"
	pair[1].may == "yes"
}

not_applicable contains {
	"path": "/manager",
	"actual": input.resource.manager,
	"because": "AWS manages the key",
} if {
	input.resource.manager != "CUSTOMER"
}

deviates contains {"path": sprintf("/entries/%d", [n]), "because": because(pair)} if {
	applies
	some n, pair in found
	sure(pair)
}

undetermined contains {"path": sprintf("/entries/%d", [n]), "because": because(pair)} if {
	applies
	some n, pair in found
	not sure(pair)
}

deviates contains {"path": sprintf("/common/do_everything/first/%d", [n]), "because": one_of(entry)} if {
	some n, entry in found_others
	entry.may == "yes"
}

undetermined contains {"path": sprintf("/common/do_everything/first/%d", [n]), "because": one_of(entry)} if {
	some n, entry in found_others
	entry.may == "undetermined"
}

undetermined contains {
	"path": "/common/do_everything/count",
	"because": reach.rest(others, input.resource.common),
} if {
	applies
	others.count > count(others.first)
	count(found_others) == 0
}

# Somebody who is not known by name may do both.
undetermined contains {
	"path": sprintf("/entries/%d", [n]),
	"because": "who that is, and what else they may do, was not read",
} if {
	applies
	some n, entry in input.resource.entries
	entry.who.kind == "anyone"
}

unnamed if {
	some entry in input.resource.entries
	entry.who.kind == "anyone"
}

conforms contains {"path": "/entries", "because": "whoever administers it does not use it"} if {
	applies
	input.resource.everyone == true
	is_array(input.resource.entries)
	reach.known(input.resource.common)
	count(found) == 0
	count(found_others) == 0
	others.count == count(others.first)
	not unnamed
}
