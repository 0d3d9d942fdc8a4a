# METADATA
# title: Every third party was reviewed within twelve months, or sooner where that is declared
# description: >-
#   Reads the day of the last review, when the ledger first had that day, and the declared `review_every`. Cannot see what was reviewed.
# scope: package
# schemas:
#   - input.resource: schema["declaration-third-party"]
# custom:
#   subject: declaration/third-party
#   needs:
#     conforms: [reviewed, review_due, seen]
#     deviates: [[reviewed], [review_due], [reviewed, seen]]
#   severity: medium
#   remediation: Review the third party, and write down the day.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: lower}
package checks.declaration.third_party_is_reviewed

import data.lib.declaration

late if declaration.age(input.resource.reviewed) > input.parameters.max_days

late if declaration.ahead(input.resource.reviewed)

overdue if {
	is_object(input.resource.review_due)
	declaration.over(input.resource.review_due)
}

on_time if not overdue

conforms contains {"path": "/reviewed", "actual": input.resource.reviewed} if {
	is_object(input.resource.reviewed)
	not late
	on_time
	is_object(input.resource.seen)
	not backdated
}

backdated if {
	is_object(input.resource.reviewed)
	declaration.backdated(input.resource, "reviewed", input.resource.reviewed)
}

deviates contains {
	"path": "/seen/dates/reviewed",
	"actual": input.resource.seen.dates.reviewed,
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if backdated

deviates contains {"path": "/reviewed", "actual": null, "because": "no review of it is declared"} if {
	is_null(input.resource.reviewed)
}

deviates contains {
	"path": "/reviewed",
	"actual": input.resource.reviewed,
	"expected": sprintf("at most %d days ago", [input.parameters.max_days]),
	"because": declaration.when(input.resource.reviewed),
} if {
	is_object(input.resource.reviewed)
	late
}

deviates contains {"path": "/review_due", "actual": input.resource.review_due, "because": "the next review is overdue"} if overdue
