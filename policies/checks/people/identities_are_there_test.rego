package checks.people.identities_are_there_test

import data.checks.people.identities_are_there
import data.lib.fixture
import data.lib.fixture_people

case(person) := fixture.case(person, {})

ada := ["prod", "arn:aws:iam::111122223333:user/ada"]

bo := ["prod", "arn:aws:iam::111122223333:user/bo"]

cy := ["prod", "arn:aws:sts::111122223333:federated-user/cy"]

test_conforms_where_each_is_there if {
	both := case(fixture_people.person({"found": [ada, bo]}))
	count(identities_are_there.conforms) == 1 with input as both
	count(identities_are_there.deviates) == 0 with input as both
	count(identities_are_there.undetermined) == 0 with input as both
}

test_deviates_for_each_that_is_not if {
	one := case(fixture_people.person({"found": [ada], "absent": [bo]}))
	count(identities_are_there.deviates) == 1 with input as one
	count(identities_are_there.conforms) == 0 with input as one
	some evidence in identities_are_there.deviates with input as one
	contains(evidence.because, "user/bo` at `prod`")
	contains(evidence.because, "2 identities are declared")
}

test_undetermined_where_it_lives_elsewhere if {
	elsewhere := case(fixture_people.person({"found": [ada], "elsewhere": [cy]}))
	count(identities_are_there.undetermined) == 1 with input as elsewhere
	count(identities_are_there.conforms) == 0 with input as elsewhere
	count(identities_are_there.deviates) == 0 with input as elsewhere
}

test_a_role_that_is_there_is_there if {
	role := case(fixture_people.person({"found": [ada], "elsewhere": [ada]}))
	count(identities_are_there.undetermined) == 0 with input as role
	count(identities_are_there.conforms) == 1 with input as role
}

test_not_applicable_without_an_identity if {
	count(identities_are_there.not_applicable) == 1 with input as case(fixture_people.person({}))
	count(identities_are_there.conforms) == 0 with input as case(fixture_people.person({}))
}

test_not_applicable_to_those_who_left if {
	gone := case(fixture_people.person({"found": [ada], "absent": [bo], "left": fixture_people.before}))
	count(identities_are_there.not_applicable) == 1 with input as gone
	count(identities_are_there.deviates) == 0 with input as gone
	leaving := case(fixture_people.person({"found": [ada], "absent": [bo], "left": fixture_people.after}))
	count(identities_are_there.not_applicable) == 0 with input as leaving
	count(identities_are_there.deviates) == 1 with input as leaving
}
