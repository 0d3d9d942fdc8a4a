# METADATA
# title: Everyone who reaches a key of the inventory is declared
# description: >-
#   Reads who can use, administer or destroy the key: by its policy, by grants, by policies of users, groups and roles, by becoming somebody who can
#   (roles, over any number of steps and accounts; new access keys; tokens of identity providers, clusters and repositories), and by using a copy in another
#   region. Concludes that each of them is an identity of a declared holder of this key, or declared by the parameters. A condition that they
#   can meet does not help. Of those who reach many keys in the same way, who are listed once for all (`joined/common-reach`), the first who are not
#   holders are named here. What was not read is somebody, and undetermined. Administrators of an account are one here: who they are is judged by
#   `keys/account-administrators-are-declared`. Does not apply to keys that the inventory does not name. Cannot see policies of the organisation and of
#   endpoints, which only take away, and ways by what runs already (a function, a machine that has a mighty role).
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/control-access.html
# schemas:
#   - input.resource: schema["joined-reach"]
# custom:
#   subject: joined/reach
#   needs:
#     conforms: [declared, entries, common, everyone]
#     deviates: [declared, account]
#     undetermined: [declared, account, common]
#     not_applicable: [declared]
#   severity: critical
#   remediation: Take the permission away, or declare who has it, as a holder's identity or by the parameters.
#   parameters:
#     declared:
#       description: >-
#         Who may, beside the key's holders: `{name: NAME}` with the ARN, or the name as `witnessmark roster` shows it; `kind` and `does` narrow it.
#       type: array
#       items:
#         type: object
#         additionalProperties: false
#         required: [name]
#         properties:
#           name: {type: string, minLength: 1}
#           kind: {type: string, minLength: 1}
#           does: {type: array, minItems: 1, uniqueItems: true, items: {enum: [use, administer, destroy]}}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: "write `{name: NAME}`, with `kind` and `does` where it should be narrower"
#     administrators_of:
#       description: Accounts whose administrators may, by number.
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: "write the twelve digits of the account in quotation marks"
package checks.keys.reach_is_declared

import data.lib.reach

applies if count(input.resource.declared) > 0

holders contains holder if {
	some key in input.resource.declared
	some holder in key.holders
}

# Thousands may reach a key: sets of their places take a tenth of the time of asking about each by itself.
accepted contains n if {
	some n, entry in input.resource.entries
	some holder in entry.holders
	holder in holders
}

accepted contains n if {
	count(input.parameters.declared) > 0
	some n, entry in input.resource.entries
	reach.declared(entry, input.parameters.declared)
}

accepted contains n if {
	some n, entry in input.resource.entries
	entry.who.kind in {"administrators", "root"}
	reach.administrates(entry, input.parameters.administrators_of)
}

# A group is nobody: its members have entries of their own.
found[n] := entry if {
	applies
	some n, entry in input.resource.entries
	entry.who.kind != "group"
	not n in accepted
}

# Those who reach other keys in the same way and hold none of the keys of the inventory that this is: how many, and the first of them.
others := reach.some_of(input.resource.common, "not_holders")

found_others[n] := entry if {
	applies
	some n, entry in others.first
	not reach.declared(entry, input.parameters.declared)
}

open(entry) if entry.may == "undetermined"

# The rest of its own account, of which not everybody was read.
open(entry) if {
	entry.who.kind == "account"
	entry.who.name == input.resource.account
}

not_applicable contains {"path": "/declared", "because": "the inventory does not name this key"} if {
	count(input.resource.declared) == 0
}

deviates contains {
	"path": sprintf("/entries/%d", [n]),
	"because": reach.because(entry),
} if {
	some n, entry in found
	not open(entry)
	is_string(input.resource.account)
}

undetermined contains {
	"path": sprintf("/entries/%d", [n]),
	"because": reach.because(entry),
} if {
	some n, entry in found
	open(entry)
	is_string(input.resource.account)
}

deviates contains {
	"path": sprintf("/common/not_holders/first/%d", [n]),
	"because": reach.one_of(entry, others, input.resource.common),
} if {
	some n, entry in found_others
	not open(entry)
	is_string(input.resource.account)
}

undetermined contains {
	"path": sprintf("/common/not_holders/first/%d", [n]),
	"because": reach.one_of(entry, others, input.resource.common),
} if {
	some n, entry in found_others
	open(entry)
	is_string(input.resource.account)
}

undetermined contains {
	"path": "/common/not_holders/count",
	"because": reach.rest(others, input.resource.common),
} if {
	applies
	others.count > count(others.first)
	count(found_others) == 0
	is_string(input.resource.account)
}

conforms contains {
	"path": "/entries",
	"because": "each of those who reach it is declared",
} if {
	applies
	input.resource.everyone == true
	is_array(input.resource.entries)
	reach.known(input.resource.common)
	count(found) == 0
	count(found_others) == 0
	others.count == count(others.first)
}
