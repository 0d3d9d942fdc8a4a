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
