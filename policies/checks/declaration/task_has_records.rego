# METADATA
# title: Every recurring task has records
# description: >-
#   Reads the folder of the task's records, and the days on which it is declared to have been done, each with its record. Without a folder each
#   day has to name its own. Cannot see the records themselves: that a person did it is shown to the auditor.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [[records], [done]]
#     deviates: [records, done]
#   severity: medium
#   remediation: Name the folder with its records under `records`, or list under `done` when it was done, each day with its `record`.
package checks.declaration.task_has_records

conforms contains {"path": "/records", "actual": input.resource.records} if is_string(input.resource.records)

unrecorded contains n if {
	some n, one in input.resource.done
	is_null(one.record)
}

conforms contains {"path": "/done", "actual": input.resource.done} if {
	count(input.resource.done) > 0
	count(unrecorded) == 0
}

deviates contains {"path": sprintf("/done/%d/record", [n]), "actual": null, "because": "no record shows that it was done on this day"} if {
	is_null(input.resource.records)
	some n in unrecorded
}

deviates contains {"path": "/records", "actual": null, "because": "no record shows that this task was ever done"} if {
	is_null(input.resource.records)
	count(input.resource.done) == 0
}
