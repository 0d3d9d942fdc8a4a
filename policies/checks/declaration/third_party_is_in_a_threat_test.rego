package checks.declaration.third_party_is_in_a_threat_test

import data.checks.declaration.third_party_is_in_a_threat
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.third_party, parts), {})

test_conforms_in_a_threat if {
	count(third_party_is_in_a_threat.conforms) == 1 with input as case({})
	count(third_party_is_in_a_threat.deviates) == 0 with input as case({})
}

test_deviates_in_none if {
	count(third_party_is_in_a_threat.conforms) == 0 with input as case({"threats": []})
	count(third_party_is_in_a_threat.deviates) == 1 with input as case({"threats": []})
}
