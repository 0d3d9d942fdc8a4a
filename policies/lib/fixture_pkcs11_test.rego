# METADATA
# title: Keys and tokens of PKCS#11 for the tests of checks
package lib.fixture_pkcs11

# Who says it.
softhsm := {
	"manufacturer": "SoftHSM project",
	"model": "SoftHSM v2",
	"library": "SoftHSM",
	"library_description": "Implementation of PKCS11",
	"library_version": "2.6",
}

nss := {
	"manufacturer": "Mozilla Foundation",
	"model": "NSS 3",
	"library": "Mozilla Foundation",
	"library_description": "NSS Internal Crypto Services",
	"library_version": "3.87",
}

nobody := {
	"manufacturer": "Nobody, Inc.",
	"model": "One",
	"library": "Nobody, Inc.",
	"library_description": "A module",
	"library_version": "1.0",
}

# What C_GetInfo says of the module of such a token.
module(maker) := {"manufacturer": maker.library, "description": maker.library_description}

# A signing key as it should be.
signer := {
	"class": "private",
	"key_type": "CKK_EC",
	"label": "treasury",
	"key_id": "01",
	"private": true,
	"sensitive": true,
	"always_sensitive": true,
	"extractable": false,
	"never_extractable": true,
	"local": true,
	"key_gen_mechanism": "CKM_EC_KEY_PAIR_GEN",
	"maker": softhsm,
	"sign": true,
	"sign_recover": null,
	"encrypt": null,
	"decrypt": false,
	"verify": null,
	"wrap": null,
	"unwrap": false,
	"derive": false,
	"wrap_with_trusted": false,
}

key(changes) := object.union(signer, changes)

pin := {"initialized": true, "count_low": false, "final_try": false, "locked": false, "to_be_changed": false}

officer_pin := object.union(pin, {"initialized": null})

token(changes) := object.union(
	{
		"label": "treasury",
		"serial": "a1b2c3d4",
		"manufacturer": softhsm.manufacturer,
		"model": softhsm.model,
		"module": module(softhsm),
		"login_required": true,
		"error_state": false,
		"user_pin": pin,
		"so_pin": officer_pin,
	},
	changes,
)
