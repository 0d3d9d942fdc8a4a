package checks.aws_kms.key_policy_is_bounded_test

import data.checks.aws_kms.key_policy_is_bounded
import data.lib.fixture
import data.lib.fixture_kms

parameters := {"accounts": ["444455556666"], "organizations": ["o-abcdefghij"], "services": ["rds.amazonaws.com"]}

declaration := {"targets": [{"id": "prod"}, {"id": "backup", "account": "777788889999"}]}

case(statements) := fixture.declared(
	fixture_kms.replaced("policy", fixture.document(statements)),
	parameters,
	declaration,
)

conforming(statements) if {
	count(key_policy_is_bounded.conforms) == 1 with input as case(statements)
	count(key_policy_is_bounded.deviates) == 0 with input as case(statements)
	count(key_policy_is_bounded.undetermined) == 0 with input as case(statements)
}

deviating(statements) if {
	count(key_policy_is_bounded.deviates) == 1 with input as case(statements)
	count(key_policy_is_bounded.conforms) == 0 with input as case(statements)
}

undetermined(statements) if {
	count(key_policy_is_bounded.undetermined) == 1 with input as case(statements)
	count(key_policy_is_bounded.conforms) == 0 with input as case(statements)
	count(key_policy_is_bounded.deviates) == 0 with input as case(statements)
}

account(id) := fixture.by(fixture.party("account", id))

own := fixture.allows([account("111122223333")])

anyone := fixture.by(fixture.party("anyone", "everyone"))

test_conforms_for_inside if {
	conforming([own])
	conforming([fixture.allows([account("777788889999"), account("444455556666")])])
	conforming([fixture.allows([fixture.by(fixture.party("owner", "owner"))])])
	conforming([fixture.allows([fixture.by(fixture.party("organization", "o-abcdefghij"))])])
	conforming([fixture.allows([fixture.by({"kind": "service", "names": ["rds.amazonaws.com.cn", "rds.amazonaws.com"]})])])
	conforming([fixture.statement("Deny", ["kms:*"], [fixture.everyone], [])])
	conforming([])
}

test_says_where if {
	some evidence in key_policy_is_bounded.deviates with input as case([own, fixture.allows([account("999999999999")])])
	evidence.path == "/policy/statements/1/principals/0"
}

test_deviates_for_outside if {
	deviating([own, fixture.allows([account("999999999999")])])
	deviating([own, fixture.allows([account("111122223333"), account("999999999999")])])
	deviating([fixture.allows([fixture.by(fixture.party("organization", "o-zzzzzzzzzz"))])])
	deviating([fixture.allows([fixture.by(fixture.party("service", "cloudtrail.amazonaws.com"))])])
	deviating([fixture.allows([anyone])])
	deviating([fixture.allows([fixture.let_in([])])])
	deviating([fixture.allows([fixture.by(fixture.party_of("issuer", ["login.example.org"], "login.example.org"))])])
}

test_deviates_for_everyone_except_some if {
	some evidence in key_policy_is_bounded.deviates with input as case([fixture.allows_others(anyone)])
	evidence.path == "/policy/statements/0/not_principals"
	conforming([fixture.allows_others(account("111122223333"))])
}

# One bound is enough, and all parties of it count.
test_a_bound_narrows_to_inside if {
	conforming([fixture.allows([fixture.let_in([[fixture.party("account", "999999999999")], [fixture.party("organization", "o-abcdefghij")]])])])
	deviating([fixture.allows([fixture.let_in([[fixture.party("account", "111122223333"), fixture.party("account", "999999999999")]])])])
}

test_what_lets_in_nobody if {
	conforming([fixture.allows([fixture.nobody(account("999999999999"))])])
	conforming([fixture.allows([fixture.until(anyone, fixture.now)])])
	deviating([fixture.allows([fixture.until(anyone, fixture.now + 1)])])
}

test_undetermined_for_what_is_not_understood if {
	undetermined([own, fixture.allows([fixture.unclear(account("999999999999"))])])
	undetermined([own, fixture.allows([fixture.by(fixture.party("any-service", "any service"))])])
	undetermined([own, {"effect": "Allow", "actions": ["kms:*"], "conditions": []}])
	conforming([fixture.allows([fixture.unclear(account("111122223333"))])])
}

# What deviates is said, also beside what is not understood.
test_deviates_beside_what_is_not_understood if {
	count(key_policy_is_bounded.deviates) == 1 with input as case([fixture.allows([anyone, fixture.unclear(anyone)])])
}

test_not_applicable_to_keys_of_aws if {
	managed := fixture.declared(fixture_kms.managed, parameters, declaration)
	count(key_policy_is_bounded.not_applicable) == 1 with input as managed
}
