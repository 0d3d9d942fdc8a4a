package checks.declaration.threat_names_what_it_affects_test

import data.checks.declaration.threat_names_what_it_affects
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.threat, parts), {})

test_conforms_with_a_key if {
	count(threat_names_what_it_affects.conforms) == 1 with input as case({})
	count(threat_names_what_it_affects.deviates) == 0 with input as case({})
}

test_deviates_when_generic if {
	generic := case({"affects": fixture_declaration.affects})
	count(threat_names_what_it_affects.conforms) == 0 with input as generic
	count(threat_names_what_it_affects.deviates) == 1 with input as generic
}
