package checks.github.outside_collaborators_have_2fa_test

import data.checks.github.outside_collaborators_have_2fa
import data.lib.fixture
import data.lib.fixture_github

case(state, secure) := fixture.case(fixture_github.collaborator("far", state), {"secure": secure})

test_conforms_with_a_secure_one if {
	count(outside_collaborators_have_2fa.conforms) == 1 with input as case("secure", true)
	count(outside_collaborators_have_2fa.deviates) == 0 with input as case("secure", true)
}

test_conforms_with_an_insecure_one_where_that_is_enough if {
	count(outside_collaborators_have_2fa.conforms) == 1 with input as case("insecure", false)
}

test_deviates_with_an_insecure_one_where_it_is_not if {
	count(outside_collaborators_have_2fa.deviates) == 1 with input as case("insecure", true)
	count(outside_collaborators_have_2fa.conforms) == 0 with input as case("insecure", true)
}

test_deviates_without_any if {
	count(outside_collaborators_have_2fa.deviates) == 1 with input as case("disabled", false)
}
