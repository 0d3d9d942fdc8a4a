# METADATA
# title: Every administrator is declared
# description: >-
#   Reads by what each user and role may do everything, or may come to it: by changing policies (`iam:PutUserPolicy`, `AttachUserPolicy`,
#   `CreatePolicyVersion`, `SetDefaultPolicyVersion` and the like for groups and roles), or by becoming somebody who may (access keys and passwords of an
#   administrator, their group, a role that trusts them or can be handed to a service, a role's trust policy, the SAML provider whose people a role trusts), over any number of steps. Their own
#   policies, those of their groups, managed and inline, permissions boundaries and what denies are weighed. Concludes that each of them is declared.
#   A condition that they can meet (a second factor, an address) does not help; one that is not understood makes it undetermined, in the condition's
#   words. Does not apply to services' own roles. Cannot see the root user, policies of the organisation, people of Identity Center, who is let into a
#   role from outside (`aws-iam/role-trust-is-bounded`), nor ways by what runs already: changing a function or a machine that has a mighty role.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
# schemas:
#   - input.resource: schema["aws-iam-permissions"]
# custom:
#   subject: aws-iam/permissions
#   needs:
#     conforms: [principal, administers]
#     deviates: [principal]
#     undetermined: [principal]
#     not_applicable: [principal]
#   severity: critical
#   remediation: Take the permission away, bound it, or declare the principal.
#   parameters:
#     declared:
#       description: >-
#         Who may: `{user: NAME}`, `{role: NAME}`, or `{group: NAME}` for whoever has it by that group.
#       type: array
#       items:
#         type: object
#         additionalProperties: false
#         properties:
#           user: {type: string, minLength: 1}
#           role: {type: string, minLength: 1}
#           group: {type: string, minLength: 1}
#         oneOf:
#           - required: [user]
#           - required: [role]
#           - required: [group]
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: "write `{user: NAME}`, `{role: NAME}` or `{group: NAME}`, names without path"
package checks.aws_iam.administrators_are_declared

import data.lib.iam

not_applicable contains iam.of_service(input.resource.principal)

applies if input.resource.principal.of_service == false

found[n] := power if {
	applies
	some n, power in input.resource.administers
	not iam.declared(input.resource.principal, power, input.parameters.declared)
}

deviates contains {
	"path": sprintf("/administers/%d", [n]),
	"because": power.sentence,
} if {
	some n, power in found
	power.may == "yes"
}

undetermined contains {
	"path": sprintf("/administers/%d", [n]),
	"because": power.sentence,
} if {
	some n, power in found
	power.may == "undetermined"
}

conforms contains {
	"path": "/administers",
	"because": "nothing gives it to anyone who is not declared",
} if {
	applies
	is_array(input.resource.administers)
	count(found) == 0
}
