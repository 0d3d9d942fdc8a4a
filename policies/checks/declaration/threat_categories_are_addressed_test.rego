package checks.declaration.threat_categories_are_addressed_test

import data.checks.declaration.threat_categories_are_addressed
import data.lib.fixture
import data.lib.fixture_declaration

known := ["insider", "key-compromise", "physical"]

case(parts, categories) := fixture.case(
	fixture_declaration.but(fixture_declaration.system, parts),
	{"categories": categories},
)

test_conforms_when_each_is_addressed_or_declined if {
	count(threat_categories_are_addressed.conforms) == 1 with input as case({}, known)
	count(threat_categories_are_addressed.deviates) == 0 with input as case({}, known)
}

test_deviates_for_each_that_is_not if {
	more := case({}, array.concat(known, ["supply-chain", "workforce-infiltration"]))
	count(threat_categories_are_addressed.conforms) == 0 with input as more
	count(threat_categories_are_addressed.deviates) == 2 with input as more
	count(threat_categories_are_addressed.deviates) == 1 with input as case({"declined": []}, known)
	count(threat_categories_are_addressed.deviates) == 2 with input as case({"categories": []}, known)
}
