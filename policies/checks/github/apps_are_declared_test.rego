package checks.github.apps_are_declared_test

import data.checks.github.apps_are_declared
import data.lib.fixture
import data.lib.fixture_github

case(app, suspended) := fixture.case(fixture_github.app(app, suspended), {"apps": ["ci-runner"]})

test_conforms_where_declared if {
	count(apps_are_declared.conforms) == 1 with input as case("ci-runner", null)
	count(apps_are_declared.deviates) == 0 with input as case("ci-runner", null)
}

test_deviates_where_not_declared if {
	count(apps_are_declared.deviates) == 1 with input as case("release-bot", null)
	count(apps_are_declared.conforms) == 0 with input as case("release-bot", null)
}

test_is_not_about_suspended_ones if {
	suspended := case("release-bot", fixture.days_ago(3))
	count(apps_are_declared.not_applicable) == 1 with input as suspended
	count(apps_are_declared.deviates) == 0 with input as suspended
}
