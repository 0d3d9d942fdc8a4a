package checks.declaration.task_is_done_on_time_test

import data.checks.declaration.task_is_done_on_time
import data.lib.fixture
import data.lib.fixture_declaration

case(due) := fixture.case(fixture_declaration.but(fixture_declaration.task, {"due": due}), {})

last(day, due) := fixture.case(fixture_declaration.but(fixture_declaration.task, {"last_done": day, "due": due}), {})

test_conforms_until_its_last_second if {
	count(task_is_done_on_time.conforms) == 1 with input as case(fixture_declaration.days_ahead(1))
	count(task_is_done_on_time.conforms) == 1 with input as case(fixture_declaration.days_ago(0))
	count(task_is_done_on_time.deviates) == 0 with input as case(fixture_declaration.days_ago(0))
}

test_deviates_afterwards if {
	count(task_is_done_on_time.conforms) == 0 with input as case(fixture_declaration.days_ago(1))
	count(task_is_done_on_time.deviates) == 1 with input as case(fixture_declaration.days_ago(1))
}

test_undetermined_without_a_day if {
	count(task_is_done_on_time.undetermined) == 1 with input as case(null)
	count(task_is_done_on_time.conforms) == 0 with input as case(null)
	count(task_is_done_on_time.deviates) == 0 with input as case(null)
}

test_a_day_of_tomorrow_is_none if {
	tomorrow := last(fixture_declaration.days_ahead(1), fixture_declaration.days_ahead(91))
	count(task_is_done_on_time.conforms) == 0 with input as tomorrow
	some evidence in task_is_done_on_time.deviates with input as tomorrow
	evidence.path == "/last_done"
	count(task_is_done_on_time.deviates) == 1 with input as last(fixture_declaration.days_ahead(12653), null)
	count(task_is_done_on_time.conforms) == 1 with input as last(fixture_declaration.days_ago(0), fixture_declaration.days_ahead(90))
}
