package checks.declaration.risk_register_names_its_framework_test

import data.checks.declaration.risk_register_names_its_framework
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.system, parts), {})

test_conforms_when_named if {
	count(risk_register_names_its_framework.conforms) == 1 with input as case({})
	count(risk_register_names_its_framework.deviates) == 0 with input as case({})
}

test_deviates_without if {
	count(risk_register_names_its_framework.deviates) == 1 with input as case({"framework": null})
	count(risk_register_names_its_framework.conforms) == 0 with input as case({"framework": null})
}

test_not_applicable_without_risks if {
	count(risk_register_names_its_framework.not_applicable) == 1 with input as case({"risks": 0, "framework": null})
	count(risk_register_names_its_framework.deviates) == 0 with input as case({"risks": 0, "framework": null})
}
