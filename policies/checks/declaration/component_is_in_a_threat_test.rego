package checks.declaration.component_is_in_a_threat_test

import data.checks.declaration.component_is_in_a_threat
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.component, parts), {})

test_conforms_in_a_threat if {
	count(component_is_in_a_threat.conforms) == 1 with input as case({})
	count(component_is_in_a_threat.deviates) == 0 with input as case({})
}

test_deviates_in_none if {
	count(component_is_in_a_threat.conforms) == 0 with input as case({"threats": []})
	count(component_is_in_a_threat.deviates) == 1 with input as case({"threats": []})
}
