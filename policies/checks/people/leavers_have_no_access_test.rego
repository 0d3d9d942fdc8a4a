package checks.people.leavers_have_no_access_test

import data.checks.people.leavers_have_no_access
import data.lib.fixture
import data.lib.fixture_people

ada := ["prod", "arn:aws:iam::111122223333:user/ada"]

ops := ["prod", "arn:aws:iam::111122223333:role/operators"]

left(of) := fixture.case(fixture_people.person(object.union(of, {"left": fixture_people.before})), {})

test_conforms_where_nothing_is_left if {
	count(leavers_have_no_access.conforms) == 1 with input as left({"absent": [ada]})
	count(leavers_have_no_access.deviates) == 0 with input as left({"absent": [ada]})
	count(leavers_have_no_access.conforms) == 1 with input as left({})
}

test_deviates_where_an_identity_is_there if {
	count(leavers_have_no_access.deviates) == 1 with input as left({"found": [ada]})
	count(leavers_have_no_access.conforms) == 0 with input as left({"found": [ada]})
	some evidence in leavers_have_no_access.deviates with input as left({"found": [ada]})
	evidence.because == "they left on 2026-12-31, and `arn:aws:iam::111122223333:user/ada` is still at `prod`"
}

test_deviates_where_a_key_names_them if {
	count(leavers_have_no_access.deviates) == 1 with input as left({"keys": ["hot-signing"]})
	count(leavers_have_no_access.conforms) == 0 with input as left({"keys": ["hot-signing"]})
}

test_undetermined_where_others_may_be_it_too if {
	count(leavers_have_no_access.undetermined) == 1 with input as left({"shared": [ops]})
	count(leavers_have_no_access.deviates) == 0 with input as left({"shared": [ops]})
	count(leavers_have_no_access.conforms) == 0 with input as left({"shared": [ops]})
	count(leavers_have_no_access.undetermined) == 1 with input as left({"elsewhere": [ada]})
	count(leavers_have_no_access.conforms) == 0 with input as left({"elsewhere": [ada]})
}

test_not_applicable_to_those_who_are_here if {
	here := fixture.case(fixture_people.person({"found": [ada]}), {})
	count(leavers_have_no_access.not_applicable) == 1 with input as here
	count(leavers_have_no_access.deviates) == 0 with input as here
	leaving := fixture.case(fixture_people.person({"found": [ada], "left": fixture_people.after}), {})
	count(leavers_have_no_access.not_applicable) == 1 with input as leaving
	count(leavers_have_no_access.deviates) == 0 with input as leaving
}
