package checks.declaration.control_answers_a_threat_test

import data.checks.declaration.control_answers_a_threat
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.control, parts), {})

test_conforms_with_a_threat if {
	count(control_answers_a_threat.conforms) == 1 with input as case({})
	count(control_answers_a_threat.deviates) == 0 with input as case({})
}

test_deviates_without if {
	count(control_answers_a_threat.conforms) == 0 with input as case({"threats": []})
	count(control_answers_a_threat.deviates) == 1 with input as case({"threats": []})
}
