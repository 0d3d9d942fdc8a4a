# METADATA
# title: The risk register names the framework that it follows
# description: >-
#   Reads how many risks are declared, and what `risk_register.framework` says. Does not apply where no risk is declared. Cannot see whether the
#   framework is followed.
# scope: package
# schemas:
#   - input.resource: schema["declaration-system"]
# custom:
#   subject: declaration/system
#   needs:
#     conforms: [risks, framework]
#     deviates: [risks, framework]
#     not_applicable: [risks]
#   severity: low
#   remediation: Name the framework under `risk_register.framework`.
package checks.declaration.risk_register_names_its_framework

conforms contains {"path": "/framework", "actual": input.resource.framework} if {
	input.resource.risks > 0
	is_string(input.resource.framework)
}

deviates contains {"path": "/framework", "actual": null, "because": "nothing says which framework the register follows"} if {
	input.resource.risks > 0
	is_null(input.resource.framework)
}

not_applicable contains {"path": "/risks", "actual": 0, "because": "no risk is declared"} if input.resource.risks == 0
