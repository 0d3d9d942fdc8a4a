package checks.github.org_requires_2fa_test

import data.checks.github.org_requires_2fa
import data.lib.fixture
import data.lib.fixture_github

case(required) := fixture.case(fixture_github.organization(required), {})

test_conforms_where_it_is_required if {
	count(org_requires_2fa.conforms) == 1 with input as case(true)
	count(org_requires_2fa.deviates) == 0 with input as case(true)
}

test_deviates_where_it_is_not if {
	count(org_requires_2fa.deviates) == 1 with input as case(false)
	count(org_requires_2fa.conforms) == 0 with input as case(false)
}

test_nothing_is_concluded_of_what_was_not_shown if {
	unknown := fixture.case(object.remove(fixture_github.organization(true), ["two_factor_required"]), {})
	count(org_requires_2fa.conforms) == 0 with input as unknown
	count(org_requires_2fa.deviates) == 0 with input as unknown
}
