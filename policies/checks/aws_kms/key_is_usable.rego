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
#     conforms: [manager, state, valid_to]
#     deviates: [manager]
#     not_applicable: [manager]
#   severity: high
#   remediation: Enable the key, cancel its deletion within the waiting period, or import its material again before it expires.
#   parameters:
#     min_days: {type: integer, minimum: 0, maximum: 3650, default: 30, x-stricter: higher}
package checks.aws_kms.key_is_usable

import data.lib.aws
import data.lib.kms

# Creating and updating a key's primary Region leave what exists usable or become usable by themselves; only these two are no trouble.
usable_states := {"Enabled", "Updating"}

not_applicable contains kms.managed_by_aws(input.resource)

days_left := aws.days(input.now, input.resource.valid_to.epoch)

conforms contains {"path": "/state", "actual": input.resource.state} if {
	kms.customer(input.resource)
	input.resource.state in usable_states
	is_null(input.resource.valid_to)
}

conforms contains {
	"path": "/valid_to",
	"actual": input.resource.valid_to,
	"expected": sprintf("at least %d days from now", [input.parameters.min_days]),
} if {
	kms.customer(input.resource)
	input.resource.state in usable_states
	days_left >= input.parameters.min_days
}

deviates contains {
	"path": "/state",
	"actual": input.resource.state,
	"expected": "Enabled",
	"because": because,
} if {
	kms.customer(input.resource)
	not input.resource.state in usable_states
	because := why(input.resource.state)
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

why("PendingDeletion") := "the key cannot be used and will be deleted with everything it protects"

why("PendingReplicaDeletion") := "the key cannot be used and will be deleted once its replicas are"

why("PendingImport") := "the key has no material"

why("Unavailable") := "the custom key store that holds the material cannot be reached"

why(state) := "the key cannot be used" if {
	not state in {"PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable"}
}
