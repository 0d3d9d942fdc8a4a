# METADATA
# title: What was done follows from a threat model that was there before
# description: >-
#   Reads the days on which a task is declared to have been done, the first day on which the threat model is declared to have been reviewed, and
#   since when the ledger has a threat that the task's control answers. A task that was done before there was a model did not follow from it: the
#   model was written afterwards, or its earlier reviews are not declared. Nor did it where the ledger was there on that day and had none of these
#   threats until much later. Looks at the last `look_back_days`. Does not apply where no day in them is declared. Cannot see what the model said on
#   that day, nor what was changed in it since; that a threat was declared anew under another id looks as if it were new.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [done, model_since, seen]
#     deviates: [[done, model_since], [done, seen]]
#     undetermined: [done, model_since]
#     not_applicable: [done]
#   severity: medium
#   remediation: >-
#     Declare the earlier reviews of the threat model, where there were any. Where there were none, what was done before it is no evidence for a
#     control that follows from it: take the day out, or accept the finding until the task was done again.
#   parameters:
#     look_back_days: {type: integer, minimum: 0, maximum: 3660, default: 366, x-stricter: higher}
package checks.declaration.task_follows_from_the_model

import data.lib.declaration

recent[n] := one.on if {
	some n, one in input.resource.done
	declaration.age(one.on) <= input.parameters.look_back_days
}

before_the_model[n] := on if {
	some n, on in recent
	on.epoch < input.resource.model_since.epoch
}

# The ledger was there, and had none of its threats in time.
before_its_threats[n] := on if {
	some n, on in recent
	declaration.unseen_on(input.resource.seen, on)
}

conforms contains {
	"path": "/model_since",
	"actual": input.resource.model_since,
	"because": sprintf("the threat model was there before each of %d days on which it was done", [count(recent)]),
} if {
	count(recent) > 0
	is_object(input.resource.model_since)
	is_object(input.resource.seen)
	count(before_the_model) == 0
	count(before_its_threats) == 0
}

deviates contains {
	"path": sprintf("/done/%d/on", [n]),
	"actual": on,
	"expected": sprintf("a day from %s on, or an earlier review of the threat model", [input.resource.model_since.date]),
	"because": sprintf("it was done on %s, and the threat model is first dated %s", [on.date, input.resource.model_since.date]),
} if {
	some n, on in before_the_model
}

deviates contains {
	"path": "/seen/threats",
	"actual": input.resource.seen.threats,
	"expected": declaration.in_time,
	"because": sprintf("it was done on %s, and the ledger had no threat that it answers until long afterwards", [on.date]),
} if {
	some on in before_its_threats
}

undetermined contains {"path": "/model_since", "actual": null, "because": "no review of the threat model says since when it is there"} if {
	count(recent) > 0
	is_null(input.resource.model_since)
}

not_applicable contains {"path": "/done", "because": "no day of the time that is looked at is declared"} if {
	is_array(input.resource.done)
	count(recent) == 0
}
