# METADATA
# title: A recurring task was operated on every day on which it was due
# description: >-
#   Reads the days on which the task was due, counted by the calendar from the first day on which it was done, and for each of them the declared day that meets it, with its record and
#   when the ledger first had that day. Concludes that in the last `look_back_days` each due day whose grace is over was met, by a day that names a record and that the ledger saw declared soon
#   afterwards, or could not know. A day that came late and within its grace counts. Does not apply where nothing was due in that time. Cannot see the records themselves, nor
#   records that people sealed into the ledger: the audit of the ledger counts those too.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [every, operated, seen]
#     deviates: [[operated], [operated, seen]]
#     not_applicable: [every, operated]
#     undetermined: [every]
#   severity: medium
#   remediation: >-
#     List under `done` each day on which it was done, with the record that shows it, in the month in which it is done. What was not done stays missing: accept the
#     finding, with the reason and an end.
#   parameters:
#     look_back_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: higher}
package checks.controls.task_operated

import data.lib.declaration

# Due days whose grace is over.
recent[n] := one if {
	some n, one in input.resource.operated.days
	declaration.age(one.due) < input.parameters.look_back_days
	declaration.over(one.until)
}

missing contains n if {
	some n, one in recent
	is_null(one.done)
}

unrecorded contains n if {
	some n, one in recent
	is_object(one.done)
	is_null(one.record)
}

backdated contains n if {
	some n, one in recent
	is_object(one.done)
	one.done.epoch >= input.resource.seen.ledger_since
	one.seen - one.done.epoch > declaration.days_to_declare * 86400
}

conforms contains {
	"path": "/operated/days",
	"actual": input.resource.operated.days,
	"because": sprintf("it was operated on each of %d due days", [count(recent)]),
} if {
	is_string(input.resource.every)
	is_object(input.resource.operated)
	is_object(input.resource.seen)
	count(recent) > 0
	count(missing) == 0
	count(unrecorded) == 0
	count(backdated) == 0
}

deviates contains {
	"path": sprintf("/operated/days/%d", [n]),
	"actual": input.resource.operated.days[n],
	"because": "operation not evidenced: no day is declared on which it was done for this due day",
} if {
	some n in missing
}

deviates contains {
	"path": sprintf("/operated/days/%d/record", [n]),
	"actual": null,
	"because": "operation not evidenced: the day that is declared names no record",
} if {
	some n in unrecorded
}

deviates contains {
	"path": sprintf("/operated/days/%d/seen", [n]),
	"actual": input.resource.operated.days[n].seen,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if {
	some n in backdated
}

not_applicable contains {"path": "/operated", "because": "no day of that time is due and over"} if {
	is_string(input.resource.every)
	is_object(input.resource.operated)
	count(recent) == 0
}

undetermined contains {"path": "/every", "because": "it is not declared how often it is due"} if {
	is_null(input.resource.every)
}
