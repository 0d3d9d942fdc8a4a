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
	accepted := case({"controls": [], "accepted": ["T-1"]})
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
