# METADATA
# title: Nobody hands any role to any service
# description: >-
#   Reads the statements of all policies of the account, managed ones and those inside users, groups and roles, that allow `iam:PassRole`. Concludes that each
#   of them names the roles, or the services that they may be handed to (`iam:PassedToService`). Whoever starts something with a mighty role does
#   by it what they may not do themselves. A statement that allows everything is an administrator's (`aws-iam/administrators-are-declared`), and not counted.
#   Cannot see whether a boundary, a policy that denies or one of the organisation takes it away, nor whether a policy is in anybody's hands.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
# custom:
#   subject: target
#   reads: [aws-iam/user, aws-iam/group, aws-iam/role, aws-iam/policy]
#   needs:
#     conforms: [aws-iam/user, aws-iam/group, aws-iam/role, aws-iam/policy]
#     deviates: []
#   severity: high
#   remediation: Name the roles in the statement, or the services with `iam:PassedToService`.
#   parameters:
#     except:
#       description: ARNs of managed policies, users, groups and roles whose statements are as they should be.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.aws_iam.passrole_is_bounded

# Every policy there is, with where it stands.
policies contains [resource.identity.arn, "the managed policy", resource.document] if {
	some resource in input.resources["aws-iam/policy"]
}

policies contains [resource.identity.arn, sprintf("the inline policy `%s`", [inline.name]), inline.document] if {
	some kind in ["aws-iam/user", "aws-iam/group", "aws-iam/role"]
	some resource in input.resources[kind]
	some inline in resource.inline_policies
}

# Whether a pattern of actions holds it. What comes before its first wildcard says enough for this one action.
holds(pattern) if lower(pattern) == "iam:passrole"

holds(pattern) if {
	contains(pattern, "*")
	glob.match(lower(pattern), [], "iam:passrole")
}

holds(pattern) if {
	contains(pattern, "?")
	glob.match(lower(pattern), [], "iam:passrole")
}

allows(statement) if {
	some pattern in statement.actions
	pattern != "*"
	holds(pattern)
}

allows(statement) if {
	is_array(statement.not_actions)
	every pattern in statement.not_actions {
		not holds(pattern)
	}
}

# Whether a pattern of resources names no role: `*`, or a wildcard for the whole name.
any_role(pattern) if regex.match(`^[*:]+$`, pattern)

any_role(pattern) if regex.match(`^arn:[^:]*:(iam|\*):[^:]*:[^:]*:(role/)?\*+$`, pattern)

wide(statement) if {
	some pattern in statement.resources
	any_role(pattern)
}

wide(statement) if is_array(statement.not_resources)

bounded(statement) if {
	some condition in statement.conditions
	condition.key == "iam:passedtoservice"
	condition.base in {"stringequals", "stringlike", "stringequalsignorecase"}
	not condition.if_exists
	every value in condition.values {
		value != "*"
	}
}

found contains [arn, what, n] if {
	some policy in policies
	[arn, what, document] := policy
	not arn in input.parameters.except
	some n, statement in document.statements
	statement.effect == "Allow"
	allows(statement)
	wide(statement)
	not bounded(statement)
}

read if {
	is_array(input.resources["aws-iam/user"])
	is_array(input.resources["aws-iam/group"])
	is_array(input.resources["aws-iam/role"])
	is_array(input.resources["aws-iam/policy"])
}

deviates contains {
	"because": sprintf("statement %d of %s of `%s` allows iam:PassRole on any role, to any service", [one[2], one[1], one[0]]),
} if {
	some one in found
}

conforms contains {"because": "each statement that allows iam:PassRole names roles or services"} if {
	read
	count(found) == 0
}
