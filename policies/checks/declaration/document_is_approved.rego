# METADATA
# title: Every document has an owner and a version, was approved, and is the one that was sealed
# description: >-
#   Reads owner, version, approval and last review of the document, when its next review is due, and whether the file that is sealed has the
#   declared digest, and when the ledger first had these days. Neither approval nor review may lie in the future. Does not apply to a document that somebody else wrote: it is not the entity's own policy. Cannot see what it says; of a private one only the
#   digest is sealed.
# scope: package
# schemas:
#   - input.resource: schema["declaration-document"]
# custom:
#   subject: declaration/document
#   needs:
#     conforms: [external, owner, version, approved_by, approved, reviewed, review_due, sha256, sealed_sha256, seen]
#     deviates: [[external, owner], [external, version], [external, approved_by], [external, approved], [external, reviewed], [external, review_due], [external, sha256, sealed_sha256], [external, approved, seen], [external, reviewed, seen]]
#     not_applicable: [external]
#   severity: medium
#   remediation: Have the document approved, and write down its owner, version, approver and the day.
package checks.declaration.document_is_approved

import data.lib.declaration

not_applicable contains {"path": "/external", "actual": true, "because": "somebody else wrote it"} if {
	input.resource.external == true
}

own if input.resource.external == false

overdue if {
	is_object(input.resource.review_due)
	declaration.over(input.resource.review_due)
}

# A review that is yet to come would put off when the next is due.
early if {
	is_object(input.resource.reviewed)
	declaration.ahead(input.resource.reviewed)
}

changed if {
	is_string(input.resource.sha256)
	is_string(input.resource.sealed_sha256)
	input.resource.sha256 != input.resource.sealed_sha256
}

conforms contains {"path": "/approved", "actual": input.resource.approved} if {
	own
	is_string(input.resource.owner)
	is_string(input.resource.version)
	is_string(input.resource.approved_by)
	is_object(input.resource.approved)
	not declaration.ahead(input.resource.approved)
	not early
	not overdue
	not changed
	is_object(input.resource.seen)
	count(backdated) == 0
}

backdated contains part if {
	some part in ["approved", "reviewed"]
	is_object(input.resource[part])
	declaration.backdated(input.resource, part, input.resource[part])
}

deviates contains {
	"path": sprintf("/seen/dates/%s", [part]),
	"actual": input.resource.seen.dates[part],
	"expected": declaration.in_time,
	"because": declaration.seen_late,
} if {
	own
	some part in backdated
}

deviates contains {"path": sprintf("/%s", [part]), "actual": null, "because": "it is not declared"} if {
	own
	some part in ["owner", "version", "approved_by", "approved"]
	is_null(input.resource[part])
}

deviates contains {"path": "/approved", "actual": input.resource.approved, "because": "that day lies in the future"} if {
	own
	is_object(input.resource.approved)
	declaration.ahead(input.resource.approved)
}

deviates contains {"path": "/reviewed", "actual": input.resource.reviewed, "because": "that day lies in the future"} if {
	own
	early
}

deviates contains {"path": "/review_due", "actual": input.resource.review_due, "because": "the next review is overdue"} if {
	own
	overdue
}

deviates contains {
	"path": "/sealed_sha256",
	"actual": input.resource.sealed_sha256,
	"expected": input.resource.sha256,
	"because": "the file is not the one whose digest is declared",
} if {
	own
	changed
}
