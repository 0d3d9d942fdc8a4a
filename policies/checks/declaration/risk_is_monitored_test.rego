package checks.declaration.risk_is_monitored_test

import data.checks.declaration.risk_is_monitored
import data.lib.fixture
import data.lib.fixture_declaration

case(monitored) := fixture.case(
	fixture_declaration.but(fixture_declaration.risk, {"monitored": monitored}),
	{"max_days": 366},
)

test_conforms_when_recent if {
	count(risk_is_monitored.conforms) == 1 with input as case(fixture_declaration.days_ago(366))
	count(risk_is_monitored.deviates) == 0 with input as case(fixture_declaration.days_ago(366))
}

test_deviates_otherwise if {
	count(risk_is_monitored.deviates) == 1 with input as case(fixture_declaration.days_ago(367))
	count(risk_is_monitored.conforms) == 0 with input as case(fixture_declaration.days_ago(367))
	count(risk_is_monitored.deviates) == 1 with input as case(fixture_declaration.days_ahead(1))
	count(risk_is_monitored.deviates) == 1 with input as case(null)
	count(risk_is_monitored.conforms) == 0 with input as case(null)
}

test_a_backdated_monitored_is_seen if {
	# Declared 40 days after the day.
	count(risk_is_monitored.deviates) == 1 with input as declared_monitored(0, 20)
	count(risk_is_monitored.conforms) == 0 with input as declared_monitored(0, 20)

	# In time.
	count(risk_is_monitored.conforms) == 1 with input as declared_monitored(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(risk_is_monitored.deviates) == 0 with input as declared_monitored(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_monitored(since, ago) := fixture.case(thing, {"max_days": 366}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.risk, {
		"monitored": day,
		"seen": {"ledger_since": since, "dates": {"monitored": declared.epoch}, "changed": null},
	})
}
