package checks.people.two_kinds_of_factor_test

import data.checks.people.two_kinds_of_factor
import data.lib.fixture
import data.lib.fixture_people

accept := ["hardware", "passkey", "totp", "secure", "mfa"]

ada := ["prod", "arn:aws:iam::111122223333:user/ada"]

bo := ["prod", "arn:aws:sts::111122223333:federated-user/bo"]

code := ["code", "ada"]

case(of) := fixture.case(fixture_people.person(of), {"accept": accept})

with_ways(ways) := case({"found": [ada, code], "ways": ways})

good := with_ways([fixture_people.way(ada, "password", ["passkey", "totp"]), fixture_people.way(code, "login", ["secure"])])

test_conforms_where_each_way_asks_for_one if {
	count(two_kinds_of_factor.conforms) == 1 with input as good
	count(two_kinds_of_factor.deviates) == 0 with input as good
	count(two_kinds_of_factor.undetermined) == 0 with input as good
}

test_conforms_where_nobody_can_sign_in if {
	count(two_kinds_of_factor.conforms) == 1 with input as with_ways([])
}

test_deviates_where_a_way_asks_for_none if {
	bad := with_ways([fixture_people.way(ada, "password", ["totp"]), fixture_people.way(code, "login", [])])
	count(two_kinds_of_factor.deviates) == 1 with input as bad
	count(two_kinds_of_factor.conforms) == 0 with input as bad
	some evidence in two_kinds_of_factor.deviates with input as bad
	evidence.path == "/ways/1"
}

test_deviates_where_one_of_several_is_weak if {
	bad := with_ways([fixture_people.way(ada, "password", ["hardware", "sms"])])
	count(two_kinds_of_factor.deviates) == 1 with input as bad
	some evidence in two_kinds_of_factor.deviates with input as bad
	evidence.path == "/ways/0/second"
	endswith(evidence.because, "and sms is not accepted")
}

test_undetermined_where_it_is_asked_for_elsewhere if {
	key := with_ways([fixture_people.way(ada, "access-key", null)])
	count(two_kinds_of_factor.undetermined) == 1 with input as key
	count(two_kinds_of_factor.conforms) == 0 with input as key
	count(two_kinds_of_factor.deviates) == 0 with input as key
	elsewhere := case({"found": [code], "elsewhere": [bo], "ways": [fixture_people.way(code, "login", ["secure"])]})
	count(two_kinds_of_factor.undetermined) == 1 with input as elsewhere
	count(two_kinds_of_factor.conforms) == 0 with input as elsewhere

	# One that was found has its ways.
	role := case({"found": [ada], "elsewhere": [ada], "ways": [fixture_people.way(ada, "provider", ["mfa"])]})
	count(two_kinds_of_factor.undetermined) == 0 with input as role
	count(two_kinds_of_factor.conforms) == 1 with input as role
}

test_not_applicable_without_an_identity if {
	count(two_kinds_of_factor.not_applicable) == 1 with input as case({"absent": [ada]})
	count(two_kinds_of_factor.conforms) == 0 with input as case({"absent": [ada]})
}

test_not_applicable_to_those_who_left if {
	gone := case({"found": [code], "ways": [fixture_people.way(code, "login", [])], "left": fixture_people.before})
	count(two_kinds_of_factor.not_applicable) == 1 with input as gone
	count(two_kinds_of_factor.deviates) == 0 with input as gone
}
