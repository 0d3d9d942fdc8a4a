# METADATA
# title: Every acceptance is in force and covers something that is checked
# description: >-
#   Reads first and last day of the acceptance, whether its control uses its check, and when the ledger first had that first day. Cannot see whether it covered something in this run: the
#   run says so itself. An approver who did not sign is a claim.
# scope: package
# schemas:
#   - input.resource: schema["declaration-acceptance"]
# custom:
#   subject: declaration/acceptance
#   needs:
#     conforms: [approved, expires, used, seen]
#     deviates: [[approved], [expires], [used], [approved, seen]]
#   severity: low
#   remediation: Have it approved again, or leave it out.
package checks.declaration.acceptance_is_in_force

import data.lib.declaration

conforms contains {"path": "/expires", "actual": input.resource.expires} if {
	not declaration.over(input.resource.expires)
	not declaration.ahead(input.resource.approved)
	input.resource.used != false
	is_object(input.resource.seen)
	not declaration.backdated(input.resource, "approved", input.resource.approved)
}

deviates contains {
	"path": "/seen/dates/approved",
	"actual": input.resource.seen.dates.approved,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if {
	declaration.backdated(input.resource, "approved", input.resource.approved)
}

deviates contains {"path": "/expires", "actual": input.resource.expires, "because": "it has expired"} if {
	declaration.over(input.resource.expires)
}

deviates contains {"path": "/approved", "actual": input.resource.approved, "because": "it is approved only from then on"} if {
	declaration.ahead(input.resource.approved)
}

deviates contains {"path": "/used", "actual": false, "because": "its control does not use its check"} if {
	input.resource.used == false
}
