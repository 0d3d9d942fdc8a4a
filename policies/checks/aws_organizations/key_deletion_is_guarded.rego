# METADATA
# title: The organisation prevents an account from deleting its keys
# description: >-
#   Reads, for each declared account, every statement of the service and resource control policies above it that denies something, and what the
#   service control policies of each level do not allow (an account may do only what every level allows). Concludes that each of `actions` is denied on all resources, to everyone except principals in `exempt`. A statement counts if it denies the action on
#   every key of the account's partition, or on everything, and has no conditions but those that except principals by `aws:PrincipalArn`, every one of
#   which is in `exempt`, and those that hold for all people. A level counts if no policy of it allows the action on any key, but to principals in
#   `exempt`. What denies only sometimes, or only some, does not count; a condition that is not
#   understood makes it undetermined, in the condition's words (docs/policies.md has what each means). The management account is bound by no policy.
#   Cannot see principals that policies never bind (service-linked roles), nor what the management account may change tomorrow.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
# schemas:
#   - input.resource: schema["aws-organizations-account"]
# custom:
#   subject: aws-organizations/account
#   needs:
#     conforms: [[id, management, denials], [id, management, unallowed], [id, management, denials, unallowed]]
#     deviates: [[id, management], [id, management, denials, unallowed]]
#     undetermined: [id, management, denials, unallowed]
#     not_applicable: [id]
#   severity: high
#   remediation: Attach a service control policy that denies these actions, or allow only others, and exempt only declared principals.
#   parameters:
#     actions:
#       description: What no one in the account may do.
#       type: array
#       items:
#         enum:
#           - cloudhsm:DeleteBackup
#           - cloudhsm:DeleteCluster
#           - cloudhsm:DeleteHsm
#           - kms:CreateGrant
#           - kms:Decrypt
#           - kms:DeleteAlias
#           - kms:DeleteCustomKeyStore
#           - kms:DeleteImportedKeyMaterial
#           - kms:DeriveSharedSecret
#           - kms:DisableKey
#           - kms:DisableKeyRotation
#           - kms:DisconnectCustomKeyStore
#           - kms:GenerateMac
#           - kms:PutKeyPolicy
#           - kms:ReEncryptFrom
#           - kms:ReplicateKey
#           - kms:RevokeGrant
#           - kms:ScheduleKeyDeletion
#           - kms:Sign
#           - kms:UpdateAlias
#           - kms:UpdateCustomKeyStore
#           - kms:UpdatePrimaryRegion
#       uniqueItems: true
#       minItems: 1
#       default: ["kms:ScheduleKeyDeletion", "kms:DisableKey"]
#       x-stricter: more
#     exempt:
#       description: ARNs, as written in the policy, that may do it nevertheless.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#   declares: [targets]
package checks.aws_organizations.key_deletion_is_guarded

import data.lib.aws

declared if input.resource.id in aws.declared_accounts

not_applicable contains {
	"path": "/id",
	"actual": input.resource.id,
	"because": "this account is not a declared target",
} if {
	input.resource.id
	not declared
}

# What each statement guards, and what each level does not allow, was decided where the policies were read.
guards_of contains ["denials", n, guard] if {
	some n, denial in input.resource.denials
	guard := denial.guard
}

guards_of contains ["unallowed", n, guard] if {
	some n, level in input.resource.unallowed
	guard := level.guard
}

covers(guard, action) if {
	action in guard.actions
	count(guard.sometimes) == 0
	every arn in guard.except {
		arn in input.parameters.exempt
	}
}

guards(guard, action) if {
	covers(guard, action)
	count(guard.unclear) == 0
}

guarded contains action if {
	some action in input.parameters.actions
	some [_, _, guard] in guards_of
	guards(guard, action)
}

# What stands at this place may guard the action.
may_guard contains [action, part, n, guard.unclear] if {
	some action in input.parameters.actions
	not action in guarded
	some [part, n, guard] in guards_of
	covers(guard, action)
	count(guard.unclear) > 0
}

undecided := {pair[0] | some pair in may_guard}

undetermined contains {
	"path": sprintf("/%s/%d", [part, n]),
	"because": sprintf("whether it denies %s to everyone is not understood: %s", [action, concat("; ", unclear)]),
} if {
	declared
	input.resource.management == false
	some [action, part, n, unclear] in may_guard
}

deviates contains {
	"path": "/management",
	"actual": true,
	"because": "no policy of the organisation binds its management account",
} if {
	declared
	input.resource.management == true
}

deviates contains {
	"path": "/denials",
	"expected": action,
	"because": sprintf("no policy above the account denies %s to everyone, and every level allows it", [action]),
} if {
	declared
	input.resource.management == false
	is_array(input.resource.denials)
	is_array(input.resource.unallowed)
	some action in input.parameters.actions
	not action in guarded
	not action in undecided
}

conforms contains {
	"path": sprintf("/%s/%d", [part, n]),
	"because": sprintf("%s %s", [how[part], action]),
} if {
	declared
	input.resource.management == false
	count(guarded) == count(input.parameters.actions)
	some [part, n, guard] in guards_of
	some action in input.parameters.actions
	guards(guard, action)
}

how := {"denials": "denies", "unallowed": "does not allow"}
