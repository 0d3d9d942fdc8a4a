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
