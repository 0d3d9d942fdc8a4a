# METADATA
# title: A key policy allows only accounts that are inside
# description: >-
#   Reads every statement of each customer key's policy that allows something. Inside are the key's own account, the accounts of the
#   declared targets, and those a control names in `accounts` or, by organisation, in `organizations`. Concludes that no principal outside
#   is allowed: no other account, no `*` and no `NotPrincipal` unless a condition narrows the caller to inside (`aws:PrincipalAccount`,
#   `aws:PrincipalArn`, `kms:CallerAccount`, `aws:PrincipalOrgID`), and no service of AWS without a condition that says on whose behalf it
#   may act (`aws:SourceAccount`, `aws:SourceArn`, `aws:SourceOrgID`, an encryption context that names an account), except those in
#   `services`. A condition counts only if it fails for callers without the key: `…IfExists`, `ForAllValues` and negated operators narrow
#   nothing; `kms:ViaService` and addresses say nothing about the account. Deny statements are not considered, so access that another
#   statement takes back deviates. Cannot see who inside an account has access by its IAM policies, nor grants
#   (`aws-kms/grants-stay-inside`).
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# schemas:
#   - input.resource: schema["aws-kms-key"]
# custom:
#   subject: aws-kms/key
#   needs:
#     conforms: [arn, manager, policy]
#     deviates: [arn, manager, policy]
#     not_applicable: [manager]
#   severity: critical
#   remediation: Remove the principal from the policy, narrow it by a condition, or declare the account as inside with its reason.
#   parameters:
#     accounts:
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
#       description: AWS services that may act without saying on whose behalf.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#   declares: [targets]
package checks.aws_kms.key_policy_is_bounded

import data.lib.aws
import data.lib.kms
import data.lib.policy

not_applicable contains kms.managed_by_aws(input.resource)

scope := aws.inside(aws.account_of(input.resource.arn))

allowed[n] := statement if {
	some n, statement in input.resource.policy.statements
	statement.effect == "Allow"
}

# Most principals are of accounts inside: only the others are looked at more closely.
suspects contains {"n": n, "m": m, "principal": principal, "statement": statement} if {
	some n, statement in allowed
	some m, principal in statement.principals
	not settled(principal)
}

settled(principal) if {
	principal.type == "AWS"
	principal.account in scope.accounts
}

problems contains {
	"path": sprintf("/policy/statements/%d/principals/%d", [suspect.n, suspect.m]),
	"because": why,
} if {
	some suspect in suspects
	why := policy.outside(suspect.principal, suspect.statement, scope)
}

problems contains {
	"path": sprintf("/policy/statements/%d/principals/%d", [suspect.n, suspect.m]),
	"because": sprintf("%s may act on behalf of any account", [suspect.principal.value]),
	"expected": "a condition on aws:SourceAccount, aws:SourceArn, aws:SourceOrgID or an encryption context",
} if {
	some suspect in suspects
	suspect.principal.form == "service"
	not suspect.principal.value in input.parameters.services
	not policy.source_is_inside(suspect.statement, scope)
	not policy.caller_is_inside(suspect.statement, scope)
}

problems contains {
	"path": sprintf("/policy/statements/%d/principals/%d", [suspect.n, suspect.m]),
	"because": "an identity provider's users cannot be shown to be inside",
} if {
	some suspect in suspects
	suspect.principal.type == "Federated"
}

problems contains {
	"path": sprintf("/policy/statements/%d/not_principals", [n]),
	"because": "everyone except these is allowed, and no condition narrows it to an account inside",
} if {
	some n, statement in allowed
	statement.not_principals
	not policy.caller_is_inside(statement, scope)
}

problems contains {
	"path": sprintf("/policy/statements/%d", [n]),
	"because": "it cannot be determined who is allowed",
} if {
	some n, statement in allowed
	policy.names_nobody(statement)
}

deviates contains problem if {
	kms.customer(input.resource)
	some problem in problems
}

conforms contains {
	"path": "/policy/statements",
	"expected": sort([account | some account in scope.accounts]),
	"because": sprintf("each of the %d statements that allow something stays inside", [count(allowed)]),
} if {
	kms.customer(input.resource)
	input.resource.policy.statements
	count(problems) == 0
}
