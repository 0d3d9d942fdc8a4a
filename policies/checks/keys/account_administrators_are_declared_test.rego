package checks.keys.account_administrators_are_declared_test

import data.checks.keys.account_administrators_are_declared as check
import data.lib.fixture
import data.lib.fixture_reach as reach

case(resource, declared, accounts) := fixture.case(resource, {"declared": declared, "administrators_of": accounts})

jane := reach.raises("user", reach.arn("user", "jane"), "yes")

root := reach.raises("root", "arn:aws:iam::111122223333:root", "yes")

outcomes(given) := [c, d, u] if {
	c := count(check.conforms) with input as given
	d := count(check.deviates) with input as given
	u := count(check.undetermined) with input as given
}

test_conforms_when_each_is_declared if {
	outcomes(case(reach.administrators([root]), [], [])) == [1, 0, 0]
	outcomes(case(reach.administrators([root, reach.held(jane, ["kh-1"])]), [], [])) == [1, 0, 0]
	outcomes(case(reach.administrators([jane]), [{"name": reach.arn("user", "jane")}], [])) == [1, 0, 0]
	others := reach.raises("administrators", "444455556666", "yes")
	outcomes(case(reach.administrators([others]), [], ["444455556666"])) == [1, 0, 0]
}

test_deviates_for_each_who_is_not if {
	outcomes(case(reach.administrators([root, jane]), [], [])) == [0, 1, 0]
	outcomes(case(reach.administrators([jane]), [{"name": reach.arn("user", "jane"), "kind": "role"}], [])) == [0, 1, 0]
	foreign := reach.raises("root", "arn:aws:iam::444455556666:root", "yes")
	outcomes(case(reach.administrators([foreign]), [], [])) == [0, 1, 0]
	some evidence in check.deviates with input as case(reach.administrators([jane]), [], [])
	contains(evidence.because, "may become an administrator, by iam:PutUserPolicy")
}

test_undetermined_for_what_is_not_known if {
	outcomes(case(reach.administrators([reach.raises("account", "111122223333", "undetermined")]), [], [])) == [0, 0, 1]
}

test_nothing_is_concluded_from_what_was_not_read if {
	outcomes(case(reach.without(reach.administrators([]), "everyone"), [], [])) == [0, 0, 0]
	outcomes(case(reach.without(reach.administrators([]), "entries"), [], [])) == [0, 0, 0]
	outcomes(case(reach.without(reach.administrators([jane]), "everyone"), [], [])) == [0, 1, 0]
}
