# METADATA
# title: What remains of each risk is within a stated tolerance, and executive management accepted it
# description: >-
#   Reads the level of what remains, the rule of tolerance that it is said to be within, who accepted it and when. Concludes that the rule is
#   stated and holds that level, that a declared role of executive management accepted it on a day that is not in the future, that the ledger, if it
#   was there on that day, had it declared soon afterwards, and that title, category and what the threat affects were not seen to change after it.
#   Cannot see whether the role's holder did so: a name is a claim. Cannot see changes from before the ledger's first bundle.
# scope: package
# schemas:
#   - input.resource: schema["declaration-risk"]
# custom:
#   subject: declaration/risk
#   needs:
#     conforms: [residual, tolerance, accepted_by, accepted, seen]
#     deviates: [[residual], [residual, tolerance], [accepted_by], [accepted], [accepted, seen]]
#   severity: high
#   remediation: State the tolerance under `risk_register.tolerances`, and have a role of executive management accept what remains.
package checks.declaration.residual_risk_is_accepted

import data.lib.declaration

within if input.resource.residual in input.resource.tolerance.levels

conforms contains {"path": "/accepted_by", "actual": input.resource.accepted_by} if {
	within
	input.resource.accepted_by.executive == true
	is_object(input.resource.accepted)
	not declaration.ahead(input.resource.accepted)
	is_object(input.resource.seen)
	not backdated
	not outdated
}

backdated if {
	is_object(input.resource.accepted)
	declaration.backdated(input.resource, "accepted", input.resource.accepted)
}

outdated if {
	is_object(input.resource.accepted)
	declaration.changed_after(input.resource, input.resource.accepted)
}

deviates contains {
	"path": "/seen/dates/accepted",
	"actual": input.resource.seen.dates.accepted,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if backdated

deviates contains {
	"path": "/seen/changed",
	"actual": input.resource.seen.changed,
	"expected": "an acceptance at or after the last change of the threat",
	"because": "the threat changed after the day on which its risk was accepted",
} if {
	outdated
}

deviates contains {"path": "/residual", "actual": null, "because": "nothing says what remains"} if {
	is_null(input.resource.residual)
}

deviates contains {"path": "/tolerance", "actual": null, "because": "it is said to be within no tolerance"} if {
	is_string(input.resource.residual)
	is_null(input.resource.tolerance)
}

deviates contains {
	"path": "/tolerance",
	"actual": input.resource.tolerance,
	"because": "the tolerance that it names is not stated",
} if {
	is_string(input.resource.residual)
	is_null(input.resource.tolerance.levels)
}

deviates contains {
	"path": "/residual",
	"actual": input.resource.residual,
	"expected": concat(", ", input.resource.tolerance.levels),
	"because": "what remains is not within the tolerance that it names",
} if {
	is_string(input.resource.residual)
	is_array(input.resource.tolerance.levels)
	not within
}

deviates contains {"path": "/accepted_by", "actual": null, "because": "nobody accepted what remains"} if {
	is_null(input.resource.accepted_by)
}

deviates contains {
	"path": "/accepted_by",
	"actual": input.resource.accepted_by,
	"expected": "a declared role of executive management",
	"because": "whoever accepted it is not declared to belong to executive management",
} if {
	input.resource.accepted_by.executive == false
}

deviates contains {"path": "/accepted", "actual": null, "because": "nothing says when it was accepted"} if {
	is_null(input.resource.accepted)
}

deviates contains {
	"path": "/accepted",
	"actual": input.resource.accepted,
	"because": "the day on which it was accepted lies in the future",
} if {
	is_object(input.resource.accepted)
	declaration.ahead(input.resource.accepted)
}
