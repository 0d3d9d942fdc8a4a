# METADATA
# title: Everyone who may use, give away or end keys is declared
# description: >-
#   Reads which of `actions` each user and role may do to keys of the account by identity policies: their own and those of their groups, managed and
#   inline, within permissions boundaries, with what denies. Concludes that each of them is declared. It counts whatever key it is: which of them
#   a policy names stands in the sentence. A condition that they can meet (`kms:ViaService`, an encryption context, a second factor) does not help; one
#   that is not understood (aliases and tags of the key) makes it undetermined, in the condition's words. Does not apply to services' own roles.
#   Cannot see whether the keys' own policies leave it to identity policies, nor who is let in by those (`aws-kms/key-policy-is-bounded`) and by grants;
#   nor policies of the organisation.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
# schemas:
#   - input.resource: schema["aws-iam-permissions"]
# custom:
#   subject: aws-iam/permissions
#   needs:
#     conforms: [principal, keys]
#     deviates: [principal]
#     undetermined: [principal]
#     not_applicable: [principal]
#   severity: high
#   remediation: Take the permission away, narrow it, or declare the principal.
#   parameters:
#     declared:
#       description: >-
#         Who may: `{user: NAME}`, `{role: NAME}`, or `{group: NAME}` for whoever has it by that group; with `actions` only those.
#       type: array
#       items:
#         type: object
#         additionalProperties: false
#         properties:
#           user: {type: string, minLength: 1}
#           role: {type: string, minLength: 1}
#           group: {type: string, minLength: 1}
#           actions: {type: array, minItems: 1, uniqueItems: true, items: {type: string, pattern: "^kms:[A-Za-z]+$"}}
#         oneOf:
#           - required: [user]
#           - required: [role]
#           - required: [group]
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: "write `{user: NAME}`, `{role: NAME}` or `{group: NAME}`, names without path"
#     actions:
#       description: The actions that count.
#       type: array
#       items:
#         enum:
#           - kms:CreateGrant
#           - kms:Decrypt
#           - kms:DeleteImportedKeyMaterial
#           - kms:DeriveSharedSecret
#           - kms:DisableKey
#           - kms:GenerateMac
#           - kms:PutKeyPolicy
#           - kms:ReEncryptFrom
#           - kms:ScheduleKeyDeletion
#           - kms:Sign
#       minItems: 1
#       uniqueItems: true
#       default: [kms:CreateGrant, kms:Decrypt, kms:DeleteImportedKeyMaterial, kms:DeriveSharedSecret, kms:DisableKey, kms:GenerateMac, kms:PutKeyPolicy, kms:ReEncryptFrom, kms:ScheduleKeyDeletion, kms:Sign]
#       x-stricter: more
package checks.aws_iam.key_permissions_are_declared

import data.lib.iam

not_applicable contains iam.of_service(input.resource.principal)

applies if input.resource.principal.of_service == false

found[n] := power if {
	applies
	some n, power in input.resource.keys
	power.action in input.parameters.actions
	not iam.declared(input.resource.principal, power, input.parameters.declared)
}

deviates contains {
	"path": sprintf("/keys/%d", [n]),
	"because": power.sentence,
} if {
	some n, power in found
	power.may == "yes"
}

undetermined contains {
	"path": sprintf("/keys/%d", [n]),
	"because": power.sentence,
} if {
	some n, power in found
	power.may == "undetermined"
}

conforms contains {
	"path": "/keys",
	"because": "nothing gives it to anyone who is not declared",
} if {
	applies
	is_array(input.resource.keys)
	count(found) == 0
}
