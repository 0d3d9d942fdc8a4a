package checks.aws_organizations.key_deletion_is_guarded_test

import data.checks.aws_organizations.key_deletion_is_guarded
import data.lib.fixture
import data.lib.fixture_organizations

recovery := "arn:aws:iam::*:role/key-recovery"

parameters := {"actions": ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "exempt": [recovery]}

declaration := {"targets": [{"id": "prod", "account": "111122223333"}]}

case(account) := fixture.declared(account, parameters, declaration)

both := ["kms:DisableKey", "kms:ScheduleKeyDeletion"]

conforming(guards) if {
	account := fixture_organizations.account(guards)
	count(key_deletion_is_guarded.conforms) == 2 with input as case(account)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(account)
	count(key_deletion_is_guarded.undetermined) == 0 with input as case(account)
}

deviating(guards) if {
	account := fixture_organizations.account(guards)
	count(key_deletion_is_guarded.deviates) > 0 with input as case(account)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(account)
}

guard(actions, parts) := fixture_organizations.guard(actions, parts)

test_conforms_when_both_are_denied if {
	conforming([guard(both, {})])
	conforming([guard(["kms:ScheduleKeyDeletion"], {}), guard(["kms:DisableKey"], {})])
	conforming([guard(both, {"except": [recovery]})])
	conforming([guard(array.concat(both, ["kms:Sign"]), {}), fixture_organizations.other])
}

test_deviates_when_one_is_left_open if deviating([guard(["kms:ScheduleKeyDeletion"], {})])

test_deviates_without_any_denial if {
	deviating([])
	deviating([fixture_organizations.other])
}

test_deviates_when_others_are_excepted if {
	deviating([guard(both, {"except": [recovery, "arn:aws:iam::*:role/admin"]})])
}

test_deviates_when_it_is_denied_only_sometimes if {
	deviating([guard(both, {"sometimes": ["Bool aws:multifactorauthpresent \"false\""]})])
	deviating([guard(both, {"sometimes": ["only on some keys"]})])
}

test_undetermined_where_a_condition_is_not_understood if {
	account := fixture_organizations.account([guard(both, {"unclear": ["StringNotEquals new:key \"x\""]})])
	count(key_deletion_is_guarded.undetermined) == 2 with input as case(account)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(account)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(account)

	# Another one settles it.
	settled := [guard(both, {"unclear": ["StringNotEquals new:key \"x\""]}), guard(both, {})]
	conforming(settled)
}

test_deviates_for_the_management_account if {
	account := object.union(fixture_organizations.account([guard(both, {})]), {"management": true})
	count(key_deletion_is_guarded.deviates) == 1 with input as case(account)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(account)
}

test_not_applicable_to_accounts_that_are_not_declared if {
	other := object.union(fixture_organizations.account([]), {"id": "555566667777"})
	count(key_deletion_is_guarded.not_applicable) == 1 with input as case(other)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(other)
}

with_levels(denials, levels) := object.union(fixture_organizations.account(denials), {"unallowed": levels})

level(actions, parts) := fixture_organizations.level(actions, parts)

# An allow-list that leaves the deletion of keys out denies it to everyone.
test_conforms_where_a_level_does_not_allow_it if {
	listed := with_levels([], [level(both, {})])
	count(key_deletion_is_guarded.conforms) == 2 with input as case(listed)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(listed)
	spared := with_levels([], [level(both, {"except": [recovery]})])
	count(key_deletion_is_guarded.deviates) == 0 with input as case(spared)
}

test_conforms_where_one_is_denied_and_the_other_not_allowed if {
	mixed := with_levels([guard(["kms:DisableKey"], {})], [level(["kms:ScheduleKeyDeletion"], {})])
	count(key_deletion_is_guarded.conforms) == 2 with input as case(mixed)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(mixed)
}

test_deviates_where_a_level_allows_it_to_others if {
	others := with_levels([], [level(both, {"except": ["arn:aws:iam::*:role/admin"]})])
	count(key_deletion_is_guarded.deviates) == 2 with input as case(others)
	sometimes := with_levels([], [level(both, {"sometimes": ["allowed if Bool aws:multifactorauthpresent \"true\""]})])
	count(key_deletion_is_guarded.deviates) == 2 with input as case(sometimes)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(sometimes)
	one := with_levels([], [level(["kms:DisableKey"], {})])
	count(key_deletion_is_guarded.deviates) == 1 with input as case(one)
}

test_undetermined_where_what_a_level_allows_is_not_understood if {
	unclear := with_levels([], [level(both, {"unclear": ["allowed if StringEquals new:key \"x\""]})])
	count(key_deletion_is_guarded.undetermined) == 2 with input as case(unclear)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(unclear)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(unclear)
}

test_deviates_for_a_management_account_with_an_allow_list if {
	account := object.union(with_levels([], [level(both, {})]), {"management": true})
	count(key_deletion_is_guarded.deviates) == 1 with input as case(account)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(account)
}
