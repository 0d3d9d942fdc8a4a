package checks.declaration.third_party_is_reviewed_test

import data.checks.declaration.third_party_is_reviewed
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.third_party, parts), {"max_days": 366})

test_conforms_when_reviewed if {
	count(third_party_is_reviewed.conforms) == 1 with input as case({})
	count(third_party_is_reviewed.conforms) == 1 with input as case({"review_due": null})
	count(third_party_is_reviewed.deviates) == 0 with input as case({})
}

test_deviates_otherwise if {
	count(third_party_is_reviewed.deviates) == 1 with input as case({"reviewed": null, "review_due": null})
	count(third_party_is_reviewed.deviates) == 1 with input as case({"reviewed": fixture_declaration.days_ago(367), "review_due": null})
	count(third_party_is_reviewed.deviates) == 1 with input as case({"reviewed": fixture_declaration.days_ahead(1)})
	count(third_party_is_reviewed.conforms) == 0 with input as case({"reviewed": fixture_declaration.days_ahead(1)})
}

test_a_shorter_interval_counts if {
	overdue := case({"review_due": fixture_declaration.days_ago(1)})
	count(third_party_is_reviewed.conforms) == 0 with input as overdue
	count(third_party_is_reviewed.deviates) == 1 with input as overdue
}

test_a_backdated_reviewed_is_seen if {
	# Declared 40 days after the day.
	count(third_party_is_reviewed.deviates) == 1 with input as declared_reviewed(0, 20)
	count(third_party_is_reviewed.conforms) == 0 with input as declared_reviewed(0, 20)

	# In time.
	count(third_party_is_reviewed.conforms) == 1 with input as declared_reviewed(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(third_party_is_reviewed.deviates) == 0 with input as declared_reviewed(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_reviewed(since, ago) := fixture.case(thing, {"max_days": 366}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.third_party, {
		"reviewed": day,
		"seen": {"ledger_since": since, "dates": {"reviewed": declared.epoch}, "changed": null},
	})
}
