# METADATA
# title: Keys were made on the token
# description: >-
#   Reads CKA_LOCAL of each private and secret key and concludes that it was generated on the token, or copied from one that was. One that
#   is not local was imported, unwrapped or derived, and copies elsewhere cannot be excluded. Cannot see keys that the caller does not see.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [local]
#     deviates: [local]
#   severity: high
#   remediation: Generate a new key on the token and move what the old one protects, or accept the import with the record of its ceremony.
package checks.pkcs11.keys_made_inside

conforms contains {
	"path": "/local",
	"actual": true,
	"expected": true,
} if {
	input.resource.local == true
}

deviates contains {
	"path": "/local",
	"actual": false,
	"expected": true,
	"because": "it was imported, unwrapped or derived",
} if {
	input.resource.local == false
}
