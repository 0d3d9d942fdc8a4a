# METADATA
# title: The control was observed as often as it declares
# description: >-
#   Reads how often the control is to be observed (`observe.every`), and where the ledger has two runs after each other that are further apart than that and
#   its grace, half the interval if none is declared. Concludes that in the last `look_back_days` no more than `max_missed` observations are missing. Runs that failed are
#   no observations, and neither are rehearsals of everything. Does not apply to a control without an interval of its own: how often the system is observed is for the audit of the ledger. Cannot see what the runs
#   saw, nor what is due and missing after the last run.
# scope: package
# schemas:
#   - input.resource: schema["declaration-control"]
# custom:
#   subject: declaration/control
#   needs:
#     conforms: [every_seconds, observed]
#     deviates: [every_seconds, observed]
#     not_applicable: [every_seconds]
#   severity: medium
#   remediation: >-
#     Find out why no run was made or sealed in these times, and let something outside of this machine say when none is. What is missing cannot be made
#     later: accept the finding, with its reason and an end, until those times are out of sight.
#   parameters:
#     look_back_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: higher}
#     max_missed: {type: integer, minimum: 0, maximum: 100000, default: 0, x-stricter: lower}
package checks.controls.observed_at_declared_frequency

import data.lib.aws

recent[n] := gap if {
	some n, gap in input.resource.observed.gaps
	aws.days(gap.until, input.now) < input.parameters.look_back_days
}

# How many are missing; of one time no more are counted than are too many.
missed := count([1 |
	some gap in recent
	some _ in numbers.range(1, min([gap.missed, input.parameters.max_missed + 1]))
])

conforms contains {
	"path": "/observed",
	"actual": input.resource.observed,
	"because": sprintf("%d observations are missing in the last %d days, as far back as the ledger goes", [missed, input.parameters.look_back_days]),
} if {
	is_number(input.resource.every_seconds)
	is_object(input.resource.observed)
	missed <= input.parameters.max_missed
}

deviates contains {
	"path": sprintf("/observed/gaps/%d", [n]),
	"actual": gap,
	"expected": sprintf("a run every %d seconds", [gap.every_seconds]),
	"because": sprintf("%d observations were due between two runs, and not made", [gap.missed]),
} if {
	is_number(input.resource.every_seconds)
	missed > input.parameters.max_missed
	some n, gap in recent
}

not_applicable contains {
	"path": "/every_seconds",
	"because": "it does not declare how often it is to be observed",
} if {
	is_null(input.resource.every_seconds)
}
