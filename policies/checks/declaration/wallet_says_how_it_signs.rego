# METADATA
# title: Every wallet says how a transfer is signed
# description: >-
#   Reads the number of signatures that a transfer needs, the steps of signing it, and the keys of the inventory that sign for it. Cannot see
#   what the signing software does.
# scope: package
# schemas:
#   - input.resource: schema["declaration-wallet"]
# custom:
#   subject: declaration/wallet
#   needs:
#     conforms: [signatures, workflow, keys]
#     deviates: [[signatures], [workflow], [keys]]
#   severity: medium
#   remediation: Declare `signatures` and `workflow` of the wallet, and name it under `wallets` of its keys.
package checks.declaration.wallet_says_how_it_signs

conforms contains {"path": "/workflow", "actual": input.resource.workflow} if {
	is_object(input.resource.signatures)
	count(input.resource.workflow) > 0
	count(input.resource.keys) > 0
}

deviates contains {"path": "/signatures", "actual": null, "because": "nothing says how many signatures a transfer needs"} if {
	is_null(input.resource.signatures)
}

deviates contains {"path": "/workflow", "actual": [], "because": "nothing says how a transfer is signed"} if {
	count(input.resource.workflow) == 0
}

deviates contains {"path": "/keys", "actual": [], "because": "no key of the inventory signs for it"} if {
	count(input.resource.keys) == 0
}
