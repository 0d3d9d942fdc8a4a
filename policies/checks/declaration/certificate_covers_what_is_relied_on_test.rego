package checks.declaration.certificate_covers_what_is_relied_on_test

import data.checks.declaration.certificate_covers_what_is_relied_on
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := of_system(parts, {"id": "hot", "standard": "ccss-9.0", "level": 2})

of_system(parts, system) := fixture.declared(
	fixture_declaration.but(fixture_declaration.third_party, parts),
	{},
	{"system": system},
)

test_conforms_when_covered if {
	count(certificate_covers_what_is_relied_on.conforms) == 1 with input as case({})
	count(certificate_covers_what_is_relied_on.conforms) == 1 with input as case({"covers": []})
	count(certificate_covers_what_is_relied_on.deviates) == 0 with input as case({})
}

test_deviates_when_expired if {
	expired := case({"certificate": fixture_declaration.certificate(fixture_declaration.days_ago(1), 3)})
	count(certificate_covers_what_is_relied_on.conforms) == 0 with input as expired
	count(certificate_covers_what_is_relied_on.deviates) == 1 with input as expired
}

test_deviates_when_the_level_is_lower if {
	low := case({"certificate": fixture_declaration.certificate(fixture_declaration.days_ahead(1), 1)})
	count(certificate_covers_what_is_relied_on.conforms) == 0 with input as low
	count(certificate_covers_what_is_relied_on.deviates) == 1 with input as low
}

test_deviates_when_something_is_not_covered if {
	uncovered := case({"certificate": null, "uncovered": ["ccss-9.0:1.01.1.1"]})
	count(certificate_covers_what_is_relied_on.conforms) == 0 with input as uncovered
	count(certificate_covers_what_is_relied_on.deviates) == 1 with input as uncovered
	count(certificate_covers_what_is_relied_on.not_applicable) == 0 with input as uncovered
}

test_not_applicable_when_nothing_is_relied_on if {
	plain := case({"certificate": null, "covers": []})
	count(certificate_covers_what_is_relied_on.not_applicable) == 1 with input as plain
	count(certificate_covers_what_is_relied_on.conforms) == 0 with input as plain
}

test_levels_of_another_standard_are_not_compared if {
	soc := object.union(fixture_declaration.certificate(fixture_declaration.days_ahead(1), 1), {"standard": "soc-2"})
	other := case({"certificate": soc})
	count(certificate_covers_what_is_relied_on.conforms) == 1 with input as other
	count(certificate_covers_what_is_relied_on.deviates) == 0 with input as other
	count(certificate_covers_what_is_relied_on.undetermined) == 0 with input as other
}

test_undetermined_when_the_system_declares_no_level if {
	unclear({"id": "hot", "standard": "ccss-9.0"})
	unclear({"id": "hot"})
}

unclear(system) if {
	without := of_system({}, system)
	count(certificate_covers_what_is_relied_on.undetermined) == 1 with input as without
	count(certificate_covers_what_is_relied_on.conforms) == 0 with input as without
	count(certificate_covers_what_is_relied_on.deviates) == 0 with input as without
}
