# METADATA
# title: Whether a policy lets in somebody outside
# description: >-
#   Compares what the collector computed of a statement, its `lets_in`, with what is declared to be inside. Everyone let in is one of the parties of
#   each bound: if all parties of one bound are inside, nobody outside is let in. What the policy's conditions mean is decided there and not here.
#   Functions only.
package lib.policy

# The scope: own (an account), accounts, organizations, services (sets), tenants (sets by issuer).
inside(party, _) if party.kind == "owner"

inside(party, scope) if {
	party.kind == "account"
	declared(party, scope.accounts)
}

inside(party, scope) if {
	party.kind == "organization"
	declared(party, scope.organizations)
}

inside(party, scope) if {
	party.kind == "service"
	declared(party, scope.services)
}

inside(party, scope) if {
	party.kind == "saml-provider"
	own_provider(party, scope)
}

inside(party, scope) if {
	party.kind in {"tenant", "subject", "cluster"}
	own_provider(party, scope)
	declared(party, tenants(scope, party.issuer))
}

# A cluster whose provider stands in this account, where nobody declared which clusters are ours.
inside(party, scope) if {
	party.kind == "cluster"
	own_provider(party, scope)
	count(tenants(scope, party.issuer)) == 0
}

# Every subject of an issuer that is declared as a whole.
inside(party, scope) if {
	party.kind == "issuer"
	own_provider(party, scope)
	"*" in tenants(scope, party.issuer)
}

tenants(scope, issuer) := object.get(scope.tenants, issuer, set())

own_provider(party, _) if not party.account

own_provider(party, scope) if party.account == scope.own

declared(party, set) if {
	some name in party.names
	name in set
}

declared(party, set) if {
	party.ignore_case
	names := {lower(name) | some name in party.names}
	some name in set
	lower(name) in names
}

# Whose it is can only be declared.
undeclared(party, scope) if {
	party.kind == "subject"
	own_provider(party, scope)
}

undeclared(party, _) if party.kind == "any-service"

inside_or_undeclared(party, scope) if inside(party, scope)

inside_or_undeclared(party, scope) if undeclared(party, scope)

# Nobody outside is let in.
closed(let_in, _) if let_in.nobody

closed(let_in, _) if let_in.until <= input.now

closed(let_in, scope) if {
	some bound in let_in.bounds
	count([party | some party in bound.parties; not inside(party, scope)]) == 0
}

# Whether somebody is, cannot be told.
unclear(let_in, scope) if {
	not closed(let_in, scope)
	count(let_in.unclear) > 0
}

unclear(let_in, scope) if {
	not closed(let_in, scope)
	some bound in let_in.bounds
	count([party | some party in bound.parties; not inside_or_undeclared(party, scope)]) == 0
}

# Somebody outside is let in.
open(let_in, scope) if {
	not closed(let_in, scope)
	not unclear(let_in, scope)
}

# What is said of one that is unclear.
why(let_in) := sprintf("%s; not understood: %s", [let_in.sentence, concat("; ", let_in.unclear)]) if {
	count(let_in.unclear) > 0
}

why(let_in) := sprintf("%s: whose that is, is not declared", [let_in.sentence]) if count(let_in.unclear) == 0

# Where it stands, below the policy.
place(n, let_in) := sprintf("statements/%d/principals/%d", [n, let_in.principal])

place(n, let_in) := sprintf("statements/%d/not_principals", [n]) if not let_in.principal

# The statements that allow something and name nobody: a policy of a resource cannot say that.
names_nobody(policy) := {n |
	some n, statement in policy.statements
	statement.effect == "Allow"
	not statement.lets_in
}
