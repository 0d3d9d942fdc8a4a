package checks.declaration.key_class_is_in_the_compromise_plan_test

import data.checks.declaration.key_class_is_in_the_compromise_plan
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.key, parts), {})

test_conforms_in_the_plan if {
	count(key_class_is_in_the_compromise_plan.conforms) == 1 with input as case({})
	count(key_class_is_in_the_compromise_plan.deviates) == 0 with input as case({})
}

test_deviates_without if {
	count(key_class_is_in_the_compromise_plan.conforms) == 0 with input as case({"in_compromise_plan": false})
	count(key_class_is_in_the_compromise_plan.deviates) == 1 with input as case({"in_compromise_plan": false})
}
