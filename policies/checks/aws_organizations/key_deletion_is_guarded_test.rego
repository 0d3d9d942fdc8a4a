package checks.aws_organizations.key_deletion_is_guarded_test

import data.checks.aws_organizations.key_deletion_is_guarded
import data.lib.fixture
import data.lib.fixture_organizations

recovery := "arn:aws:iam::*:role/key-recovery"

parameters := {"actions": ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "exempt": [recovery]}

declaration := {"targets": [{"id": "prod", "account": "111122223333"}]}

case(account) := fixture.declared(account, parameters, declaration)

conforming(statements) if {
	account := fixture_organizations.account(statements)
	count(key_deletion_is_guarded.conforms) == 2 with input as case(account)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(account)
}

deviating(statements) if {
	account := fixture_organizations.account(statements)
	count(key_deletion_is_guarded.deviates) > 0 with input as case(account)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(account)
}

both := ["kms:schedulekeydeletion", "kms:disablekey"]

deny(actions, conditions) := fixture_organizations.statement(actions, conditions)

except(operator, arns) := fixture_organizations.exempting(operator, arns)

test_conforms_when_both_are_denied if {
	conforming([deny(both, [])])
	conforming([deny(["kms:schedule*"], []), deny(["kms:disablekey"], [])])
	conforming([deny(["kms:*"], [])])
	conforming([deny(["*"], [])])
}

test_conforms_when_all_but_others_are_denied if {
	statement := object.union(object.remove(deny([], []), ["actions"]), {"not_actions": ["kms:decrypt", "kms:list*"]})
	conforming([statement])
}

test_conforms_when_declared_principals_are_excepted if {
	conforming([deny(both, [except("ArnNotLike", [recovery])])])
	conforming([deny(both, [except("StringNotLike", [recovery])])])
}

test_conforms_for_a_resource_control_policy if {
	conforming([object.union(deny(both, []), {"principals": [fixture.everyone]})])
}

test_deviates_when_one_is_left_open if deviating([deny(["kms:schedulekeydeletion"], [])])

test_deviates_without_any_denial if deviating([])

test_deviates_when_others_are_excepted if {
	deviating([deny(both, [except("ArnNotLike", [recovery, "arn:aws:iam::*:role/admin"])])])
	deviating([deny(both, [except("ArnLike", [recovery])])])
	deviating([object.union(deny(both, []), {"principals": [fixture.account("999999999999")]})])
}

test_deviates_when_it_is_denied_only_sometimes if {
	deviating([deny(both, [fixture.condition("Bool", "aws:MultiFactorAuthPresent", ["false"])])])
	deviating([deny(both, [fixture.for_values("all", except("ArnNotLike", [recovery]))])])
	deviating([object.union(deny(both, []), {"resources": ["arn:aws:kms:eu-west-1:111122223333:key/1"]})])
	left_out := object.union(object.remove(deny([], []), ["actions"]), {"not_actions": ["kms:*"]})
	deviating([left_out])
}

test_deviates_for_the_management_account if {
	account := object.union(fixture_organizations.account([deny(both, [])]), {"management": true})
	count(key_deletion_is_guarded.deviates) == 1 with input as case(account)
	count(key_deletion_is_guarded.conforms) == 0 with input as case(account)
}

test_not_applicable_to_accounts_that_are_not_declared if {
	other := object.union(fixture_organizations.account([]), {"id": "555566667777"})
	count(key_deletion_is_guarded.not_applicable) == 1 with input as case(other)
	count(key_deletion_is_guarded.deviates) == 0 with input as case(other)
}
