# METADATA
# title: Altered and missing log files are detected
# description: >-
#   Reads whether a trail writes digests of its log files, and whether the last digest could be delivered. Concludes that changing or
#   removing log files after delivery can be detected. Cannot see whether anyone looks, nor that a digest chain broke because validation was
#   turned off and on again between two runs.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
# schemas:
#   - input.resource: schema["aws-cloudtrail-trail"]
# custom:
#   subject: aws-cloudtrail/trail
#   needs:
#     conforms: [log_file_validation, status]
#     deviates: []
#   severity: high
#   remediation: Turn on log file validation, and let CloudTrail write to the bucket of the trail.
package checks.aws_cloudtrail.log_validation_is_on

deviates contains {
	"path": "/log_file_validation",
	"actual": false,
	"expected": true,
	"because": "no digests are written: a changed log file is not detected",
} if {
	input.resource.log_file_validation == false
}

deviates contains {
	"path": "/status/latest_digest_delivery_error",
	"actual": error,
	"because": "the last digest could not be delivered",
} if {
	input.resource.log_file_validation == true
	error := input.resource.status.latest_digest_delivery_error
	is_string(error)
}

conforms contains {"path": "/log_file_validation", "actual": true} if {
	input.resource.log_file_validation == true
	is_null(input.resource.status.latest_digest_delivery_error)
}
