# METADATA
# title: Every key of the inventory stands in a threat
# description: >-
#   Reads the threats that name the key, its class, one of its wallets or the target that holds it. Cannot see whether a threat is missing.
# scope: package
# schemas:
#   - input.resource: schema["declaration-key"]
# custom:
#   subject: declaration/key
#   needs:
#     conforms: [[named_by], [covered_by]]
#     deviates: [named_by, covered_by]
#   severity: high
#   remediation: Name the key, its class or its wallet under `affects` of a threat.
package checks.declaration.key_is_in_a_threat

conforms contains {"path": "/named_by", "actual": input.resource.named_by} if count(input.resource.named_by) > 0

conforms contains {"path": "/covered_by", "actual": input.resource.covered_by} if count(input.resource.covered_by) > 0

deviates contains {"path": "/named_by", "actual": input.resource.named_by, "because": "no threat is about this key"} if {
	count(input.resource.named_by) == 0
	count(input.resource.covered_by) == 0
}
