# METADATA
# title: No recurring task is overdue
# description: >-
#   Reads the last day on which the task is declared to have been done, and when it is due again. Concludes that it is not overdue, and that the
#   day is not in the future. Earlier days are not judged: a time that was missed is not seen once the task is done again. Where no day is
#   declared nothing is concluded: a folder of records does not say when. Cannot see whether it was done well, or at all: a declared day is the
#   entity's own word.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [last_done, due]
#     deviates: [[last_done], [due]]
#     undetermined: [due]
#   severity: medium
#   remediation: Do the task, and list it under `done`.
package checks.declaration.task_is_done_on_time

import data.lib.declaration

conforms contains {"path": "/due", "actual": input.resource.due} if {
	is_object(input.resource.due)
	is_object(input.resource.last_done)
	not declaration.over(input.resource.due)
	not declaration.ahead(input.resource.last_done)
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
