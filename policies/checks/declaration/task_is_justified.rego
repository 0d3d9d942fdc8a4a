# METADATA
# title: Every recurring task has a frequency that a threat justifies
# description: >-
#   Reads how often the task is due, why, and how long a failure may stay unseen. Concludes that the reason names a threat that the control
#   answers, and that the detection window is at least as long as the time from one to the next, in whatever months. Cannot see whether the
#   reason is a good one.
# scope: package
# schemas:
#   - input.resource: schema["declaration-task"]
# custom:
#   subject: declaration/task
#   needs:
#     conforms: [every, because_of, detection_window, window_covers_every]
#     deviates: [[every], [because, because_of], [every, detection_window, window_covers_every]]
#   severity: medium
#   remediation: Write `every`, `because` with the id of the threat, and a `detection_window` that is not shorter than `every`.
package checks.declaration.task_is_justified

conforms contains {"path": "/because_of", "actual": input.resource.because_of} if {
	is_string(input.resource.every)
	count(input.resource.because_of) > 0
	input.resource.window_covers_every == true
}

deviates contains {"path": "/every", "actual": null, "because": "nothing says how often"} if {
	is_null(input.resource.every)
}

deviates contains {
	"path": "/because",
	"actual": input.resource.because,
	"expected": "the id of a threat that the control answers",
	"because": "the reason names no threat of the control",
} if {
	count(input.resource.because_of) == 0
}

deviates contains {"path": "/detection_window", "actual": null, "because": "nothing says how long a failure may stay unseen"} if {
	is_null(input.resource.detection_window)
}

deviates contains {
	"path": "/detection_window",
	"actual": input.resource.detection_window,
	"expected": sprintf("at least %s", [input.resource.every]),
	"because": "the detection window is shorter than the interval",
} if {
	input.resource.window_covers_every == false
}
