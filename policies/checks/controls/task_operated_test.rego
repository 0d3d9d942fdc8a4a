package checks.controls.task_operated_test

import data.checks.controls.task_operated as operated
import data.lib.fixture
import data.lib.fixture_declaration

parameters := {"look_back_days": 366}

case(days) := fixture.case(fixture_declaration.but(fixture_declaration.task, {"operated": of(days)}), parameters)

# Without `fixture_declaration.days_ago`: in regorus 0.14.1 a call so deep within other calls has no value.
of(days) := {"from": {"date": "as declared", "epoch": fixture.now - (900 * fixture.day)}, "days": days, "seen": {}}

# Due so many days ago, done a week before that, and declared the day after.
due(days) := fixture_declaration.due_day(days)

test_conforms_where_each_due_day_was_met if {
	count(operated.conforms) == 1 with input as case([due(200), due(100)])
	count(operated.deviates) == 0 with input as case([due(200), due(100)])
	count(operated.not_applicable) == 0 with input as case([due(200), due(100)])
}

test_deviates_for_a_day_that_nothing_met if {
	found := operated.deviates with input as case([missing(200), due(100)])
	{evidence.path | some evidence in found} == {"/operated/days/0"}
	count(operated.conforms) == 0 with input as case([missing(200), due(100)])
}

test_a_grace_has_to_be_over if {
	open := object.union(due(10), {"done": null, "record": null, "seen": null, "until": fixture_declaration.days_ago(0)})
	count(operated.deviates) == 0 with input as case([open, due(100)])
	count(operated.conforms) == 1 with input as case([open, due(100)])
	over := object.union(open, {"until": fixture_declaration.days_ago(1)})
	count(operated.deviates) == 1 with input as case([over, due(100)])
	count(operated.conforms) == 0 with input as case([over, due(100)])
}

test_deviates_without_a_record if {
	found := operated.deviates with input as case([object.union(due(100), {"record": null})])
	{evidence.path | some evidence in found} == {"/operated/days/0/record"}
	count(operated.conforms) == 0 with input as case([object.union(due(100), {"record": null})])
}

# Declared so many days after the day.
declared(later) := object.union(day, {"seen": day.done.epoch + (later * fixture.day)}) if {
	day := due(100)
}

# The ledger saw no change, and is as old as that.
ledger_of(since) := {"ledger_since": since, "dates": {}, "changed": null, "first": since, "threats": null}

shown(done, seen) := fixture.case(
	fixture_declaration.but(fixture_declaration.task, {"operated": done, "seen": seen}),
	parameters,
)

test_a_day_that_was_declared_long_afterwards_shows_nothing if {
	done := of([declared(32)])
	late := shown(done, ledger_of(0))
	found := operated.deviates with input as late
	{evidence.path | some evidence in found} == {"/operated/days/0/seen"}
	count(operated.conforms) == 0 with input as late
}

test_a_day_that_was_declared_a_month_afterwards_counts if {
	done := of([declared(31)])
	in_time := shown(done, ledger_of(0))
	count(operated.deviates) == 0 with input as in_time
	count(operated.conforms) == 1 with input as in_time
}

test_of_what_is_older_than_the_ledger_nothing_is_concluded if {
	done := of([declared(60)])
	older := shown(done, ledger_of(fixture.now - (50 * fixture.day)))
	count(operated.deviates) == 0 with input as older
	count(operated.conforms) == 1 with input as older
}

missing(days) := object.union(due(days), {"done": null, "record": null, "seen": null})

test_looks_back_so_far if {
	count(operated.not_applicable) == 1 with input as case([missing(366)])
	count(operated.deviates) == 0 with input as case([missing(366)])
	count(operated.conforms) == 0 with input as case([missing(366)])
	count(operated.deviates) == 1 with input as case([missing(365)])
	count(operated.not_applicable) == 0 with input as case([missing(365)])
}

test_does_not_apply_where_nothing_was_due if {
	count(operated.not_applicable) == 1 with input as case([])
	count(operated.conforms) == 0 with input as case([])
}

test_undetermined_where_it_is_not_said_how_often if {
	never := fixture.case(fixture_declaration.but(fixture_declaration.task, {"every": null, "operated": null}), parameters)
	count(operated.undetermined) == 1 with input as never
	count(operated.conforms) == 0 with input as never
	count(operated.deviates) == 0 with input as never
	count(operated.not_applicable) == 0 with input as never
}
