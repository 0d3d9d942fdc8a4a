# METADATA
# title: The review of threat model, register, inventory and compromise plan is not overdue
# description: >-
#   Reads the last of the declared reviews. Concludes that it is at most `max_days` old, within the declared `review_every`, not in the future,
#   and says what was looked at and what was changed. Earlier reviews are not judged: one that came late is not seen once the next is declared.
#   Concludes too that the ledger, if it was there on that day, had the review declared soon afterwards, and that the declared environment (targets,
#   keys with class and place, components, third parties) was not seen to change after it, or only within `days_after_change`. Cannot see whether a
#   review took place: a declared day is the entity's own word. Cannot see changes between two bundles that were undone, or that nobody declared.
# scope: package
# schemas:
#   - input.resource: schema["declaration-reviewed-part"]
# custom:
#   subject: declaration/reviewed-part
#   needs:
#     conforms: [last, due, seen]
#     deviates: [[last], [due], [last, seen]]
#   severity: high
#   remediation: Review it, and write down the day, who did, what was looked at and what was changed.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: lower}
#     days_after_change: {type: integer, minimum: 0, maximum: 366, default: 31, x-stricter: lower}
package checks.declaration.part_is_reviewed_on_time

import data.lib.aws
import data.lib.declaration

late if declaration.age(input.resource.last.on) > input.parameters.max_days

late if declaration.ahead(input.resource.last.on)

late if {
	is_object(input.resource.due)
	declaration.over(input.resource.due)
}

conforms contains {"path": "/last/on", "actual": input.resource.last.on} if {
	is_string(input.resource.last.looked_at)
	is_string(input.resource.last.changed)
	not late
	is_object(input.resource.seen)
	not backdated
	not outdated
}

backdated if declaration.backdated(input.resource, "last", input.resource.last.on)

outdated if {
	declaration.changed_after(input.resource, input.resource.last.on)
	aws.days(input.resource.seen.changed, input.now) > input.parameters.days_after_change
}

deviates contains {
	"path": "/seen/dates/last",
	"actual": input.resource.seen.dates.last,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if {
	backdated
}

deviates contains {
	"path": "/seen/changed",
	"actual": input.resource.seen.changed,
	"expected": sprintf("a review at most %d days after a change", [input.parameters.days_after_change]),
	"because": sprintf("the declared environment changed %d days ago, and was not reviewed since", [aws.days(input.resource.seen.changed, input.now)]),
} if {
	outdated
}

deviates contains {"path": "/last", "actual": null, "because": "no review of it is declared"} if {
	is_null(input.resource.last)
}

deviates contains {
	"path": "/last/on",
	"actual": input.resource.last.on,
	"expected": sprintf("at most %d days ago", [input.parameters.max_days]),
	"because": sprintf("it was last reviewed %d days ago", [declaration.age(input.resource.last.on)]),
} if {
	declaration.age(input.resource.last.on) > input.parameters.max_days
}

deviates contains {"path": "/last/on", "actual": input.resource.last.on, "because": "the review lies in the future"} if {
	declaration.ahead(input.resource.last.on)
}

deviates contains {"path": "/due", "actual": input.resource.due, "because": "the next review is overdue"} if {
	is_object(input.resource.due)
	declaration.over(input.resource.due)
}

deviates contains {"path": sprintf("/last/%s", [part]), "actual": null, "because": "the last review does not say it"} if {
	some part in ["looked_at", "changed"]
	is_null(input.resource.last[part])
}
