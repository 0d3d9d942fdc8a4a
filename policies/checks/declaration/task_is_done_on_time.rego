# METADATA
# title: Every recurring task was done when it was due
# description: >-
#   Reads the days on which the task is declared to have been done and how often it is due. Where no day is declared nothing is concluded: a
#   folder of records does not say when. Cannot see whether it was done well, or at all: a declared day is the entity's own word.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [due]
#     deviates: [due]
#     undetermined: [due]
#   severity: medium
#   remediation: Do the task, and list it under `done`.
package checks.declaration.task_is_done_on_time

import data.lib.declaration

conforms contains {"path": "/due", "actual": input.resource.due} if {
	is_object(input.resource.due)
	not declaration.over(input.resource.due)
}

deviates contains {"path": "/due", "actual": input.resource.due, "because": "it is overdue"} if {
	is_object(input.resource.due)
	declaration.over(input.resource.due)
}

undetermined contains {"path": "/due", "because": "no day on which it was done is declared, or not how often it is due"} if {
	is_null(input.resource.due)
}
