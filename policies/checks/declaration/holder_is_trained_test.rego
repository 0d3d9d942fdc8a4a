package checks.declaration.holder_is_trained_test

import data.checks.declaration.holder_is_trained
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.holder, parts), {"max_days": 366})

test_conforms_when_trained if {
	count(holder_is_trained.conforms) == 1 with input as case({})
	count(holder_is_trained.conforms) == 1 with input as case({"training_due": null})
	count(holder_is_trained.deviates) == 0 with input as case({})
}

test_deviates_when_not_acknowledged if {
	count(holder_is_trained.deviates) == 1 with input as case({"acknowledged": null})
	count(holder_is_trained.deviates) == 1 with input as case({"acknowledged": fixture_declaration.days_ahead(1)})
	count(holder_is_trained.conforms) == 0 with input as case({"acknowledged": null})
}

test_deviates_when_not_trained if {
	count(holder_is_trained.deviates) == 1 with input as case({"trained": null, "training_due": null})
	count(holder_is_trained.deviates) == 1 with input as case({"trained": fixture_declaration.days_ago(367), "training_due": null})
	count(holder_is_trained.deviates) == 1 with input as case({"training_due": fixture_declaration.days_ago(1)})
	count(holder_is_trained.conforms) == 0 with input as case({"training_due": fixture_declaration.days_ago(1)})
}

test_not_applicable_to_those_who_left if {
	gone := case({"left": fixture_declaration.days_ago(2), "trained": null, "training_due": null})
	count(holder_is_trained.not_applicable) == 1 with input as gone
}

test_applies_until_the_last_day if {
	leaving := case({"left": fixture_declaration.days_ahead(2), "trained": null, "training_due": null})
	count(holder_is_trained.deviates) == 1 with input as leaving
	count(holder_is_trained.not_applicable) == 0 with input as leaving
}

test_a_backdated_trained_is_seen if {
	# Declared 40 days after the day.
	count(holder_is_trained.deviates) == 1 with input as declared_trained(0, 20)
	count(holder_is_trained.conforms) == 0 with input as declared_trained(0, 20)

	# In time.
	count(holder_is_trained.conforms) == 1 with input as declared_trained(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(holder_is_trained.deviates) == 0 with input as declared_trained(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_trained(since, ago) := fixture.case(thing, {"max_days": 366}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.holder, {
		"trained": day,
		"seen": {"ledger_since": since, "dates": {"trained": declared.epoch}, "changed": null},
	})
}

test_a_backdated_acknowledged_is_seen if {
	# Declared 40 days after the day.
	count(holder_is_trained.deviates) == 1 with input as declared_acknowledged(0, 20)
	count(holder_is_trained.conforms) == 0 with input as declared_acknowledged(0, 20)

	# In time.
	count(holder_is_trained.conforms) == 1 with input as declared_acknowledged(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(holder_is_trained.deviates) == 0 with input as declared_acknowledged(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_acknowledged(since, ago) := fixture.case(thing, {"max_days": 366}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.holder, {
		"acknowledged": day,
		"seen": {"ledger_since": since, "dates": {"acknowledged": declared.epoch}, "changed": null},
	})
}
