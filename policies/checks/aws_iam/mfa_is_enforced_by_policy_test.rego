package checks.aws_iam.mfa_is_enforced_by_policy_test

import data.checks.aws_iam.mfa_is_enforced_by_policy as check
import data.lib.fixture
import data.lib.fixture_reach as reach

case(resource) := fixture.case(resource, {})

jane := reach.acts("user", reach.arn("user", "jane"), ["use"], "yes")

joe := reach.becomes("user", reach.arn("user", "joe"), reach.arn("role", "signer"), "yes")

role := reach.acts("role", reach.arn("role", "signer"), ["use"], "yes")

outcomes(given) := [c, d, u, n] if {
	c := count(check.conforms) with input as given
	d := count(check.deviates) with input as given
	u := count(check.undetermined) with input as given
	n := count(check.not_applicable) with input as given
}

test_conforms_when_each_is_asked if {
	outcomes(case(reach.key([reach.asking(jane), reach.asking(joe), role]))) == [1, 0, 0, 0]
	outcomes(case(reach.key([]))) == [1, 0, 0, 0]
}

test_deviates_for_each_who_is_not if {
	outcomes(case(reach.key([jane, joe, role]))) == [0, 2, 0, 0]
	outcomes(case(reach.key([reach.asking(jane), joe]))) == [0, 1, 0, 0]
}

test_undetermined_for_what_is_not_known if {
	outcomes(case(reach.key([reach.acts("user", reach.arn("user", "x"), ["use"], "undetermined")]))) == [0, 0, 1, 0]
}

test_nothing_is_concluded_from_what_was_not_read if {
	outcomes(case(reach.without(reach.key([]), "everyone"))) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([]), "entries"))) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([jane]), "manager"))) == [0, 0, 0, 0]
}

test_not_applicable_to_a_key_that_aws_manages if {
	outcomes(case(object.union(reach.key([jane]), {"manager": "AWS"}))) == [0, 0, 0, 1]
}

also(first, number) := reach.key_and([role], {"users_without_mfa": first}, {"users_without_mfa": number})

test_users_who_reach_other_keys_too_are_asked if {
	outcomes(case(also([], 0))) == [1, 0, 0, 0]
	outcomes(case(also([jane, joe], 30))) == [0, 2, 0, 0]
	outcomes(case(also([reach.acts("user", reach.arn("user", "x"), ["use"], "undetermined")], 1))) == [0, 0, 1, 0]
	outcomes(case(also([], 2))) == [0, 0, 0, 0]
	outcomes(case(reach.without(also([], 0), "common"))) == [0, 0, 0, 0]
}

# By itself: behind `some … with`, the engine that is built in keeps that input.
test_how_many_reach_other_keys_too_is_said if {
	some evidence in check.deviates with input as case(also([jane], 30))
	contains(evidence.because, "one of 30 users who reach other keys in the same way")
}
