package checks.keys.reach_is_declared_test

import data.checks.keys.reach_is_declared
import data.lib.fixture
import data.lib.fixture_reach as reach

case(resource, declared, accounts) := fixture.case(resource, {"declared": declared, "administrators_of": accounts})

jane := reach.acts("user", reach.arn("user", "jane"), ["use"], "yes")

signer := reach.acts("role", reach.arn("role", "signer"), ["use"], "yes")

admins := reach.acts("administrators", "111122223333", ["use", "administer", "destroy"], "yes")

outcomes(given) := [c, d, u, n] if {
	c := count(reach_is_declared.conforms) with input as given
	d := count(reach_is_declared.deviates) with input as given
	u := count(reach_is_declared.undetermined) with input as given
	n := count(reach_is_declared.not_applicable) with input as given
}

test_conforms_when_each_is_a_holder_of_it_or_declared if {
	given := case(reach.key([reach.held(jane, ["kh-1"]), signer]), [{"name": reach.arn("role", "signer")}], [])
	outcomes(given) == [1, 0, 0, 0]
	outcomes(case(reach.key([]), [], [])) == [1, 0, 0, 0]
}

test_conforms_with_declared_administrators if {
	root := reach.acts("root", "arn:aws:iam::111122223333:root", ["use"], "yes")
	outcomes(case(reach.key([admins, root]), [], ["111122223333"])) == [1, 0, 0, 0]
	outcomes(case(reach.key([admins, root]), [], ["444455556666"])) == [0, 2, 0, 0]
}

test_deviates_for_each_who_is_not if {
	outcomes(case(reach.key([jane, signer]), [], [])) == [0, 2, 0, 0]

	# Who holds another key is no holder of this one.
	outcomes(case(reach.key([reach.held(jane, ["kh-9"])]), [], [])) == [0, 1, 0, 0]

	# Who is declared for one thing is not for another.
	uses := {"name": reach.arn("role", "signer"), "kind": "role", "does": ["use"]}
	destroys := reach.acts("role", reach.arn("role", "signer"), ["use", "destroy"], "yes")
	outcomes(case(reach.key([signer]), [uses], [])) == [1, 0, 0, 0]
	outcomes(case(reach.key([destroys]), [uses], [])) == [0, 1, 0, 0]
	outcomes(case(reach.key([signer]), [object.union(uses, {"kind": "user"})], [])) == [0, 1, 0, 0]
}

test_deviates_for_whoever_becomes_somebody_declared if {
	other := reach.becomes("account", "444455556666", reach.arn("role", "signer"), "yes")
	given := case(reach.key([signer, other]), [{"name": reach.arn("role", "signer")}], [])
	outcomes(given) == [0, 1, 0, 0]
	some evidence in reach_is_declared.deviates with input as given
	contains(evidence.because, "account `444455556666` may use, by sts:AssumeRole, which leads to role")
}

test_a_group_is_nobody if {
	outcomes(case(reach.key([reach.acts("group", reach.arn("group", "x"), ["use"], "yes")]), [], [])) == [1, 0, 0, 0]
}

test_undetermined_for_what_is_not_known if {
	perhaps := reach.acts("anyone", "anyone", ["use"], "undetermined")
	given := case(reach.key([perhaps]), [], [])
	outcomes(given) == [0, 0, 1, 0]
	some evidence in reach_is_declared.undetermined with input as given
	contains(evidence.because, "not known: StringLike aws:principaltag/team")
	rest := reach.acts("account", "111122223333", ["use"], "yes")
	outcomes(case(reach.key([rest]), [], [])) == [0, 0, 1, 0]
}

test_nothing_is_concluded_from_what_was_not_read if {
	outcomes(case(reach.without(reach.key([]), "everyone"), [], [])) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([]), "entries"), [], [])) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([jane]), "declared"), [], [])) == [0, 0, 0, 0]
	outcomes(case(reach.without(reach.key([jane]), "everyone"), [], [])) == [0, 1, 0, 0]
}

test_not_applicable_to_a_key_beyond_the_inventory if {
	given := case(object.union(reach.key([jane]), {"declared": []}), [], [])
	outcomes(given) == [0, 0, 0, 1]
}

# Of those who reach other keys in the same way, the first who are not holders.
also(first, number) := reach.key_and([reach.held(jane, ["kh-1"])], {"not_holders": first}, {"not_holders": number})

test_those_who_reach_other_keys_too_have_to_be_holders_or_declared if {
	outcomes(case(also([], 0), [], [])) == [1, 0, 0, 0]
	outcomes(case(also([signer], 1), [], [])) == [0, 1, 0, 0]
	outcomes(case(also([signer], 30), [], [])) == [0, 1, 0, 0]
	perhaps := reach.acts("user", reach.arn("user", "joe"), ["use"], "undetermined")
	outcomes(case(also([perhaps], 1), [], [])) == [0, 0, 1, 0]
}

# By itself: behind `some … with`, the engine that is built in keeps that input.
test_how_many_reach_other_keys_too_is_said if {
	some evidence in reach_is_declared.deviates with input as case(also([signer], 30), [], [])
	evidence.path == "/common/not_holders/first/0"
	endswith(evidence.because, "on it: one of 30 who reach other keys in the same way (joined/common-reach `111122223333`)")
}

test_whoever_is_not_named_is_not_taken_for_declared if {
	declared := [{"name": reach.arn("role", "signer")}]
	outcomes(case(also([signer], 1), declared, [])) == [1, 0, 0, 0]
	outcomes(case(also([signer], 2), declared, [])) == [0, 0, 1, 0]
	outcomes(case(also([], 2), [], [])) == [0, 0, 1, 0]
	outcomes(case(also([signer, jane], 3), declared, [])) == [0, 1, 0, 0]
	outcomes(case(reach.without(also([], 0), "common"), [], [])) == [0, 0, 0, 0]
}
