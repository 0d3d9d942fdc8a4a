# METADATA
# title: Every key holder acknowledged their duties and was trained in time
# description: >-
#   Reads when the duties were acknowledged and when the person was last trained, and compares that with `train_every` and `max_days`. Does
#   not apply to those who left. Cannot see what they learned.
# scope: package
# schemas:
#   - input.resource: schema["declaration-holder"]
# custom:
#   subject: declaration/holder
#   needs:
#     conforms: [left, acknowledged, trained, training_due]
#     deviates: [[left, acknowledged], [left, trained], [left, training_due]]
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
}

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
} if {
	is_object(input.resource.trained)
	late
}

deviates contains {"path": "/training_due", "actual": input.resource.training_due, "because": "the next training is overdue"} if overdue
