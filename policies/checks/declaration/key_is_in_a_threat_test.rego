package checks.declaration.key_is_in_a_threat_test

import data.checks.declaration.key_is_in_a_threat
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.key, parts), {})

test_conforms_in_a_threat if {
	count(key_is_in_a_threat.conforms) == 1 with input as case({})
	count(key_is_in_a_threat.conforms) == 1 with input as case({"named_by": [], "covered_by": ["T-2"]})
	count(key_is_in_a_threat.deviates) == 0 with input as case({"named_by": [], "covered_by": ["T-2"]})
}

test_deviates_in_none if {
	count(key_is_in_a_threat.conforms) == 0 with input as case({"named_by": []})
	count(key_is_in_a_threat.deviates) == 1 with input as case({"named_by": []})
}
