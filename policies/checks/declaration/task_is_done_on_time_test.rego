package checks.declaration.task_is_done_on_time_test

import data.checks.declaration.task_is_done_on_time
import data.lib.fixture
import data.lib.fixture_declaration

parameters := {"look_back_days": 366}

case(due) := fixture.case(fixture_declaration.but(fixture_declaration.task, {"due": due}), parameters)

last(day, due) := fixture.case(fixture_declaration.but(fixture_declaration.task, {"last_done": day, "due": due}), parameters)

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

test_today_is_no_tomorrow_east_of_greenwich if {
	due := fixture_declaration.days_ahead(90)
	count(task_is_done_on_time.conforms) == 1 with input as last(fixture_declaration.seconds_ahead(50400), due)
	count(task_is_done_on_time.deviates) == 0 with input as last(fixture_declaration.seconds_ahead(50400), due)
	count(task_is_done_on_time.conforms) == 0 with input as last(fixture_declaration.seconds_ahead(50401), due)
	count(task_is_done_on_time.deviates) == 1 with input as last(fixture_declaration.seconds_ahead(50401), due)
}

late(due, done) := fixture.case(task, parameters) if {
	task := fixture_declaration.but(fixture_declaration.task, {"late": [{"due": due, "done": done}]})
}

test_a_time_that_came_late_is_seen_for_a_year if {
	due := fixture_declaration.days_ago(100)
	done := fixture_declaration.days_ago(90)
	count(task_is_done_on_time.deviates) == 1 with input as late(due, done)
	count(task_is_done_on_time.conforms) == 0 with input as late(due, done)
}

test_a_time_that_came_late_is_forgotten if {
	due := fixture_declaration.days_ago(400)
	done := fixture_declaration.days_ago(390)
	count(task_is_done_on_time.conforms) == 1 with input as late(due, done)
	count(task_is_done_on_time.deviates) == 0 with input as late(due, done)
}

test_a_backdated_last_done_is_seen if {
	# Declared 40 days after the day.
	count(task_is_done_on_time.deviates) == 1 with input as declared_last_done(0, 20)
	count(task_is_done_on_time.conforms) == 0 with input as declared_last_done(0, 20)

	# In time.
	count(task_is_done_on_time.conforms) == 1 with input as declared_last_done(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(task_is_done_on_time.deviates) == 0 with input as declared_last_done(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_last_done(since, ago) := fixture.case(thing, parameters) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.task, {
		"last_done": day,
		"seen": {"ledger_since": since, "dates": {"last_done": declared.epoch}, "changed": null},
	})
}
