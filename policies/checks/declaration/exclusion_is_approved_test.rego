package checks.declaration.exclusion_is_approved_test

import data.checks.declaration.exclusion_is_approved
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.exclusion, parts), {})

test_conforms_when_approved if {
	count(exclusion_is_approved.conforms) == 1 with input as case({})
	count(exclusion_is_approved.deviates) == 0 with input as case({})
}

test_deviates_otherwise if {
	count(exclusion_is_approved.deviates) == 2 with input as case({"approved_by": null, "approved": null})
	count(exclusion_is_approved.deviates) == 1 with input as case({"approved": fixture_declaration.days_ahead(1)})
	count(exclusion_is_approved.conforms) == 0 with input as case({"approved": null})
}
