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

test_a_backdated_approved_is_seen if {
	# Declared 40 days after the day.
	count(acceptance_is_in_force.deviates) == 1 with input as declared_approved(0, 20)
	count(acceptance_is_in_force.conforms) == 0 with input as declared_approved(0, 20)

	# In time.
	count(acceptance_is_in_force.conforms) == 1 with input as declared_approved(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(acceptance_is_in_force.deviates) == 0 with input as declared_approved(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_approved(since, ago) := fixture.case(thing, {}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.acceptance, {
		"approved": day,
		"seen": {"ledger_since": since, "dates": {"approved": declared.epoch}, "changed": null},
	})
}
