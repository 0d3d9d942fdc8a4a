# METADATA
# title: The root user has no access keys
# description: >-
#   Reads IAM's own summary of the account and concludes that the root user has no access keys, active or not: nothing limits what such a key
#   may do, and no second factor is required for it. Where the credential report contradicts the summary, neither is believed. Cannot see whether one existed before and was used.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
# schemas:
#   - input.resource: schema["aws-iam-account"]
# custom:
#   subject: aws-iam/account
#   needs:
#     conforms: [summary]
#     deviates: [summary]
#     undetermined: [summary]
#   severity: critical
#   remediation: Delete the root user's access keys; use roles.
package checks.aws_iam.root_has_no_access_keys

undetermined contains {
	"path": "/summary",
	"because": "IAM's summary does not say whether the root user has access keys",
} if {
	input.resource.summary
	not "root_access_keys_present" in object.keys(input.resource.summary)
}

conforms contains {
	"path": "/summary/root_access_keys_present",
	"actual": false,
	"expected": false,
} if {
	input.resource.summary.root_access_keys_present == false
}

deviates contains {
	"path": "/summary/root_access_keys_present",
	"actual": true,
	"expected": false,
} if {
	input.resource.summary.root_access_keys_present == true
}
