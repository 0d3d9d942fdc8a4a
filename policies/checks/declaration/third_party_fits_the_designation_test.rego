package checks.declaration.third_party_fits_the_designation_test

import data.checks.declaration.third_party_fits_the_designation
import data.lib.fixture
import data.lib.fixture_declaration

case(keys, designation) := of_system(keys, {"id": "hot", "designation": designation})

of_system(keys, system) := fixture.declared(
	fixture_declaration.but(fixture_declaration.third_party, {"keys": keys}),
	{},
	{"system": system},
)

test_conforms_without_keys if {
	count(third_party_fits_the_designation.conforms) == 1 with input as case([], "self-custody")
	count(third_party_fits_the_designation.deviates) == 0 with input as case([], "self-custody")
}

test_deviates_with_keys if {
	count(third_party_fits_the_designation.conforms) == 0 with input as case(["hot-signing"], "self-custody")
	count(third_party_fits_the_designation.deviates) == 1 with input as case(["hot-signing"], "self-custody")
}

test_not_applicable_otherwise if {
	count(third_party_fits_the_designation.not_applicable) == 1 with input as case(["hot-signing"], "full")
	count(third_party_fits_the_designation.deviates) == 0 with input as case(["hot-signing"], "full")
}

test_undetermined_without_a_designation if {
	unclear([])
	unclear(["hot-signing"])
}

unclear(keys) if {
	without := of_system(keys, {"id": "hot"})
	count(third_party_fits_the_designation.undetermined) == 1 with input as without
	count(third_party_fits_the_designation.conforms) == 0 with input as without
	count(third_party_fits_the_designation.deviates) == 0 with input as without
	count(third_party_fits_the_designation.not_applicable) == 0 with input as without
}
