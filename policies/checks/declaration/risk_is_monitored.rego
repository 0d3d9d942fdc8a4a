# METADATA
# title: Every risk was looked at again in time
# description: >-
#   Reads the day on which the row of the register was last looked at, and when the ledger first had that day. Cannot see whether that took place.
# scope: package
# schemas:
#   - input.resource: schema["declaration-risk"]
# custom:
#   subject: declaration/risk
#   needs:
#     conforms: [monitored, seen]
#     deviates: [[monitored], [monitored, seen]]
#   severity: medium
#   remediation: Look at the risk again, and write down the day under `monitored`.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: lower}
package checks.declaration.risk_is_monitored

import data.lib.declaration

late if declaration.age(input.resource.monitored) > input.parameters.max_days

late if declaration.ahead(input.resource.monitored)

conforms contains {"path": "/monitored", "actual": input.resource.monitored} if {
	is_object(input.resource.monitored)
	not late
	is_object(input.resource.seen)
	not backdated
}

backdated if {
	is_object(input.resource.monitored)
	declaration.backdated(input.resource, "monitored", input.resource.monitored)
}

deviates contains {
	"path": "/seen/dates/monitored",
	"actual": input.resource.seen.dates.monitored,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if backdated

deviates contains {"path": "/monitored", "actual": null, "because": "nothing says when it was looked at"} if {
	is_null(input.resource.monitored)
}

deviates contains {
	"path": "/monitored",
	"actual": input.resource.monitored,
	"expected": sprintf("at most %d days ago", [input.parameters.max_days]),
	"because": declaration.when(input.resource.monitored),
} if {
	is_object(input.resource.monitored)
	late
}
