package checks.declaration.system_is_declared_whole_test

import data.checks.declaration.system_is_declared_whole
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.system, parts), {})

test_conforms_when_whole if {
	count(system_is_declared_whole.conforms) == 1 with input as case({})
	count(system_is_declared_whole.deviates) == 0 with input as case({})
}

test_deviates_for_each_part if {
	count(system_is_declared_whole.deviates) == 1 with input as case({"keys": 0})
	count(system_is_declared_whole.deviates) == 4 with input as case({"keys": 0, "threats": 0, "threat_model": false, "compromise_plan": false})
	count(system_is_declared_whole.conforms) == 0 with input as case({"threat_model": false})
}

test_not_applicable_without_a_standard if {
	count(system_is_declared_whole.not_applicable) == 1 with input as case({"standard": null})
	count(system_is_declared_whole.deviates) == 0 with input as case({"standard": null, "keys": 0})
}
