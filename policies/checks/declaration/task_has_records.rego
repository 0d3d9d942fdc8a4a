# METADATA
# title: Every recurring task has records
# description: >-
#   Reads the folder of the task's records, what was in it when the run began, and the days on which the task is declared to have been done, each
#   with its record. A folder that is not there, or holds nothing, is no record, and neither is one that lacks what the declaration says is in it.
#   Without a folder each day has to name its own record. Cannot see the records themselves: that a person did it is shown to the auditor.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [[records, kept], [records, done]]
#     deviates: [[records, done], [records, kept]]
#   severity: medium
#   remediation: >-
#     Name the folder with its records under `records`, below the declaration's own, and put them there; or list under `done` when it was done, each
#     day with its `record`.
package checks.declaration.task_has_records

conforms contains {"path": "/kept", "actual": input.resource.kept} if {
	is_string(input.resource.records)
	input.resource.kept.entries > 0
	count(input.resource.kept.missing) == 0
}

unrecorded contains n if {
	some n, one in input.resource.done
	is_null(one.record)
}

conforms contains {"path": "/done", "actual": input.resource.done} if {
	is_null(input.resource.records)
	count(input.resource.done) > 0
	count(unrecorded) == 0
}

deviates contains {
	"path": "/kept/entries",
	"actual": null,
	"because": sprintf("the folder of its records cannot be read: %s", [input.resource.kept.because]),
} if {
	is_string(input.resource.records)
	is_null(input.resource.kept.entries)
}

deviates contains {
	"path": "/kept/entries",
	"actual": 0,
	"because": "the folder of its records is empty: nothing shows that it was ever done",
} if {
	is_string(input.resource.records)
	input.resource.kept.entries == 0
}

deviates contains {
	"path": sprintf("/kept/missing/%d", [n]),
	"actual": record,
	"because": "the folder of its records does not hold this one",
} if {
	is_string(input.resource.records)
	some n, record in input.resource.kept.missing
	input.resource.kept.entries > 0
}

deviates contains {"path": sprintf("/done/%d/record", [n]), "actual": null, "because": "no record shows that it was done on this day"} if {
	is_null(input.resource.records)
	some n in unrecorded
}

deviates contains {"path": "/records", "actual": null, "because": "no record shows that this task was ever done"} if {
	is_null(input.resource.records)
	count(input.resource.done) == 0
}
