# METADATA
# title: Who a policy statement allows, and what narrows it
# description: >-
#   Reads the normal form of policy documents. A condition narrows only if its operator demands that the key is there and equals a value:
#   `…IfExists`, `ForAllValues`, `Null` and negated operators all hold for a caller without the key. Functions only.
package lib.policy

import data.lib.aws

demanding := {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}

caller_keys := {"aws:principalaccount", "aws:principalarn", "kms:calleraccount"}

source_keys := {"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner"}

# The condition fails for a caller who does not bring the key.
demands(condition) if {
	condition.base in demanding
	not condition.if_exists
	not for_all(condition)
}

for_all(condition) if condition.for_values == "all"

# Every value names one of these accounts, and none by a wildcard.
only_accounts(condition, accounts) if {
	demands(condition)
	count(condition.values) > 0
	every value in condition.values {
		aws.account_of(value) in accounts
	}
}

only_values(condition, allowed) if {
	demands(condition)
	count(condition.values) > 0
	every value in condition.values {
		value in allowed
	}
}

# Conditions let only callers of inside through.
caller_is_inside(statement, scope) if {
	some condition in statement.conditions
	condition.key in caller_keys
	only_accounts(condition, scope.accounts)
}

caller_is_inside(statement, scope) if {
	some condition in statement.conditions
	condition.key == "aws:principalorgid"
	only_values(condition, scope.organizations)
}

# Conditions let services through only on behalf of something inside.
source_is_inside(statement, scope) if {
	some condition in statement.conditions
	condition.key in source_keys
	only_accounts(condition, scope.accounts)
}

source_is_inside(statement, scope) if {
	some condition in statement.conditions
	condition.key == "aws:sourceorgid"
	only_values(condition, scope.organizations)
}

# The context of an encryption names what it is for; services give it themselves.
source_is_inside(statement, scope) if {
	some condition in statement.conditions
	startswith(condition.key, "kms:encryptioncontext:")
	only_accounts(condition, scope.accounts)
}

# The statement says neither whom it allows nor whom it does not.
names_nobody(statement) if {
	not statement.principals
	not statement.not_principals
}

of_inside(principal, scope) if principal.account in scope.accounts

# Why an allowed principal is not inside. Undefined where it is.
outside(principal, statement, scope) := "everyone is allowed, and no condition narrows it to an account inside" if {
	principal.form == "everyone"
	not caller_is_inside(statement, scope)
	not source_is_inside(statement, scope)
}

outside(principal, statement, scope) := sprintf("account %s is not inside", [principal.account]) if {
	principal.type == "AWS"
	not of_inside(principal, scope)
	not caller_is_inside(statement, scope)
}

# A user of CloudFront, say, or an ARN with a wildcard for the account. One that was deleted lets nobody in.
outside(principal, statement, scope) := "the principal names no account" if {
	principal.type == "AWS"
	not principal.account
	not principal.form in {"everyone", "unique-id", "other"}
	not caller_is_inside(statement, scope)
}

outside(principal, _, _) := "a canonical user cannot be shown to be inside" if principal.form == "canonical-user"

outside(principal, _, _) := "it cannot be determined who this is" if principal.form == "other"
