package checks.github.owners_are_declared_test

import data.checks.github.owners_are_declared
import data.lib.fixture
import data.lib.fixture_github

case(login, role) := fixture.case(fixture_github.member(login, role, "secure"), {"owners": ["Ada"]})

test_conforms_where_declared_in_any_case if {
	count(owners_are_declared.conforms) == 1 with input as case("ada", "admin")
	count(owners_are_declared.deviates) == 0 with input as case("ada", "admin")
}

test_deviates_where_not_declared if {
	count(owners_are_declared.deviates) == 1 with input as case("bo", "admin")
	count(owners_are_declared.conforms) == 0 with input as case("bo", "admin")
}

test_is_not_about_members if {
	count(owners_are_declared.not_applicable) == 1 with input as case("bo", "member")
	count(owners_are_declared.deviates) == 0 with input as case("bo", "member")
}
