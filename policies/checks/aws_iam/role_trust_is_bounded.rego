# METADATA
# title: A role can be assumed only from inside
# description: >-
#   Reads every statement of each role's trust policy that lets someone assume the role. Inside are the role's own account, the accounts of
#   the declared targets, and those a control names in `accounts` or, by organisation, in `organizations`. Concludes that there is no
#   principal outside: no other account (one in `vendors` is allowed if the statement requires `sts:ExternalId`), no `*` and no
#   `NotPrincipal` unless a condition narrows the caller to inside; no service of AWS that acts across accounts without a condition that
#   says on whose behalf (`services` names those that cannot); no web identity provider without a condition on the subject (for Cognito: on
#   the audience), which for GitHub Actions must name one of `github_organizations` or of the declared targets literally. A condition counts
#   only if it fails for callers without the key. Does not apply to roles of services (`/aws-service-role/`), whose trust AWS writes. Deny
#   statements are not considered. A principal that was deleted (`AIDA…`, `AROA…`) gives no one access. Cannot see to whom an account inside
#   or a SAML provider gives access.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_secure-by-default.html
#   - ref: https://docs.github.com/en/actions/concepts/security/openid-connect
# schemas:
#   - input.resource: schema["aws-iam-role"]
# custom:
#   subject: aws-iam/role
#   needs:
#     conforms: [identity, trust_policy]
#     deviates: [identity, trust_policy]
#     not_applicable: [identity]
#   severity: high
#   remediation: Remove the principal from the trust policy, narrow it by a condition, or declare it as inside with its reason.
#   parameters:
#     accounts:
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#     vendors:
#       description: Accounts of third parties, allowed only with an external id.
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#     organizations:
#       type: array
#       items: {type: string, pattern: "^o-[a-z0-9]{10,32}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#     services:
#       description: Services of AWS that act for the role's own account only.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: [ec2.amazonaws.com, ecs-tasks.amazonaws.com, edgelambda.amazonaws.com, lambda.amazonaws.com]
#       x-stricter: fewer
#     github_organizations:
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#   declares: [targets]
package checks.aws_iam.role_trust_is_bounded

import data.lib.aws
import data.lib.policy

not_applicable contains {
	"path": "/identity/path",
	"actual": input.resource.identity.path,
	"because": "AWS writes the trust policy of a service's own role",
} if {
	of_service
}

of_service if startswith(input.resource.identity.path, "/aws-service-role/")

own_account := aws.account_of(input.resource.identity.arn)

scope := aws.inside(own_account)

github_organizations := {lower(name) | some name in input.parameters.github_organizations} | declared_organizations

declared_organizations := {lower(target.organization) | some target in input.declaration.targets}

# Actions that a trust policy also allows and that let nobody in by themselves.
harmless := {"sts:tagsession", "sts:setsourceidentity", "sts:setcontext"}

letting_in[n] := statement if {
	some n, statement in input.resource.trust_policy.statements
	statement.effect == "Allow"
	lets_in(statement)
}

lets_in(statement) if statement.not_actions

lets_in(statement) if {
	some action in statement.actions
	not action in harmless
}

problems contains {
	"path": sprintf("/trust_policy/statements/%d/principals/%d", [n, m]),
	"because": why,
} if {
	some n, statement in letting_in
	some m, principal in statement.principals
	not policy.of_inside(principal, scope)
	why := policy.outside(principal, statement, scope)
	not vendor(principal, statement)
}

vendor(principal, statement) if {
	principal.account in input.parameters.vendors
	some condition in statement.conditions
	condition.key == "sts:externalid"
	exact(condition)
}

# A value without wildcards that must be there.
exact(condition) if {
	policy.demands(condition)
	count(condition.values) > 0
	every value in condition.values {
		regex.match(`^[^*?]+$`, value)
	}
}

problems contains {
	"path": sprintf("/trust_policy/statements/%d/not_principals", [n]),
	"because": "everyone except these is allowed, and no condition narrows it to an account inside",
} if {
	some n, statement in letting_in
	statement.not_principals
	not policy.caller_is_inside(statement, scope)
}

problems contains {
	"path": sprintf("/trust_policy/statements/%d/principals/%d", [n, m]),
	"because": sprintf("%s may act on behalf of any account", [principal.value]),
	"expected": "a condition on aws:SourceAccount, aws:SourceArn or aws:SourceOrgID",
} if {
	some n, statement in letting_in
	some m, principal in statement.principals
	principal.form == "service"
	not principal.value in input.parameters.services
	not policy.source_is_inside(statement, scope)
}

# What follows `oidc-provider/` in an ARN, or the provider's name where AWS has it built in.
issuer(principal) := split(principal.value, ":oidc-provider/")[1]

issuer(principal) := principal.value if {
	principal.type == "Federated"
	not contains(principal.value, ":")
}

problems contains {
	"path": sprintf("/trust_policy/statements/%d/principals/%d", [n, m]),
	"because": sprintf("everyone to whom %s issues a token is allowed", [issuer(principal)]),
	"expected": sprintf("a condition on %s:%s that names a subject", [issuer(principal), claim(issuer(principal))]),
} if {
	some n, statement in letting_in
	some m, principal in statement.principals
	issuer(principal)
	not narrowed(issuer(principal), statement)
}

claim(name) := "aud" if name == "cognito-identity.amazonaws.com"

claim(name) := "sub" if name != "cognito-identity.amazonaws.com"

narrowed(name, statement) if {
	some condition in statement.conditions
	condition.key == lower(sprintf("%s:%s", [name, claim(name)]))
	policy.demands(condition)
	count(condition.values) > 0
	every value in condition.values {
		names_somebody(name, value)
	}
}

github := "token.actions.githubusercontent.com"

names_somebody(name, value) if {
	not startswith(name, github)
	regex.match(`^[^*?]{3,}`, value)
	not whole_class(value)
}

# `system:serviceaccount:*` is every workload of a cluster, `project_path:*` every project of a GitLab.
whole_class(value) if regex.match(`^(system:serviceaccount:|project_path:)[*?]`, value)

names_somebody(name, value) if {
	startswith(name, github)
	parts := split(value, ":")
	parts[0] == "repo"
	lower(split(parts[1], "/")[0]) in github_organizations
}

problems contains {
	"path": sprintf("/trust_policy/statements/%d/principals/%d", [n, m]),
	"because": "the identity provider is of another account",
} if {
	some n, statement in letting_in
	some m, principal in statement.principals
	principal.type == "Federated"
	not built_in(principal)
	not own_provider(principal)
}

# Providers that AWS has built in have names, no ARNs.
built_in(principal) if not contains(principal.value, ":")

own_provider(principal) if principal.account == own_account

problems contains {
	"path": sprintf("/trust_policy/statements/%d", [n]),
	"because": "it cannot be determined who is allowed",
} if {
	some n, statement in letting_in
	policy.names_nobody(statement)
}

deviates contains problem if {
	not of_service
	some problem in problems
}

conforms contains {
	"path": "/trust_policy/statements",
	"expected": sort([account | some account in scope.accounts]),
	"because": sprintf("each of the %d statements that allow someone stays inside", [count(letting_in)]),
} if {
	not of_service
	input.resource.identity.path
	input.resource.trust_policy.statements
	count(problems) == 0
}
