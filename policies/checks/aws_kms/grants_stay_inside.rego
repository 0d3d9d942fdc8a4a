# METADATA
# title: Grants on a key stay inside
# description: >-
#   Reads every grant of each customer key. A grant allows use of a key besides its policy, and no policy shows it. Inside are the key's
#   own account, the accounts of the declared targets, and those a control names in `accounts`. Concludes that every grant is held, can be
#   retired and was issued by a principal inside; a service of AWS counts as inside if the grant is constrained to one context or resource that is
#   not of an account outside, or the service is in `services`. An ARN is no service, whatever it ends in. A holder that was deleted (`AIDA…`, `AROA…`) is nobody any more:
#   such grants are counted. Does not apply to keys that AWS manages. Cannot see what the holder may do with it beyond the
#   operations listed, nor grants that were retired before the run.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
#   - ref: https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
# schemas:
#   - input.resource: schema["aws-kms-key"]
# custom:
#   subject: aws-kms/key
#   needs:
#     conforms: [arn, manager, grants]
#     deviates: [arn, manager]
#     not_applicable: [manager]
#   severity: high
#   remediation: Revoke the grant (`aws kms revoke-grant`), or declare the account as inside with its reason.
#   parameters:
#     accounts:
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#     services:
#       description: Services of AWS that may hold a grant without constraints.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#   declares: [targets]
package checks.aws_kms.grants_stay_inside

import data.lib.aws
import data.lib.kms

not_applicable contains kms.managed_by_aws(input.resource)

accounts := aws.inside(aws.account_of(input.resource.arn)).accounts

# The service that holds a grant, whichever member names it.
service_of(grant) := grant.grantee_service if is_string(grant.grantee_service)

service_of(grant) := grant.grantee if {
	not is_string(grant.grantee_service)
	grant.grantee_form == "service"
}

# Nobody can be a principal that was deleted.
held_by_nobody(grant) if grant.grantee_form == "unique-id"

# An empty context narrows nothing.
constrained(grant) if pairs(grant.constraints.encryption_context_equals)

constrained(grant) if pairs(grant.constraints.encryption_context_subset)

constrained(grant) if is_string(grant.constraints.source_arn)

pairs(context) if {
	is_object(context)
	count(context) > 0
}

# Whom a service acts for, by a constraint: an ARN, or the account's number in a context that services write.
for_whom(grant) := {account |
	some context in [grant.constraints.encryption_context_equals, grant.constraints.encryption_context_subset]
	is_object(context)
	some name, value in context
	account := aws.account_of(value)
	of_service_or_arn(name, value)
} | {account | account := aws.account_of(grant.constraints.source_arn)}

of_service_or_arn(name, _) if startswith(name, "aws:")

of_service_or_arn(_, value) if startswith(value, "arn:")

# Most grants are held and issued inside: only the others are looked at more closely.
suspects[n] := grant if {
	some n, grant in input.resource.grants
	not plain(grant)
}

plain(grant) if {
	is_null(grant.grantee_service)
	is_null(grant.retiring)
	held_inside(grant)
	issued_inside(grant)
}

problems contains {
	"path": sprintf("/grants/%d/grantee", [n]),
	"because": "the grant is held outside",
} if {
	some n, grant in suspects
	not held_inside(grant)
	not held_by_nobody(grant)
	not service_of(grant)
}

held_inside(grant) if aws.account_of(grant.grantee) in accounts

problems contains {
	"path": sprintf("/grants/%d", [n]),
	"because": sprintf("%s holds the grant without constraints", [service]),
} if {
	some n, grant in suspects
	service := service_of(grant)
	not service in input.parameters.services
	not constrained(grant)
}

problems contains {
	"path": sprintf("/grants/%d/constraints", [n]),
	"because": sprintf("%s holds the grant on behalf of account %s, which is outside", [service, account]),
} if {
	some n, grant in suspects
	service := service_of(grant)
	not service in input.parameters.services
	some account in for_whom(grant)
	not account in accounts
}

problems contains {
	"path": sprintf("/grants/%d/retiring", [n]),
	"because": "the grant can be retired from outside",
} if {
	some n, grant in suspects
	is_string(grant.retiring)
	not grant.retiring_form in {"service", "unique-id"}
	not retired_inside(grant)
}

retired_inside(grant) if aws.account_of(grant.retiring) in accounts

problems contains {
	"path": sprintf("/grants/%d/issuing_account", [n]),
	"because": "the grant was issued from outside",
} if {
	some n, grant in suspects
	is_string(grant.issuing_account)
	not issued_inside(grant)
}

issued_inside(grant) if aws.account_of(grant.issuing_account) in accounts

deviates contains problem if {
	kms.customer(input.resource)
	some problem in problems
}

conforms contains {
	"path": "/grants",
	"expected": sort([account | some account in accounts]),
	"because": because,
} if {
	kms.customer(input.resource)
	is_array(input.resource.grants)
	count(problems) == 0
}

because := sprintf("all %d grants stay inside", [count(input.resource.grants)]) if orphans == 0

because := sprintf("all %d grants stay inside; %d of them are held by principals that were deleted, and nobody can use them", [
	count(input.resource.grants),
	orphans,
]) if {
	orphans > 0
}

orphans := count([grant | some grant in input.resource.grants; held_by_nobody(grant)])
