# METADATA
# title: Objects in a bucket cannot be deleted before their time
# description: >-
#   Reads Object Lock and versioning of each declared bucket. Concludes that every object stored without its own retention is kept for at
#   least `min_days` in mode COMPLIANCE, which no one, not even the root user, can shorten. GOVERNANCE is not enough: those who may bypass
#   it can delete. A year counts as 365 days. Cannot see what a writer asks for instead of the default (a bucket policy on
#   `s3:object-lock-remaining-retention-days` bounds that), nor objects stored before the lock, nor that closing the account deletes
#   everything.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
# schemas:
#   - input.resource: schema["aws-s3-bucket"]
# custom:
#   subject: aws-s3/bucket
#   needs:
#     conforms: [object_lock, versioning]
#     deviates: []
#     undetermined: [object_lock]
#   severity: high
#   remediation: Turn on Object Lock with a default retention in mode COMPLIANCE that is long enough.
#   parameters:
#     min_days:
#       description: Days for which an object must be kept.
#       type: integer
#       minimum: 1
#       default: 365
#       x-stricter: higher
package checks.aws_s3.evidence_cannot_be_deleted

lock := input.resource.object_lock

default years := 0

years := lock.years if is_number(lock.years)

default days := 0

days := lock.days if is_number(lock.days)

kept := (years * 365) + days

problems contains {
	"path": "/object_lock",
	"actual": null,
	"because": "the bucket has no Object Lock",
} if {
	is_null(lock)
}

problems contains {
	"path": "/object_lock/enabled",
	"actual": false,
	"because": "Object Lock is not turned on",
} if {
	lock.enabled == false
}

problems contains {
	"path": "/object_lock/mode",
	"actual": lock.mode,
	"expected": "COMPLIANCE",
	"because": "objects get no retention that binds everyone",
} if {
	lock.mode != "COMPLIANCE"
}

problems contains {
	"path": "/object_lock",
	"expected": sprintf("at least %d days", [input.parameters.min_days]),
	"because": sprintf("objects are kept for %d days", [kept]),
} if {
	lock.mode == "COMPLIANCE"
	dated
	kept < input.parameters.min_days
}

dated if is_number(lock.years)

dated if is_number(lock.days)

undetermined contains {
	"path": "/object_lock",
	"because": "there is a default retention, and S3 does not say how long it is",
} if {
	lock.mode == "COMPLIANCE"
	not dated
}

problems contains {
	"path": "/versioning/status",
	"actual": input.resource.versioning.status,
	"expected": "Enabled",
	"because": "without versioning there is nothing that a lock could protect",
} if {
	input.resource.versioning.status != "Enabled"
}

deviates contains problem if some problem in problems

conforms contains {
	"path": "/object_lock",
	"expected": sprintf("at least %d days", [input.parameters.min_days]),
	"because": sprintf("objects are kept for %d days, whoever wants to delete them", [kept]),
} if {
	count(problems) == 0
	count(undetermined) == 0
	lock.enabled == true
	input.resource.versioning.status == "Enabled"
}
