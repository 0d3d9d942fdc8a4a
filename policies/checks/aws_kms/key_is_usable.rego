# METADATA
# title: A customer key can be used, and will be for a while
# description: >-
#   Reads the state of each key, the date of a scheduled deletion and the date on which imported material expires. Concludes that the key is
#   usable now and that its material lasts for at least `min_days` more. A key that was disabled on purpose deviates too: accept it with its
#   reason. Does not apply to keys that AWS manages. Cannot see whether anyone may use the key (key policy, grants), nor whether a copy of
#   imported material is kept elsewhere.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html
# schemas:
#   - input.resource: schema["aws-kms-key"]
# custom:
#   subject: aws-kms/key
#   needs:
#     conforms: [[manager, state, enabled, valid_to], [manager, state, enabled, valid_to, expiration_model]]
#     deviates: [manager]
#     undetermined: [manager, state, enabled, valid_to, expiration_model]
#     not_applicable: [manager]
#   severity: high
#   remediation: Enable the key, cancel its deletion within the waiting period, or import its material again before it expires.
#   parameters:
#     min_days: {type: integer, minimum: 0, maximum: 3650, default: 30, x-stricter: higher}
package checks.aws_kms.key_is_usable

import data.lib.aws
import data.lib.kms

not_applicable contains kms.managed_by_aws(input.resource)

days_left := aws.days(input.now, input.resource.valid_to.epoch)

# KMS says the same in two members: where they contradict each other, neither is believed.
undetermined contains {
	"path": "/enabled",
	"because": sprintf("KMS gives the state %s and says that the key is not enabled", [input.resource.state]),
} if {
	kms.customer(input.resource)
	contradicted
}

contradicted if {
	input.resource.state == "Enabled"
	input.resource.enabled == false
}

undetermined contains {
	"path": "/valid_to",
	"because": "the imported material expires, and KMS does not say when",
} if {
	kms.customer(input.resource)
	undated
}

undated if {
	input.resource.expiration_model == "KEY_MATERIAL_EXPIRES"
	is_null(input.resource.valid_to)
}

usable if {
	kms.customer(input.resource)
	input.resource.state in kms.usable_states
	not contradicted
	not undated
}

conforms contains {"path": "/state", "actual": input.resource.state} if {
	usable
	is_null(input.resource.valid_to)
	"expiration_model" in object.keys(input.resource)
}

conforms contains {
	"path": "/valid_to",
	"actual": input.resource.valid_to,
	"expected": sprintf("at least %d days from now", [input.parameters.min_days]),
} if {
	usable
	days_left >= input.parameters.min_days
}

deviates contains {
	"path": "/state",
	"actual": input.resource.state,
	"expected": "Enabled",
	"because": because,
} if {
	kms.customer(input.resource)
	not input.resource.state in kms.usable_states
	because := kms.why(input.resource.state)
}

deviates contains {
	"path": "/valid_to",
	"actual": input.resource.valid_to,
	"expected": sprintf("at least %d days from now", [input.parameters.min_days]),
	"because": "the imported material expires, and the key cannot be used from then on",
} if {
	kms.customer(input.resource)
	days_left < input.parameters.min_days
}
