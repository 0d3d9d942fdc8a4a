package checks.declaration.acceptance_is_in_force_test

import data.checks.declaration.acceptance_is_in_force
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.acceptance, parts), {})

test_conforms_in_force if {
	count(acceptance_is_in_force.conforms) == 1 with input as case({})
	count(acceptance_is_in_force.conforms) == 1 with input as case({"used": null})
	count(acceptance_is_in_force.conforms) == 1 with input as case({"expires": fixture_declaration.days_ago(0)})
	count(acceptance_is_in_force.deviates) == 0 with input as case({"used": null})
}

test_deviates_when_expired if {
	count(acceptance_is_in_force.conforms) == 0 with input as case({"expires": fixture_declaration.days_ago(1)})
	count(acceptance_is_in_force.deviates) == 1 with input as case({"expires": fixture_declaration.days_ago(1)})
}

test_deviates_when_not_approved_yet if {
	count(acceptance_is_in_force.conforms) == 0 with input as case({"approved": fixture_declaration.days_ahead(1)})
	count(acceptance_is_in_force.deviates) == 1 with input as case({"approved": fixture_declaration.days_ahead(1)})
}

test_deviates_when_unused if {
	count(acceptance_is_in_force.conforms) == 0 with input as case({"used": false})
	count(acceptance_is_in_force.deviates) == 1 with input as case({"used": false})
}
