package checks.keys.two_people_needed_test

import data.checks.keys.two_people_needed as check
import data.lib.fixture

one(kind, name) := {"kind": kind, "name": name, "keys": ["hot-a", "hot-b"]}

wallet(alone, perhaps, unseen) := {
	"needed": 2,
	"keys": ["hot-a", "hot-b", "hot-c"],
	"unseen": unseen,
	"alone": alone,
	"perhaps": perhaps,
}

case(resource, except) := fixture.case(resource, {"except": except})

outcomes(given) := [c, d, u] if {
	c := count(check.conforms) with input as given
	d := count(check.deviates) with input as given
	u := count(check.undetermined) with input as given
}

root := "arn:aws:iam::111122223333:root"

test_conforms_when_nobody_is_enough if {
	outcomes(case(wallet([], [], []), [])) == [1, 0, 0]
	outcomes(case(wallet([one("root", root)], [one("root", root)], []), [root])) == [1, 0, 0]
}

test_deviates_for_each_who_is if {
	given := case(wallet([one("holder", "kh-1"), one("root", root)], [], []), [])
	outcomes(given) == [0, 2, 0]
	some evidence in check.deviates with input as given
	contains(evidence.because, "alone uses hot-a, hot-b, and a transfer needs 2")
}

test_undetermined_for_what_is_not_known if {
	outcomes(case(wallet([], [one("role", "x")], []), [])) == [0, 0, 1]
	outcomes(case(wallet([], [], ["hot-c"]), [])) == [0, 0, 1]
}

test_nothing_is_concluded_from_what_was_not_read if {
	every part in ["needed", "alone", "perhaps", "unseen"] {
		outcomes(case(object.remove(wallet([], [], []), [part]), [])) == [0, 0, 0]
	}
	outcomes(case(object.remove(wallet([one("root", root)], [], []), ["unseen"]), [])) == [0, 1, 0]
}
