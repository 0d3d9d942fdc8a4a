# METADATA
# title: Every key holder acknowledged their duties and was trained in time
# description: >-
#   Reads when the duties were acknowledged and when the person was last trained, and compares that with `train_every`, `max_days`, and the bundle
#   that first had these days. Does not apply to those who left. Cannot see what they learned.
# scope: package
# schemas:
#   - input.resource: schema["declaration-holder"]
# custom:
#   subject: declaration/holder
#   needs:
#     conforms: [left, acknowledged, trained, training_due, seen]
#     deviates: [[left, acknowledged], [left, trained], [left, training_due], [left, acknowledged, seen], [left, trained, seen]]
#     not_applicable: [left]
#   severity: medium
#   remediation: Train the person, have them acknowledge their duties in writing, and write down both days.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: lower}
package checks.declaration.holder_is_trained

import data.lib.declaration
import data.lib.people

not_applicable contains {"path": "/left", "actual": input.resource.left, "because": "they left"} if {
	people.gone(input.resource)
}

late if declaration.age(input.resource.trained) > input.parameters.max_days

late if declaration.ahead(input.resource.trained)

overdue if {
	is_object(input.resource.training_due)
	declaration.over(input.resource.training_due)
}

conforms contains {"path": "/trained", "actual": input.resource.trained} if {
	is_object(input.resource.acknowledged)
	not declaration.ahead(input.resource.acknowledged)
	is_object(input.resource.trained)
	not late
	not overdue
	is_object(input.resource.seen)
	count(backdated) == 0
}

backdated contains part if {
	some part in ["acknowledged", "trained"]
	is_object(input.resource[part])
	declaration.backdated(input.resource, part, input.resource[part])
}

deviates contains {
	"path": sprintf("/seen/dates/%s", [part]),
	"actual": input.resource.seen.dates[part],
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if some part in backdated

deviates contains {"path": "/acknowledged", "actual": null, "because": "nothing says that they acknowledged their duties"} if {
	is_null(input.resource.acknowledged)
}

deviates contains {"path": "/acknowledged", "actual": input.resource.acknowledged, "because": "that day lies in the future"} if {
	is_object(input.resource.acknowledged)
	declaration.ahead(input.resource.acknowledged)
}

deviates contains {"path": "/trained", "actual": null, "because": "nothing says that they were trained"} if {
	is_null(input.resource.trained)
}

deviates contains {
	"path": "/trained",
	"actual": input.resource.trained,
	"expected": sprintf("at most %d days ago", [input.parameters.max_days]),
	"because": declaration.when(input.resource.trained),
} if {
	is_object(input.resource.trained)
	late
}

deviates contains {"path": "/training_due", "actual": input.resource.training_due, "because": "the next training is overdue"} if overdue
