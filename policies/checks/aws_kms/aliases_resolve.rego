# METADATA
# title: Every alias leads to a key that can be used
# description: >-
#   Reads each alias of a region, whether the key it points to is in the account's list of keys there, and that key's state. A program that
#   names a key by an alias that leads nowhere, or to a key that is disabled or waits for its deletion, stops, or uses whatever key is put behind the name next. Does not apply to a name that AWS reserves
#   (`alias/aws/…`) and that leads to no key yet: it waits for a service's first use; that it leads to none is checked against the list of
#   keys, as everything here. Cannot see when imported material expires (`aws-kms/key-is-usable`), nor whether the key is the right one.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
# schemas:
#   - input.resource: schema["aws-kms-alias"]
# custom:
#   subject: aws-kms/alias
#   needs:
#     conforms: [reserved, target_key, target_exists, target_state]
#     deviates: [reserved, target_key, target_exists]
#     not_applicable: [reserved, target_key, target_exists]
#   severity: medium
#   remediation: Point the alias to the key that is meant (`aws kms update-alias`), or delete it.
package checks.aws_kms.aliases_resolve

import data.lib.kms

not_applicable contains {
	"path": "/reserved",
	"actual": true,
	"because": "AWS reserves this name and puts a key behind it when a service first needs one",
} if {
	input.resource.reserved == true
	is_null(input.resource.target_key)
	input.resource.target_exists == false
}

conforms contains {"path": "/target_key", "actual": input.resource.target_key} if {
	input.resource.target_key != null
	input.resource.target_exists == true
	input.resource.target_state in kms.usable_states
}

deviates contains {
	"path": "/target_state",
	"actual": state,
	"expected": "Enabled",
	"because": sprintf("the name leads to a key that is of no use: %s", [kms.why(state)]),
} if {
	input.resource.target_exists == true
	state := input.resource.target_state
	is_string(state)
	not state in kms.usable_states
}

deviates contains {
	"path": "/target_key",
	"actual": null,
	"because": "the alias points to no key",
} if {
	input.resource.reserved == false
	is_null(input.resource.target_key)
}

deviates contains {
	"path": "/target_key",
	"actual": input.resource.target_key,
	"because": "the account has no such key in this region",
} if {
	input.resource.target_key != null
	input.resource.target_exists == false
}
