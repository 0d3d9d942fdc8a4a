# METADATA
# title: A customer key that can rotate rotates automatically
# description: >-
#   Reads the rotation status that KMS gives for each key. Concludes that automatic rotation is on and its period is not longer than
#   `max_days`. Does not apply to keys that AWS manages (they rotate every year, which the account cannot change), to keys KMS cannot rotate
#   automatically (asymmetric, HMAC, imported material, custom key stores), and to keys that are pending deletion, for which KMS reports
#   rotation as off whatever was set. If rotation is on and KMS gives no period, how often it rotates cannot be determined. Cannot see whether
#   data that an older version encrypted was re-encrypted: KMS keeps every version.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
#   - ref: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
# schemas:
#   - input.resource: schema["aws-kms-key"]
# custom:
#   subject: aws-kms/key
#   needs:
#     conforms: [manager, state, rotation]
#     deviates: [manager, state]
#     undetermined: [manager, state, rotation]
#     not_applicable: [manager]
#   severity: medium
#   remediation: Turn automatic rotation on with a period within the bound (`aws kms enable-key-rotation --rotation-period-in-days`).
#   parameters:
#     max_days: {type: integer, minimum: 90, maximum: 2560, default: 365, x-stricter: lower}
package checks.aws_kms.key_rotates

import data.lib.kms

not_applicable contains kms.managed_by_aws(input.resource)

not_applicable contains {
	"path": "/rotation",
	"actual": null,
	"because": "KMS rotates no key of this spec, origin and store automatically",
} if {
	kms.customer(input.resource)
	is_null(input.resource.rotation)
}

not_applicable contains {
	"path": "/state",
	"actual": input.resource.state,
	"because": "the key is pending deletion; KMS reports rotation as off for it",
} if {
	kms.customer(input.resource)
	waits_for_deletion
}

waits_for_deletion if input.resource.state in {"PendingDeletion", "PendingReplicaDeletion"}

rotates if {
	kms.customer(input.resource)
	input.resource.rotation.enabled == true
	not waits_for_deletion
}

period := input.resource.rotation.period_days if is_number(input.resource.rotation.period_days)

undetermined contains {
	"path": "/rotation/period_days",
	"because": "rotation is on, and KMS does not say how often it rotates",
} if {
	rotates
	not period
}

conforms contains {
	"path": "/rotation/period_days",
	"actual": input.resource.rotation.period_days,
	"expected": sprintf("at most %d", [input.parameters.max_days]),
	"because": sprintf("rotates automatically every %d days", [period]),
} if {
	rotates
	period <= input.parameters.max_days
}

deviates contains {
	"path": "/rotation/period_days",
	"actual": input.resource.rotation.period_days,
	"expected": sprintf("at most %d", [input.parameters.max_days]),
	"because": sprintf("rotates only every %d days", [period]),
} if {
	rotates
	period > input.parameters.max_days
}

deviates contains {"path": "/rotation/enabled", "actual": false, "expected": true} if {
	kms.customer(input.resource)
	input.resource.rotation.enabled == false
	not waits_for_deletion
}
