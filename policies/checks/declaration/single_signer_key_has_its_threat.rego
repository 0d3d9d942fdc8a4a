# METADATA
# title: A key that signs alone is named by a threat of its own
# description: >-
#   Reads how many signatures the key's wallets need, or, where it signs for none, how many people hold it. Where one is enough, a threat must
#   name the key itself. Does not apply to keys that cannot sign alone. Several people who hold a key are no second signature, unless what they
#   hold is a share of it; of one share that signs for no wallet nothing says how many are needed; and of a key that nobody is declared to hold nothing
#   says who can use it: all of these are undetermined. Cannot see what the signing software really demands.
# scope: package
# schemas:
#   - input.resource: schema["declaration-key"]
# custom:
#   subject: declaration/key
#   needs:
#     conforms: [[wallets, named_by], [wallets, holders, material, named_by]]
#     deviates: [[wallets, named_by], [wallets, holders, material, named_by]]
#     undetermined: [[wallets], [wallets, holders, material]]
#     not_applicable: [[wallets], [wallets, holders, material]]
#   severity: high
#   remediation: Name the key under `affects.keys` of the threat that one person uses it alone, or require a second signature.
package checks.declaration.single_signer_key_has_its_threat

needed contains wallet.signatures if {
	some wallet in input.resource.wallets
	is_number(wallet.signatures)
}

unknown contains n if {
	some n, wallet in input.resource.wallets
	is_null(wallet.signatures)
}

shared if input.resource.material == "share"

# Whatever it is, it is no share: one is not enough to sign with.
whole if input.resource.material != "share"

alone if 1 in needed

alone if {
	count(input.resource.wallets) == 0
	count(input.resource.holders) == 1
	whole
}

conforms contains {"path": "/named_by", "actual": input.resource.named_by} if {
	alone
	count(input.resource.named_by) > 0
}

deviates contains {
	"path": "/named_by",
	"actual": input.resource.named_by,
	"because": "one signature with this key is enough, and no threat names it",
} if {
	alone
	count(input.resource.named_by) == 0
}

undetermined contains {
	"path": sprintf("/wallets/%d", [n]),
	"because": "nothing says how many signatures a transfer from this wallet needs",
} if {
	some n in unknown
}

undetermined contains {"path": "/holders", "because": "it signs for no wallet and has no holder: nothing says who can use it"} if {
	count(input.resource.wallets) == 0
	count(input.resource.holders) == 0
}

undetermined contains {
	"path": "/holders",
	"because": "it signs for no wallet, and nothing says whether each of those who hold it can use it alone",
} if {
	count(input.resource.wallets) == 0
	count(input.resource.holders) > 1
	not shared
}

undetermined contains {"path": "/material", "because": "it is a share that signs for no wallet: nothing says how many are needed"} if {
	count(input.resource.wallets) == 0
	count(input.resource.holders) == 1
	shared
}

not_applicable contains {"path": "/wallets", "because": "a transfer needs more than one signature"} if {
	count(input.resource.wallets) > 0
	count(unknown) == 0
	not 1 in needed
}

not_applicable contains {"path": "/holders", "because": "it signs for no wallet, and several people hold a share of it"} if {
	count(input.resource.wallets) == 0
	count(input.resource.holders) > 1
	shared
}
