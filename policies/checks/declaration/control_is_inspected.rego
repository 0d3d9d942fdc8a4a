# METADATA
# title: A control that is implemented is inspected, or says why it cannot be
# description: >-
#   Reads the checks that the control uses, and its reason why no configuration shows it. Does not apply to a control that is planned. Cannot
#   see whether the checks show all that the control says.
# scope: package
# schemas:
#   - input.resource: schema["declaration-control"]
# custom:
#   subject: declaration/control
#   needs:
#     conforms: [[status, checks], [status, not_inspectable]]
#     deviates: [status, checks, not_inspectable]
#     not_applicable: [status]
#   severity: medium
#   remediation: Use a check that shows it, or write under `not_inspectable` why documents and records alone do.
package checks.declaration.control_is_inspected

not_applicable contains {"path": "/status", "actual": "planned", "because": "the control is planned"} if {
	input.resource.status == "planned"
}

conforms contains {"path": "/checks", "actual": input.resource.checks} if {
	input.resource.status == "implemented"
	count(input.resource.checks) > 0
}

conforms contains {"path": "/not_inspectable", "actual": input.resource.not_inspectable} if {
	input.resource.status == "implemented"
	is_string(input.resource.not_inspectable)
}

deviates contains {
	"path": "/checks",
	"actual": input.resource.checks,
	"because": "it is said to be implemented, uses no check, and does not say why none is possible",
} if {
	input.resource.status == "implemented"
	count(input.resource.checks) == 0
	is_null(input.resource.not_inspectable)
}
