package checks.declaration.part_is_reviewed_on_time_test

import data.checks.declaration.part_is_reviewed_on_time
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.reviewed_part, parts), {"max_days": 366, "days_after_change": 31})

test_conforms_when_reviewed if {
	count(part_is_reviewed_on_time.conforms) == 1 with input as case({})
	count(part_is_reviewed_on_time.deviates) == 0 with input as case({})
	count(part_is_reviewed_on_time.conforms) == 1 with input as case({"due": null, "review_every": null})
}

test_deviates_without_a_review if {
	never := case({"reviews": [], "last": null, "due": null})
	count(part_is_reviewed_on_time.conforms) == 0 with input as never
	count(part_is_reviewed_on_time.deviates) == 1 with input as never
}

test_deviates_when_it_is_old if {
	old := case({"last": fixture_declaration.review(fixture_declaration.days_ago(367)), "due": null})
	count(part_is_reviewed_on_time.conforms) == 0 with input as old
	count(part_is_reviewed_on_time.deviates) == 1 with input as old
}

test_deviates_when_overdue if {
	overdue := case({"due": fixture_declaration.days_ago(1)})
	count(part_is_reviewed_on_time.conforms) == 0 with input as overdue
	some evidence in part_is_reviewed_on_time.deviates with input as overdue
	evidence.path == "/due"
}

test_a_review_of_tomorrow_is_none if {
	tomorrow := case({"last": fixture_declaration.review(fixture_declaration.days_ahead(1))})
	count(part_is_reviewed_on_time.conforms) == 0 with input as tomorrow
	count(part_is_reviewed_on_time.deviates) == 1 with input as tomorrow
}

test_deviates_when_it_says_nothing if {
	silent := case({"last": object.union(fixture_declaration.reviewed_part.last, {"changed": null})})
	count(part_is_reviewed_on_time.conforms) == 0 with input as silent
	count(part_is_reviewed_on_time.deviates) == 1 with input as silent
}

reviewed(declared, since) := case({
	"last": fixture_declaration.review(fixture_declaration.days_ago(60)),
	"seen": {
		"ledger_since": fixture.now - (since * fixture.day),
		"dates": {"last": fixture.now - (declared * fixture.day)},
		"changed": null,
	},
})

test_deviates_when_it_was_declared_long_afterwards if {
	count(part_is_reviewed_on_time.deviates) == 1 with input as reviewed(20, 100)
	count(part_is_reviewed_on_time.conforms) == 0 with input as reviewed(20, 100)
	count(part_is_reviewed_on_time.conforms) == 1 with input as reviewed(40, 100)
	count(part_is_reviewed_on_time.deviates) == 0 with input as reviewed(20, 50)
}

environment(changed) := case({
	"last": fixture_declaration.review(fixture_declaration.days_ago(90)),
	"seen": {
		"ledger_since": fixture.now - (35 * fixture.day),
		"dates": {"last": fixture.now - (35 * fixture.day)},
		"changed": fixture.now - (changed * fixture.day),
	},
})

test_deviates_when_the_environment_changed_afterwards if {
	count(part_is_reviewed_on_time.deviates) == 1 with input as environment(40)
	count(part_is_reviewed_on_time.conforms) == 0 with input as environment(40)

	# There is time to review it, and what changed before the review was looked at.
	count(part_is_reviewed_on_time.conforms) == 1 with input as environment(20)
	count(part_is_reviewed_on_time.conforms) == 1 with input as environment(100)
}
