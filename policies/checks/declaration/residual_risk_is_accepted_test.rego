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

test_a_backdated_accepted_is_seen if {
	# Declared 40 days after the day.
	count(residual_risk_is_accepted.deviates) == 1 with input as declared_accepted(0, 20)
	count(residual_risk_is_accepted.conforms) == 0 with input as declared_accepted(0, 20)

	# In time.
	count(residual_risk_is_accepted.conforms) == 1 with input as declared_accepted(0, 29)

	# Before the ledger was there nothing is concluded from it.
	count(residual_risk_is_accepted.deviates) == 0 with input as declared_accepted(fixture_declaration.days_ago(20).epoch, 20)
}

# The day is 60 days ago, and was declared so many days ago.
declared_accepted(since, ago) := fixture.case(thing, {}) if {
	day := fixture_declaration.days_ago(60)
	declared := fixture_declaration.days_ago(ago)
	thing := fixture_declaration.but(fixture_declaration.risk, {
		"accepted": day,
		"seen": {"ledger_since": since, "dates": {"accepted": declared.epoch}, "changed": null},
	})
}

test_a_threat_that_changed_afterwards_is_seen if {
	risk := fixture_declaration.risk
	after := object.union(risk.seen, {"changed": fixture.now - (10 * fixture.day)})
	later := fixture_declaration.but(risk, {"seen": after})
	count(residual_risk_is_accepted.deviates) == 1 with input as fixture.case(later, {})
	count(residual_risk_is_accepted.conforms) == 0 with input as fixture.case(later, {})
	before := object.union(risk.seen, {"changed": fixture.now - (40 * fixture.day)})
	earlier := fixture_declaration.but(risk, {"seen": before})
	count(residual_risk_is_accepted.conforms) == 1 with input as fixture.case(earlier, {})
	count(residual_risk_is_accepted.deviates) == 0 with input as fixture.case(earlier, {})
}
