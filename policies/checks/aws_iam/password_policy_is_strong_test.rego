package checks.aws_iam.password_policy_is_strong_test

import data.checks.aws_iam.password_policy_is_strong
import data.lib.fixture
import data.lib.fixture_iam

parameters := {
	"minimum_length": 14,
	"reuse_prevention": 24,
	"classes": ["lowercase", "uppercase", "numbers", "symbols"],
}

given(policy, wanted) := fixture.case(fixture_iam.account_with({"password_policy": policy}), wanted)

changed(changes) := given(object.union(fixture_iam.strong, changes), parameters)

deviating(tested, path) if {
	count(password_policy_is_strong.conforms) == 0 with input as tested
	some evidence in password_policy_is_strong.deviates with input as tested
	evidence.path == path
}

test_conforms_when_strong if {
	count(password_policy_is_strong.conforms) == 1 with input as changed({})
	count(password_policy_is_strong.deviates) == 0 with input as changed({})
}

test_conforms_without_classes_that_are_not_asked_for if {
	lenient := object.union(parameters, {"classes": []})
	tested := given(object.union(fixture_iam.strong, {"require_symbols": false}), lenient)
	count(password_policy_is_strong.conforms) == 1 with input as tested
}

test_deviates_without_a_policy if deviating(given({"exists": false}, parameters), "/password_policy/exists")

test_deviates_when_too_short if deviating(changed({"minimum_length": 13}), "/password_policy/minimum_length")

test_deviates_when_passwords_come_back if {
	deviating(changed({"reuse_prevention": 5}), "/password_policy/reuse_prevention")
	forgetful := object.remove(fixture_iam.strong, ["reuse_prevention"])
	deviating(given(forgetful, parameters), "/password_policy")
	indifferent := object.union(parameters, {"reuse_prevention": 0})
	count(password_policy_is_strong.conforms) == 1 with input as given(forgetful, indifferent)
}

# A8
test_undetermined_where_iam_does_not_say if {
	every name in ["require_symbols", "require_lowercase", "minimum_length"] {
		unsaid := given(object.remove(fixture_iam.strong, [name]), parameters)
		count(password_policy_is_strong.undetermined) == 1 with input as unsaid
		count(password_policy_is_strong.deviates) == 0 with input as unsaid
		count(password_policy_is_strong.conforms) == 0 with input as unsaid
	}
}

test_deviates_without_symbols if deviating(changed({"require_symbols": false}), "/password_policy")
