package checks.declaration.threat_is_answered_test

import data.checks.declaration.threat_is_answered
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.threat, parts), {})

test_conforms_with_a_control if {
	count(threat_is_answered.conforms) == 1 with input as case({})
	count(threat_is_answered.deviates) == 0 with input as case({})
}

test_conforms_when_accepted if {
	accepted := case({"controls": [], "accepted": [fixture_declaration.acceptance_of(true, fixture_declaration.days_ago(30))]})
	count(threat_is_answered.conforms) == 1 with input as accepted
	count(threat_is_answered.deviates) == 0 with input as accepted
}

test_a_planned_control_answers_nothing if {
	planned := case({"controls": [fixture_declaration.control_of("planned")]})
	count(threat_is_answered.conforms) == 0 with input as planned
	count(threat_is_answered.deviates) == 1 with input as planned
}

test_deviates_without if {
	count(threat_is_answered.conforms) == 0 with input as case({"controls": []})
	count(threat_is_answered.deviates) == 1 with input as case({"controls": []})
}

test_who_accepts_is_of_executive_management if {
	case_of := case({"controls": [], "accepted": [fixture_declaration.acceptance_of(false, fixture_declaration.days_ago(30))]})
	count(threat_is_answered.conforms) == 0 with input as case_of
	some evidence in threat_is_answered.deviates with input as case_of
	evidence.path == "/accepted/0"
	contains(evidence.because, "executive")
}

test_an_acceptance_of_tomorrow_is_none if {
	tomorrow := case({"controls": [], "accepted": [fixture_declaration.acceptance_of(true, fixture_declaration.days_ahead(1))]})
	count(threat_is_answered.conforms) == 0 with input as tomorrow
	some evidence in threat_is_answered.deviates with input as tomorrow
	evidence.path == "/accepted/0"
	contains(evidence.because, "future")
}

test_one_row_that_counts_is_enough if {
	rows := [
		fixture_declaration.acceptance_of(false, fixture_declaration.days_ago(30)),
		fixture_declaration.acceptance_of(true, fixture_declaration.days_ago(0)),
	]
	both := case({"controls": [], "accepted": rows})
	count(threat_is_answered.conforms) == 1 with input as both
	count(threat_is_answered.deviates) == 0 with input as both
}
