# METADATA
# title: Keys and tokens of PKCS#11 for the tests of checks
package lib.fixture_pkcs11

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
		"login_required": true,
		"error_state": false,
		"user_pin": pin,
		"so_pin": officer_pin,
	},
	changes,
)
