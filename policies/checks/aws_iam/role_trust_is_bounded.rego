# METADATA
# title: A role can be assumed only from inside
# description: >-
#   Reads whom each statement of each role's trust policy lets in, with what the policy's other statements deny. Inside are the role's own account, the
#   accounts of the declared targets, and those a control names in `accounts` or, by organisation, in `organizations`. Concludes that nobody outside
#   is let in: no other account (one in `vendors` is let in if the statement demands an exact `sts:ExternalId`), no `*` and no `NotPrincipal` unless a
#   condition that AWS sets narrows the caller to inside; no service of AWS that acts across accounts without a condition that says on whose behalf
#   (`services` names those that cannot); no bearer of a web identity provider's tokens but those of declared `tenants`. For each known issuer (GitHub
#   Actions, GitLab.com, HCP Terraform, CircleCI and others, see docs/policies.md) the tenant must stand literally where its tokens have it; of an unknown
#   issuer only exact subjects can be declared, or the whole issuer as `*`; guests of Cognito are everybody. Organisations of declared GitHub targets
#   are tenants too. A condition that it does not understand makes it undetermined, in the condition's words. Does not apply to roles of services
#   (`/aws-service-role/`), whose trust AWS writes. A principal that was deleted (`AIDA…`, `AROA…`) lets nobody in. Cannot see whom an account
#   inside or a SAML provider lets in, nor whose a cluster is unless `tenants` say it. Who may call the reusable workflow that `job_workflow_ref` names is
#   undetermined unless `tenants` say that nobody else may.
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
#     undetermined: [identity, trust_policy]
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
#       x-names: true
#     vendors:
#       description: Accounts of third parties, allowed only with an external id.
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#     organizations:
#       type: array
#       items: {type: string, pattern: "^o-[a-z0-9]{10,32}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#     services:
#       description: Services of AWS that act for the role's own account only.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: [ec2.amazonaws.com, ecs-tasks.amazonaws.com, edgelambda.amazonaws.com, lambda.amazonaws.com, pods.eks.amazonaws.com]
#       x-stricter: fewer
#     tenants:
#       description: >-
#         By issuer (`github`, `gitlab`, `terraform`, …, or the name of one that is not known) the tenants, groups or exact subjects that are inside.
#       type: object
#       additionalProperties: {type: array, items: {type: string, minLength: 1}, uniqueItems: true}
#       default: {}
#       x-stricter: fewer
#       x-names: true
#     github_organizations:
#       description: Names of organisations, the same as in `tenants.github`.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
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

scope := object.union(aws.inside(own_account), {
	"services": {service | some service in input.parameters.services},
	"tenants": tenants,
})

with_vendors := {
	"own": own_account,
	"accounts": (scope.accounts | {account | some account in input.parameters.vendors}),
	"organizations": scope.organizations,
	"services": scope.services,
	"tenants": tenants,
}

tenants := object.union(named_tenants, {"github": github})

named_tenants := {issuer: names |
	some issuer, list in input.parameters.tenants
	names := {name | some name in list}
}

github := object.get(named_tenants, "github", set()) | {owner(name) | some name in organizations}

organizations := {name | some name in input.parameters.github_organizations} | declared_organizations

declared_organizations := {target.organization | some target in input.declaration.targets}

# Owners are also declared by their ids, which are digits.
owner(name) := sprintf("name:%s", [name]) if trim(name, "0123456789") == ""

owner(name) := name if trim(name, "0123456789") != ""

statements := input.resource.trust_policy.statements

deviates contains {
	"path": sprintf("/trust_policy/%s", [policy.place(n, let_in)]),
	"because": let_in.sentence,
} if {
	not of_service
	some n, statement in statements
	some let_in in statement.lets_in
	policy.open(let_in, scope)
	not vendor(let_in)
}

undetermined contains {
	"path": sprintf("/trust_policy/%s", [policy.place(n, let_in)]),
	"because": policy.why(let_in),
} if {
	not of_service
	some n, statement in statements
	some let_in in statement.lets_in
	policy.unclear(let_in, scope)
	not vendor(let_in)
}

undetermined contains {
	"path": sprintf("/trust_policy/statements/%d", [n]),
	"because": "it names no principal: who is let in cannot be determined",
} if {
	not of_service
	some n in policy.names_nobody(input.resource.trust_policy)
}

vendor(let_in) if {
	let_in.external_id
	policy.closed(let_in, with_vendors)
}

fine(let_in) if policy.closed(let_in, scope)

fine(let_in) if vendor(let_in)

allowed contains n if {
	some n, statement in statements
	statement.effect == "Allow"
}

conforms contains {
	"path": "/trust_policy/statements",
	"expected": sort([account | some account in scope.accounts]),
	"because": sprintf("each of the %d statements that allow something stays inside", [count(allowed)]),
} if {
	not of_service
	input.resource.identity.path
	statements
	count(policy.names_nobody(input.resource.trust_policy)) == 0
	count(not_closed) == 0
}

not_closed contains [n, m] if {
	some n in allowed
	some m, let_in in statements[n].lets_in
	not fine(let_in)
}
