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
