# METADATA
# title: The last review of a key is not overdue
# description: >-
#   Reads the day on which the entry of the inventory was last reviewed. Does not apply to an entry that has no day of its own: the inventory is
#   reviewed as a whole, which another check judges. Cannot see whether the review took place.
# scope: package
# schemas:
#   - input.resource: schema["declaration-key"]
# custom:
#   subject: declaration/key
#   needs:
#     conforms: [reviewed]
#     deviates: [reviewed]
#     not_applicable: [reviewed]
#   severity: medium
#   remediation: Review the entry, and write down the day under `reviewed`.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3660, default: 366, x-stricter: lower}
package checks.declaration.key_is_reviewed_on_time

import data.lib.declaration

late if declaration.age(input.resource.reviewed) > input.parameters.max_days

late if declaration.ahead(input.resource.reviewed)

conforms contains {"path": "/reviewed", "actual": input.resource.reviewed} if {
	is_object(input.resource.reviewed)
	not late
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

not_applicable contains {"path": "/reviewed", "actual": null, "because": "it is reviewed with the whole inventory"} if {
	is_null(input.resource.reviewed)
}
