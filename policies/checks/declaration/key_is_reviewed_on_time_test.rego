package checks.declaration.key_is_reviewed_on_time_test

import data.checks.declaration.key_is_reviewed_on_time
import data.lib.fixture
import data.lib.fixture_declaration

case(day) := fixture.case(fixture_declaration.but(fixture_declaration.key, {"reviewed": day}), {"max_days": 366})

test_conforms_for_a_year if {
	count(key_is_reviewed_on_time.conforms) == 1 with input as case(fixture_declaration.days_ago(366))
	count(key_is_reviewed_on_time.deviates) == 0 with input as case(fixture_declaration.days_ago(366))
}

test_deviates_afterwards if {
	count(key_is_reviewed_on_time.deviates) == 1 with input as case(fixture_declaration.days_ago(367))
	count(key_is_reviewed_on_time.conforms) == 0 with input as case(fixture_declaration.days_ago(367))
	count(key_is_reviewed_on_time.deviates) == 1 with input as case(fixture_declaration.days_ahead(1))
	count(key_is_reviewed_on_time.conforms) == 0 with input as case(fixture_declaration.days_ahead(1))
}

test_conforms_on_a_day_that_began_further_east if {
	today := case(fixture_declaration.seconds_ahead(50400))
	count(key_is_reviewed_on_time.conforms) == 1 with input as today
	count(key_is_reviewed_on_time.deviates) == 0 with input as today
}

test_not_applicable_without_a_day if {
	count(key_is_reviewed_on_time.not_applicable) == 1 with input as case(null)
	count(key_is_reviewed_on_time.deviates) == 0 with input as case(null)
}
