package checks.declaration.control_is_inspected_test

import data.checks.declaration.control_is_inspected
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.control, parts), {})

test_conforms_with_either if {
	count(control_is_inspected.conforms) == 1 with input as case({})
	count(control_is_inspected.conforms) == 1 with input as case({"checks": [], "not_inspectable": "a ceremony"})
	count(control_is_inspected.deviates) == 0 with input as case({"checks": [], "not_inspectable": "a ceremony"})
}

test_deviates_with_neither if {
	count(control_is_inspected.conforms) == 0 with input as case({"checks": []})
	count(control_is_inspected.deviates) == 1 with input as case({"checks": []})
}

test_not_applicable_when_planned if {
	count(control_is_inspected.not_applicable) == 1 with input as case({"status": "planned", "checks": []})
	count(control_is_inspected.deviates) == 0 with input as case({"status": "planned", "checks": []})
}
