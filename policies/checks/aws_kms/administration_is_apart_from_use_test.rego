package checks.aws_kms.administration_is_apart_from_use_test

import data.checks.aws_kms.administration_is_apart_from_use as check
import data.lib.fixture
import data.lib.fixture_reach as reach

case(resource, both) := fixture.case(resource, {"both": both})

doing(name, actions, may) := object.union(
	reach.acts("role", reach.arn("role", name), ["use"], may),
	{"actions": actions},
)

outcomes(given) := [c, d, u, n] if {
	c := count(check.conforms) with input as given
	d := count(check.deviates) with input as given
	u := count(check.undetermined) with input as given
	n := count(check.not_applicable) with input as given
}

signs := doing("signer", ["kms:Sign"], "yes")

changes := doing("keeper", ["kms:PutKeyPolicy", "kms:EnableKey"], "yes")

test_conforms_when_they_are_different if {
	outcomes(case(reach.key([signs, changes]), [])) == [1, 0, 0, 0]
}

test_deviates_for_each_who_does_both if {
	both := doing("signer", ["kms:ScheduleKeyDeletion"], "yes")
	outcomes(case(reach.key([signs, changes, both]), [])) == [0, 1, 0, 0]
	outcomes(case(reach.key([doing("x", ["kms:*"], "yes")]), [])) == [0, 1, 0, 0]
	outcomes(case(reach.key([doing("x", ["kms:Sign", "kms:DisableKey"], "yes")]), [])) == [0, 1, 0, 0]
	given := case(reach.key([signs, both]), [])
	some evidence in check.deviates with input as given
	contains(evidence.because, "administers it by kms:ScheduleKeyDeletion, and uses it by kms:Sign")
}

test_conforms_when_both_is_declared if {
	given := case(reach.key([doing("x", ["kms:*"], "yes")]), [reach.arn("role", "x")])
	outcomes(given) == [1, 0, 0, 0]
}

test_undetermined_for_what_is_not_known if {
	perhaps := doing("signer", ["kms:ScheduleKeyDeletion"], "undetermined")
	outcomes(case(reach.key([signs, perhaps]), [])) == [0, 0, 1, 0]
	outcomes(case(reach.key([signs, reach.acts("anyone", "anyone", ["use"], "undetermined")]), [])) == [0, 0, 1, 0]
}

test_nothing_is_concluded_from_what_was_not_read if {
	outcomes(case(reach.without(reach.key([signs]), "everyone"), [])) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([]), "entries"), [])) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([doing("x", ["kms:*"], "yes")]), "manager"), [])) == [0, 0, 0, 0]
}

test_not_applicable_to_a_key_that_aws_manages if {
	outcomes(case(object.union(reach.key([doing("x", ["kms:*"], "yes")]), {"manager": "AWS"}), [])) == [0, 0, 0, 1]
}

also(first, number) := reach.key_and([signs, changes], {"do_everything": first}, {"do_everything": number})

test_those_who_reach_other_keys_too_may_not_do_everything if {
	all := doing("all", ["kms:*"], "yes")
	outcomes(case(also([], 0), [])) == [1, 0, 0, 0]
	outcomes(case(also([all], 3), [])) == [0, 1, 0, 0]
	outcomes(case(also([doing("all", ["kms:*"], "undetermined")], 1), [])) == [0, 0, 1, 0]
	outcomes(case(also([all], 1), [reach.arn("role", "all")])) == [1, 0, 0, 0]
	outcomes(case(also([all], 2), [reach.arn("role", "all")])) == [0, 0, 1, 0]
	outcomes(case(reach.without(also([], 0), "common"), [])) == [0, 0, 0, 0]
}

# By itself: behind `some … with`, the engine that is built in keeps that input.
test_how_many_reach_other_keys_too_is_said if {
	some evidence in check.deviates with input as case(also([doing("all", ["kms:*"], "yes")], 3), [])
	contains(evidence.because, "administers it by kms:*, and uses it by kms:*: one of 3 who reach other keys in the same way")
}
