# METADATA
# title: Everyone who comes to be an administrator of an account is declared
# description: >-
#   Reads who can give themselves every permission of the account, and so become anybody of it and reach each of its keys: by policies, by becoming
#   an administrator (roles, over any number of steps and accounts; new access keys; tokens of identity providers, clusters and repositories). Concludes
#   that each of them is an identity of a declared key holder, or declared by the parameters. A condition that they can meet does not help; what was
#   not read is undetermined. The root user is one of them by itself, and not asked for. Cannot see policies of the organisation, and ways by what runs
#   already (a function, a machine that has a mighty role).
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
# schemas:
#   - input.resource: schema["joined-administrators"]
# custom:
#   subject: joined/administrators
#   needs:
#     conforms: [account, entries, everyone]
#     deviates: [account]
#     undetermined: [account]
#   severity: critical
#   remediation: Take the way away, or declare who has it, as a holder's identity or by the parameters.
#   parameters:
#     declared:
#       description: >-
#         Who may, beside key holders: `{name: NAME}` with the ARN, or the name as `witnessmark roster` shows it; `kind` narrows it.
#       type: array
#       items:
#         type: object
#         additionalProperties: false
#         required: [name]
#         properties:
#           name: {type: string, minLength: 1}
#           kind: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: "write `{name: NAME}`, with `kind` where it should be narrower"
#     administrators_of:
#       description: Other accounts whose administrators may, by number.
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: "write the twelve digits of the account in quotation marks"
package checks.keys.account_administrators_are_declared

import data.lib.reach

own_root(entry) if {
	entry.who.kind == "root"
	split(entry.who.name, ":")[4] == input.resource.account
}

accepted(entry) if count(entry.holders) > 0

accepted(entry) if reach.declared(entry, input.parameters.declared)

accepted(entry) if reach.administrates(entry, input.parameters.administrators_of)

accepted(entry) if own_root(entry)

found[n] := entry if {
	some n, entry in input.resource.entries
	reach.somebody(entry)
	not accepted(entry)
}

deviates contains {
	"path": sprintf("/entries/%d", [n]),
	"because": reach.because(entry),
} if {
	is_string(input.resource.account)
	some n, entry in found
	entry.may == "yes"
}

undetermined contains {
	"path": sprintf("/entries/%d", [n]),
	"because": reach.because(entry),
} if {
	is_string(input.resource.account)
	some n, entry in found
	entry.may == "undetermined"
}

conforms contains {
	"path": "/entries",
	"because": "each of those who come to be one is declared",
} if {
	is_string(input.resource.account)
	input.resource.everyone == true
	is_array(input.resource.entries)
	count(found) == 0
}
