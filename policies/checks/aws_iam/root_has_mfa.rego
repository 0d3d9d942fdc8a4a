# METADATA
# title: The root user signs in with a second factor
# description: >-
#   Reads IAM's own summary of the account and its list of virtual MFA devices. Concludes that the root user has an MFA device; where
#   `allow_virtual` is false, also that it is not a virtual one (a root user that has MFA and no virtual device has a hardware token or a passkey,
#   which IAM does not list). Where the credential report or the list of virtual devices contradicts the summary, neither is believed. A root user without a password deviates too, because whoever controls its mailbox can set one, unless
#   `no_password_is_enough` says that central root access management of the organisation prevents that. Cannot see who holds the device, nor
#   how the mailbox is protected.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
# schemas:
#   - input.resource: schema["aws-iam-account"]
# custom:
#   subject: aws-iam/account
#   needs:
#     conforms: [[summary], [summary, root_virtual_mfa_devices]]
#     deviates: [summary]
#     not_applicable: [summary]
#     undetermined: [summary]
#   severity: critical
#   remediation: Register a hardware token or a passkey for the root user and keep it with two officers.
#   parameters:
#     allow_virtual: {type: boolean, default: true, x-stricter: false}
#     no_password_is_enough: {type: boolean, default: false, x-stricter: false}
package checks.aws_iam.root_has_mfa

not_applicable contains {
	"path": "/summary/root_password_present",
	"actual": false,
	"because": "the root user has no password, and the control says that none can be set",
} if {
	input.parameters.no_password_is_enough == true
	input.resource.summary.root_mfa_enabled == false
	input.resource.summary.root_password_present == false
}

undetermined contains {
	"path": "/summary",
	"because": "IAM's summary does not say whether the root user has an MFA device",
} if {
	input.resource.summary
	not "root_mfa_enabled" in object.keys(input.resource.summary)
}

conforms contains {
	"path": "/summary/root_mfa_enabled",
	"actual": true,
	"expected": true,
} if {
	input.resource.summary.root_mfa_enabled == true
	kind_accepted
}

kind_accepted if input.parameters.allow_virtual == true

kind_accepted if count(input.resource.root_virtual_mfa_devices) == 0

deviates contains {
	"path": "/summary/root_mfa_enabled",
	"actual": false,
	"expected": true,
} if {
	input.resource.summary.root_mfa_enabled == false
	not excused
}

excused if {
	input.parameters.no_password_is_enough == true
	input.resource.summary.root_password_present == false
}

deviates contains {
	"path": sprintf("/root_virtual_mfa_devices/%d/type", [n]),
	"actual": "virtual",
	"expected": "a hardware token or a passkey",
} if {
	input.resource.summary.root_mfa_enabled == true
	input.parameters.allow_virtual == false
	some n, _ in input.resource.root_virtual_mfa_devices
}
