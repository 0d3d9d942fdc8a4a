package checks.declaration.residual_risk_is_accepted_test

import data.checks.declaration.residual_risk_is_accepted
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.risk, parts), {})

deviating(parts, path) if {
	count(residual_risk_is_accepted.conforms) == 0 with input as case(parts)
	{evidence.path | some evidence in residual_risk_is_accepted.deviates} == {path} with input as case(parts)
}

test_conforms_when_accepted if {
	count(residual_risk_is_accepted.conforms) == 1 with input as case({})
	count(residual_risk_is_accepted.deviates) == 0 with input as case({})
}

test_deviates_without_a_tolerance if {
	deviating({"residual": null}, "/residual")
	deviating({"tolerance": null}, "/tolerance")
	deviating({"tolerance": {"id": "RT-9", "levels": null}}, "/tolerance")
	deviating({"residual": "high"}, "/residual")
}

test_deviates_without_an_executive if {
	deviating({"accepted_by": null}, "/accepted_by")
	deviating({"accepted_by": {"name": "Ada", "role": null, "executive": false}}, "/accepted_by")
}

test_deviates_without_a_day if {
	deviating({"accepted": null}, "/accepted")
	deviating({"accepted": fixture_declaration.days_ahead(1)}, "/accepted")
}
