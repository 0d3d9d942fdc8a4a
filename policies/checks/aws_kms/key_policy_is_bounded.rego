# METADATA
# title: A key policy allows only accounts that are inside
# description: >-
#   Reads whom each statement of each customer key's policy lets in, with what the policy's other statements deny. Inside are the key's own account, the
#   accounts of the declared targets, and those a control names in `accounts` or, by organisation, in `organizations`. Concludes that nobody outside
#   is let in: no other account, no `*` and no `NotPrincipal` unless a condition that AWS sets narrows the caller to inside (`aws:PrincipalAccount`,
#   `aws:PrincipalArn`, `kms:CallerAccount`, `aws:PrincipalOrgID`, `aws:PrincipalOrgPaths`), and no service of AWS without a condition that says on whose
#   behalf it may come (`aws:SourceAccount`, `aws:SourceArn`, `aws:SourceOrgID`, `aws:SourceOrgPaths`, a context of its own that names an account),
#   except those in `services`. What the caller chooses narrows nobody: an encryption context, `kms:ViaService`, tags, addresses. A condition that it does
#   not understand makes it undetermined, in the condition's words. docs/policies.md has what each key and operator means. Cannot see who inside an
#   account is let in by its IAM policies, nor grants (`aws-kms/grants-stay-inside`).
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
#     undetermined: [arn, manager, policy]
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
#       x-names: true
#     organizations:
#       type: array
#       items: {type: string, pattern: "^o-[a-z0-9]{10,32}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
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

scope := object.union(aws.inside(aws.account_of(input.resource.arn)), {
	"services": {service | some service in input.parameters.services},
	"tenants": {},
})

deviates contains {
	"path": sprintf("/policy/%s", [policy.place(n, let_in)]),
	"because": let_in.sentence,
} if {
	kms.customer(input.resource)
	some n, statement in input.resource.policy.statements
	some let_in in statement.lets_in
	policy.open(let_in, scope)
}

undetermined contains {
	"path": sprintf("/policy/%s", [policy.place(n, let_in)]),
	"because": policy.why(let_in),
} if {
	kms.customer(input.resource)
	some n, statement in input.resource.policy.statements
	some let_in in statement.lets_in
	policy.unclear(let_in, scope)
}

undetermined contains {
	"path": sprintf("/policy/statements/%d", [n]),
	"because": "it names no principal: who is allowed cannot be determined",
} if {
	kms.customer(input.resource)
	some n in policy.names_nobody(input.resource.policy)
}

conforms contains {
	"path": "/policy/statements",
	"expected": sort([account | some account in scope.accounts]),
	"because": sprintf("each of the %d statements that allow something stays inside", [count(allowed)]),
} if {
	kms.customer(input.resource)
	input.resource.policy.statements
	count(policy.names_nobody(input.resource.policy)) == 0
	count(not_closed) == 0
}

not_closed contains [n, m] if {
	some n in allowed
	some m, let_in in input.resource.policy.statements[n].lets_in
	not policy.closed(let_in, scope)
}

allowed contains n if {
	some n, statement in input.resource.policy.statements
	statement.effect == "Allow"
}
