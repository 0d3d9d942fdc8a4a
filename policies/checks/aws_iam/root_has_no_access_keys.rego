# METADATA
# title: The root user has no access keys
# description: >-
#   Reads IAM's own summary of the account and concludes that the root user has no access keys, active or not: nothing limits what such a key
#   may do, and no second factor is required for it. Cannot see whether one existed before and was used.
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
#   severity: critical
#   remediation: Delete the root user's access keys; use roles.
package checks.aws_iam.root_has_no_access_keys

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
