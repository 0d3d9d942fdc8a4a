# METADATA
# title: The account's password policy is strong
# description: >-
#   Reads the password policy of the account. Concludes that passwords have at least `minimum_length` characters of the kinds in `classes`, and
#   that the last `reuse_prevention` ones may not be used again. An account without a policy has AWS's default (eight characters, no memory),
#   which deviates. The policy applies to passwords set after it; cannot see how long existing ones are, nor passwords of people who sign in
#   through an identity provider, nor that of the root user.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
# schemas:
#   - input.resource: schema["aws-iam-account"]
# custom:
#   subject: aws-iam/account
#   needs:
#     conforms: [password_policy]
#     deviates: [password_policy]
#     undetermined: [password_policy]
#   severity: medium
#   remediation: Set a password policy that meets the parameters (`aws iam update-account-password-policy`).
#   parameters:
#     minimum_length: {type: integer, minimum: 6, maximum: 128, default: 14, x-stricter: higher}
#     reuse_prevention: {type: integer, minimum: 0, maximum: 24, default: 24, x-stricter: higher}
#     classes:
#       type: array
#       items: {enum: [lowercase, uppercase, numbers, symbols]}
#       uniqueItems: true
#       default: [lowercase, uppercase, numbers, symbols]
#       x-stricter: more
package checks.aws_iam.password_policy_is_strong

policy := input.resource.password_policy

member := {
	"lowercase": "require_lowercase",
	"uppercase": "require_uppercase",
	"numbers": "require_numbers",
	"symbols": "require_symbols",
}

missing contains class if {
	policy.exists == true
	some class in input.parameters.classes
	policy[member[class]] == false
}

# IAM gives these members always. One that is not there was not said to be anything.
unsaid contains member[class] if {
	policy.exists == true
	some class in input.parameters.classes
	not member[class] in object.keys(policy)
}

unsaid contains "minimum_length" if {
	policy.exists == true
	not "minimum_length" in object.keys(policy)
}

undetermined contains {
	"path": "/password_policy",
	"because": sprintf("IAM does not say what the policy has for %s", [name]),
} if {
	some name in unsaid
}

# The member is absent where no earlier password is remembered.
forgets if {
	policy.exists == true
	not policy.reuse_prevention
}

remembers_enough if policy.reuse_prevention >= input.parameters.reuse_prevention

remembers_enough if {
	forgets
	input.parameters.reuse_prevention == 0
}

conforms contains {"path": "/password_policy", "expected": input.parameters} if {
	policy.exists == true
	policy.minimum_length >= input.parameters.minimum_length
	remembers_enough
	count(missing) == 0
	count(unsaid) == 0
}

deviates contains {
	"path": "/password_policy/exists",
	"actual": false,
	"expected": true,
	"because": "the account has no password policy: eight characters are enough, and earlier passwords may be used again",
} if {
	policy.exists == false
}

deviates contains {
	"path": "/password_policy/minimum_length",
	"actual": policy.minimum_length,
	"expected": sprintf("at least %d", [input.parameters.minimum_length]),
} if {
	policy.exists == true
	policy.minimum_length < input.parameters.minimum_length
}

deviates contains {
	"path": "/password_policy/reuse_prevention",
	"actual": policy.reuse_prevention,
	"expected": sprintf("at least %d", [input.parameters.reuse_prevention]),
} if {
	policy.exists == true
	policy.reuse_prevention < input.parameters.reuse_prevention
}

deviates contains {
	"path": "/password_policy",
	"expected": sprintf("at least %d earlier passwords are remembered", [input.parameters.reuse_prevention]),
	"because": "earlier passwords may be used again",
} if {
	forgets
	not remembers_enough
}

deviates contains {
	"path": "/password_policy",
	"expected": input.parameters.classes,
	"because": sprintf("no %s are required", [class]),
} if {
	some class in missing
}
