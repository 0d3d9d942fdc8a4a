package checks.declaration.threat_is_in_the_risk_register_test

import data.checks.declaration.threat_is_in_the_risk_register
import data.lib.fixture
import data.lib.fixture_declaration

with_rows := {"risks": [{"threat": "T-2"}]}

with_register := {"risk_register": {"framework": "ISO/IEC 27005"}}

case(rows, declared) := fixture.declared(fixture_declaration.but(fixture_declaration.threat, {"risks": rows}), {}, declared)

test_conforms_with_a_row if {
	some declared in [with_rows, with_register]
	count(threat_is_in_the_risk_register.conforms) == 1 with input as case(["T-1"], declared)
	count(threat_is_in_the_risk_register.deviates) == 0 with input as case(["T-1"], declared)
}

test_deviates_without_where_another_threat_has_one if {
	count(threat_is_in_the_risk_register.conforms) == 0 with input as case([], with_rows)
	count(threat_is_in_the_risk_register.deviates) == 1 with input as case([], with_rows)
}

test_deviates_without_where_a_register_is_declared if {
	count(threat_is_in_the_risk_register.conforms) == 0 with input as case([], with_register)
	count(threat_is_in_the_risk_register.deviates) == 1 with input as case([], with_register)
}

test_not_applicable_where_neither_is if {
	neither := {}
	count(threat_is_in_the_risk_register.not_applicable) == 1 with input as case([], neither)
	count(threat_is_in_the_risk_register.deviates) == 0 with input as case([], neither)
	count(threat_is_in_the_risk_register.not_applicable) == 0 with input as case([], with_rows)
}
