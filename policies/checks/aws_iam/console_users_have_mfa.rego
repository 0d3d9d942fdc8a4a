# METADATA
# title: Everyone with a console password has an accepted second factor
# description: >-
#   Reads each user's password for the console and registered MFA devices. Concludes that a user with a password has at least one device and
#   only devices of the types in `accept`: IAM asks for any one of them, so the weakest counts. Does not apply to users without a password.
#   Cannot see who holds a device, people who sign in through an identity provider, nor calls made with access keys, for which only a policy
#   can demand a second factor.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
# schemas:
#   - input.resource: schema["aws-iam-user"]
# custom:
#   subject: aws-iam/user
#   needs:
#     conforms: [login_profile, mfa_devices]
#     deviates: [login_profile, mfa_devices]
#     not_applicable: [login_profile]
#   severity: high
#   remediation: Register a device of an accepted type for the user and remove the others, or delete the password.
#   parameters:
#     accept:
#       type: array
#       items: {enum: [virtual, passkey, hardware, sms]}
#       minItems: 1
#       uniqueItems: true
#       default: [virtual, passkey, hardware]
#       x-stricter: fewer
package checks.aws_iam.console_users_have_mfa

not_applicable contains {
	"path": "/login_profile/exists",
	"actual": false,
	"because": "the user has no password for the console",
} if {
	input.resource.login_profile.exists == false
}

with_password if input.resource.login_profile.exists == true

accepted(device) if device.type in input.parameters.accept

conforms contains {
	"path": "/mfa_devices",
	"expected": input.parameters.accept,
} if {
	with_password
	count(input.resource.mfa_devices) > 0
	every device in input.resource.mfa_devices {
		accepted(device)
	}
}

deviates contains {
	"path": "/mfa_devices",
	"expected": input.parameters.accept,
	"because": "the user signs in with a password alone",
} if {
	with_password
	count(input.resource.mfa_devices) == 0
}

deviates contains {
	"path": sprintf("/mfa_devices/%d", [n]),
	"expected": input.parameters.accept,
	"because": "a device of a type that is not accepted is enough to sign in",
} if {
	with_password
	some n, device in input.resource.mfa_devices
	not accepted(device)
}
