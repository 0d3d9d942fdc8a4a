# METADATA
# title: Every threat has a row in the risk register
# description: >-
#   Reads which rows of the risk register name the threat. Applies where there is a register: `risk_register` is declared, or any row of one. Cannot
#   see whether the row is right: the rules about risks look at that.
# scope: package
# schemas:
#   - input.resource: schema["declaration-threat"]
# custom:
#   subject: declaration/threat
#   declares: [risk_register, risks]
#   needs:
#     conforms: [risks]
#     deviates: [risks]
#     not_applicable: [risks]
#   severity: high
#   remediation: Write a row for the threat under `risks`, also where nobody has accepted yet what remains.
package checks.declaration.threat_is_in_the_risk_register

wanted if count(input.declaration.risks) > 0

wanted if is_object(input.declaration.risk_register)

rows := input.resource.risks

not_applicable contains {
	"path": "/risks",
	"actual": rows,
	"because": "no risk register is declared",
} if {
	is_array(rows)
	not wanted
}

conforms contains {"path": "/risks", "actual": rows} if {
	wanted
	count(rows) > 0
}

deviates contains {
	"path": "/risks",
	"actual": rows,
	"expected": "at least one row",
	"because": "no row of the risk register is about this threat",
} if {
	wanted
	is_array(rows)
	count(rows) == 0
}
