# METADATA
# title: Every threat has a control, or its risk was accepted
# description: >-
#   Reads which controls name the threat, and which rows of the risk register accept it: treatment `accept`, with the role that accepted what
#   remains and the day. A control that is only planned answers nothing yet. Cannot see whether the control is enough.
# scope: package
# schemas:
#   - input.resource: schema["declaration-threat"]
# custom:
#   subject: declaration/threat
#   needs:
#     conforms: [[controls], [accepted]]
#     deviates: [controls, accepted]
#   severity: high
#   remediation: Name the threat under `threats` of a control, or accept its risk in the register.
package checks.declaration.threat_is_answered

answering contains control.id if {
	some control in input.resource.controls
	control.status == "implemented"
}

conforms contains {"path": "/controls", "actual": input.resource.controls} if count(answering) > 0

conforms contains {"path": "/accepted", "actual": input.resource.accepted} if count(input.resource.accepted) > 0

deviates contains {
	"path": "/controls",
	"actual": input.resource.controls,
	"expected": "a control that is implemented, or a risk that was accepted",
	"because": "nothing answers this threat",
} if {
	is_array(input.resource.controls)
	count(answering) == 0
	count(input.resource.accepted) == 0
}
