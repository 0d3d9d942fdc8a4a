# METADATA
# title: The organisation prevents an account from deleting its keys
# description: >-
#   Reads, for each declared account, every statement of the service and resource control policies above it that denies something. Concludes
#   that each of `actions` is denied on all resources, to everyone except principals in `exempt`. A statement counts if it names the action,
#   also by wildcard or by a `NotAction` that does not exclude it, on `*` or on all keys, and has no conditions but those that except
#   principals by `aws:PrincipalArn` (ArnNotLike, ArnNotEquals, StringNotLike, StringNotEquals), every one of which is in `exempt`. A
#   statement with any other condition denies only sometimes and does not count. The management account is bound by no policy. Cannot see
#   principals that policies never bind (service-linked roles), nor what the management account may change tomorrow.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
# schemas:
#   - input.resource: schema["aws-organizations-account"]
# custom:
#   subject: aws-organizations/account
#   needs:
#     conforms: [id, management, denials]
#     deviates: [id, management, denials]
#     not_applicable: [id]
#   severity: high
#   remediation: Attach a service control policy that denies these actions, and exempt only declared principals.
#   parameters:
#     actions:
#       description: What no one in the account may do.
#       type: array
#       items: {type: string, pattern: "^[a-z0-9-]+:[A-Za-z]+$"}
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

excepting := {"arnnotlike", "arnnotequals", "stringnotlike", "stringnotequals"}

# No action has a slash in it: a star stands for anything, colons included.
matches(pattern, action) if glob.match(pattern, ["/"], lower(action))

among(patterns, action) if {
	some pattern in patterns
	matches(pattern, action)
}

covers(statement, action) if among(statement.actions, action)

covers(statement, action) if {
	statement.not_actions
	not among(statement.not_actions, action)
}

everywhere := {"*", "arn:aws:kms:*:*:*", "arn:aws:kms:*:*:key/*", "arn:*:kms:*:*:*", "arn:*:kms:*:*:key/*"}

all_keys(statement) if {
	some resource in statement.resources
	resource in everywhere
}

# A resource control policy names everyone; a service control policy names nobody.
everyone(statement) if {
	not statement.principals
	not statement.not_principals
}

everyone(statement) if {
	some principal in statement.principals
	principal.form == "everyone"
}

only_exempts(condition) if {
	condition.base in excepting
	condition.key == "aws:principalarn"
	not condition.for_values
	every value in condition.values {
		value in input.parameters.exempt
	}
}

guards(statement, action) if {
	covers(statement, action)
	all_keys(statement)
	everyone(statement)
	every condition in statement.conditions {
		only_exempts(condition)
	}
}

guarded contains action if {
	some action in input.parameters.actions
	some denial in input.resource.denials
	guards(denial.statement, action)
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
	"because": sprintf("no policy above the account denies %s to everyone", [action]),
} if {
	declared
	input.resource.management == false
	some action in input.parameters.actions
	not action in guarded
}

conforms contains {
	"path": sprintf("/denials/%d", [n]),
	"because": sprintf("denies %s", [action]),
} if {
	declared
	input.resource.management == false
	count(guarded) == count(input.parameters.actions)
	some n, denial in input.resource.denials
	some action in input.parameters.actions
	guards(denial.statement, action)
}
