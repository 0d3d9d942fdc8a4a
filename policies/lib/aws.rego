# METADATA
# title: Accounts, and which of them are inside
# description: What several checks of AWS resources share. Functions only; nothing here concludes anything.
package lib.aws

# Twelve digits. No regular expression: the engine would compile it anew for every value.
is_account(value) if {
	count(value) == 12
	trim(value, "0123456789") == ""
}

# The account that a value names: twelve digits, or an ARN with them in its place. A wildcard there names none.
account_of(value) := account if {
	is_string(value)
	account := account_in(split(value, ":"), value)
	is_account(account)
}

account_in(parts, _) := parts[4] if parts[0] == "arn"

account_in(parts, value) := value if count(parts) == 1

# What counts as inside: the account itself, the accounts of the declared targets, and those a control names.
inside(own) := {
	"own": own,
	"accounts": (({own} | declared_accounts) | named_accounts),
	"organizations": {organization | some organization in input.parameters.organizations},
}

declared_accounts := {target.account | some target in input.declaration.targets}

named_accounts := {account | some account in input.parameters.accounts}

# Whole days between two moments in seconds since 1970; below 0 where the second is the earlier one.
days(from, to) := whole(to - from, 86400)

# How often the unit fits, rounded down. Without `floor`, whose answers below 0 differ between engines.
whole(seconds, unit) := (seconds - (((seconds % unit) + unit) % unit)) / unit
