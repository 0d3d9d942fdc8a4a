package checks.github.base_permission_is_bounded_test

import data.checks.github.base_permission_is_bounded
import data.lib.fixture
import data.lib.fixture_github

case(given) := fixture.case(
	object.union(fixture_github.organization(true), {"default_repository_permission": given}),
	{"allowed": ["none", "read"]},
)

test_conforms_where_members_may_read_at_most if {
	every given in ["none", "read"] {
		count(base_permission_is_bounded.conforms) == 1 with input as case(given)
		count(base_permission_is_bounded.deviates) == 0 with input as case(given)
	}
}

# What GitHub may call a permission tomorrow is not among those that are allowed.
test_deviates_where_members_may_more if {
	every given in ["write", "admin", "maintain"] {
		count(base_permission_is_bounded.deviates) == 1 with input as case(given)
		count(base_permission_is_bounded.conforms) == 0 with input as case(given)
	}
}

test_nothing_is_concluded_of_what_was_not_shown if {
	count(base_permission_is_bounded.conforms) == 0 with input as case(null)
	count(base_permission_is_bounded.deviates) == 0 with input as case(null)
}
