# METADATA
# title: Every threat names what of this system it affects
# description: >-
#   Reads the keys, classes of keys, wallets, targets, components and third parties that the threat names, and the third parties that name it. A
#   threat without any of them could stand in anybody's model. Cannot see whether something is missing.
# scope: package
# schemas:
#   - input.resource: schema["declaration-threat"]
# custom:
#   subject: declaration/threat
#   needs:
#     conforms: [affects]
#     deviates: [affects]
#   severity: medium
#   remediation: Name under `affects` the keys, wallets, targets, components or third parties that this threat is about.
package checks.declaration.threat_names_what_it_affects

affected contains name if {
	some names in input.resource.affects
	some name in names
}

conforms contains {"path": "/affects", "actual": input.resource.affects} if count(affected) > 0

deviates contains {
	"path": "/affects",
	"actual": input.resource.affects,
	"because": "the threat names nothing of this system",
} if {
	is_object(input.resource.affects)
	count(affected) == 0
}
