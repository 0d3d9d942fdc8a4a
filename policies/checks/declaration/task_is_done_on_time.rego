# METADATA
# title: No recurring task is overdue, or was done late within a year
# description: >-
#   Reads the days on which the task is declared to have been done, and when it is due again. Concludes that it is not overdue, that the last day
#   is not in the future and, if the ledger was there on it, was declared soon afterwards, and that between two days of the last `look_back_days` it did not come too late. What was done before the first declared
#   day is not seen. Where no day is declared nothing is concluded: a folder of records does not say when. Cannot see whether it was done well, or at all: a declared day is the
#   entity's own word.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [last_done, due, late, seen]
#     deviates: [[last_done], [due], [late], [last_done, seen]]
#     undetermined: [due]
#   severity: medium
#   remediation: Do the task, and list it under `done`.
#   parameters:
#     look_back_days: {type: integer, minimum: 0, maximum: 3660, default: 366, x-stricter: higher}
package checks.declaration.task_is_done_on_time

import data.lib.declaration

missed contains n if {
	some n, one in input.resource.late
	declaration.age(one.due) <= input.parameters.look_back_days
}

conforms contains {"path": "/due", "actual": input.resource.due} if {
	is_object(input.resource.due)
	is_object(input.resource.last_done)
	not declaration.over(input.resource.due)
	not declaration.ahead(input.resource.last_done)
	is_array(input.resource.late)
	count(missed) == 0
	is_object(input.resource.seen)
	not backdated
}

backdated if {
	is_object(input.resource.last_done)
	declaration.backdated(input.resource, "last_done", input.resource.last_done)
}

deviates contains {
	"path": "/seen/dates/last_done",
	"actual": input.resource.seen.dates.last_done,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if backdated

deviates contains {"path": sprintf("/late/%d", [n]), "actual": input.resource.late[n], "because": "it was done later than it was due"} if {
	some n in missed
}

deviates contains {"path": "/due", "actual": input.resource.due, "because": "it is overdue"} if {
	is_object(input.resource.due)
	declaration.over(input.resource.due)
}

deviates contains {"path": "/last_done", "actual": input.resource.last_done, "because": "that day lies in the future"} if {
	is_object(input.resource.last_done)
	declaration.ahead(input.resource.last_done)
}

undetermined contains {"path": "/due", "because": "no day on which it was done is declared, or not how often it is due"} if {
	is_null(input.resource.due)
}
