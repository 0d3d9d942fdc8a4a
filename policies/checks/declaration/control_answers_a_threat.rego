# METADATA
# title: Every control answers a threat
# description: >-
#   Reads the threats that the control names. A control that answers none is there for a reason that nobody wrote down. Cannot see whether it
#   helps against them.
# scope: package
# schemas:
#   - input.resource: schema["declaration-control"]
# custom:
#   subject: declaration/control
#   needs:
#     conforms: [threats]
#     deviates: [threats]
#   severity: medium
#   remediation: Name under `threats` what the control is for, or leave it out.
package checks.declaration.control_answers_a_threat

conforms contains {"path": "/threats", "actual": input.resource.threats} if count(input.resource.threats) > 0

deviates contains {
	"path": "/threats",
	"actual": input.resource.threats,
	"because": "the control answers no threat",
} if {
	count(input.resource.threats) == 0
}
