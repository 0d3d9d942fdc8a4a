# METADATA
# title: Every threat has a control, or executive management accepted its risk
# description: >-
#   Reads which controls name the threat, and which rows of the risk register accept it: treatment `accept`, what remains accepted by a declared
#   role of executive management on a day that is not in the future. A control that is only planned answers nothing yet. Cannot see whether the
#   control is enough.
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

import data.lib.declaration

answering contains control.id if {
	some control in input.resource.controls
	control.status == "implemented"
}

accepting contains n if {
	some n, one in input.resource.accepted
	one.executive == true
	not declaration.ahead(one.on)
}

unanswered if {
	is_array(input.resource.controls)
	is_array(input.resource.accepted)
	count(answering) == 0
	count(accepting) == 0
}

conforms contains {"path": "/controls", "actual": input.resource.controls} if count(answering) > 0

conforms contains {"path": sprintf("/accepted/%d", [n]), "actual": input.resource.accepted[n]} if some n in accepting

deviates contains {
	"path": "/controls",
	"actual": input.resource.controls,
	"expected": "a control that is implemented, or a risk that was accepted",
	"because": "nothing answers this threat",
} if {
	unanswered
}

deviates contains {
	"path": sprintf("/accepted/%d", [n]),
	"actual": one,
	"expected": "a declared role of executive management",
	"because": "whoever accepted it is not declared to belong to executive management",
} if {
	unanswered
	some n, one in input.resource.accepted
	one.executive == false
}

deviates contains {
	"path": sprintf("/accepted/%d", [n]),
	"actual": one,
	"because": "the day on which it was accepted lies in the future",
} if {
	unanswered
	some n, one in input.resource.accepted
	declaration.ahead(one.on)
}
