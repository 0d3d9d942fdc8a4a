package checks.declaration.document_is_approved_test

import data.checks.declaration.document_is_approved
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.document, parts), {})

deviating(parts) if {
	count(document_is_approved.deviates) == 1 with input as case(parts)
	count(document_is_approved.conforms) == 0 with input as case(parts)
}

test_conforms_when_approved if {
	count(document_is_approved.conforms) == 1 with input as case({})
	count(document_is_approved.conforms) == 1 with input as case({"path": null, "sealed_sha256": null, "review_due": null})
	count(document_is_approved.conforms) == 1 with input as case({"sha256": null})
	count(document_is_approved.deviates) == 0 with input as case({})
}

test_deviates_when_something_is_not_declared if {
	deviating({"owner": null})
	deviating({"version": null})
	deviating({"approved_by": null})
	deviating({"approved": null})
	deviating({"approved": fixture_declaration.days_ahead(1)})
}

test_deviates_when_overdue if deviating({"review_due": fixture_declaration.days_ago(1)})

test_deviates_when_it_is_another_file if deviating({"sealed_sha256": "bb"})

test_not_applicable_to_others_texts if {
	count(document_is_approved.not_applicable) == 1 with input as case({"external": true, "owner": null})
	count(document_is_approved.deviates) == 0 with input as case({"external": true, "owner": null})
}

test_a_review_of_tomorrow_is_none if {
	deviating({"reviewed": fixture_declaration.days_ahead(1), "review_due": fixture_declaration.days_ahead(366)})
	count(document_is_approved.conforms) == 1 with input as case({"reviewed": fixture_declaration.days_ago(0)})
	count(document_is_approved.deviates) == 0 with input as case({"reviewed": fixture_declaration.days_ago(0)})
}

test_a_backdated_approved_is_seen if {
	# Declared 40 days after the day.
	count(document_is_approved.deviates) == 1 with input as declared_approved(0, 20)
	count(document_is_approved.conforms) == 0 with input as declared_approved(0, 20)

	# In time.
	count(document_is_approved.conforms) == 1 with input as declared_approved(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(document_is_approved.deviates) == 0 with input as declared_approved(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_approved(since, ago) := fixture.case(thing, {}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.document, {
		"approved": day,
		"seen": {"ledger_since": since, "dates": {"approved": declared.epoch}, "changed": null},
	})
}

test_a_backdated_reviewed_is_seen if {
	# Declared 40 days after the day.
	count(document_is_approved.deviates) == 1 with input as declared_reviewed(0, 20)
	count(document_is_approved.conforms) == 0 with input as declared_reviewed(0, 20)

	# In time.
	count(document_is_approved.conforms) == 1 with input as declared_reviewed(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(document_is_approved.deviates) == 0 with input as declared_reviewed(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_reviewed(since, ago) := fixture.case(thing, {}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.document, {
		"reviewed": day,
		"seen": {"ledger_since": since, "dates": {"reviewed": declared.epoch}, "changed": null},
	})
}
