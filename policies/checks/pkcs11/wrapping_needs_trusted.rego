# METADATA
# title: Keys leave only under trusted keys
# description: >-
#   Reads CKA_WRAP_WITH_TRUSTED of each key that is extractable and concludes that it can be wrapped only by a key which the security officer
#   marked as trusted. Without it any user of the token can bring a wrapping key of their own and take the key out. Does not apply to keys
#   that cannot be extracted. Cannot see who knows the trusted keys.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [extractable, wrap_with_trusted]
#     deviates: [extractable, wrap_with_trusted]
#     not_applicable: [extractable]
#   severity: high
#   remediation: Set CKA_WRAP_WITH_TRUSTED on the key (it cannot be undone), or create a key that is not extractable.
package checks.pkcs11.wrapping_needs_trusted

not_applicable contains {
	"path": "/extractable",
	"because": "it cannot be wrapped at all",
} if {
	input.resource.extractable == false
}

conforms contains {
	"path": "/wrap_with_trusted",
	"actual": true,
	"expected": true,
} if {
	input.resource.extractable == true
	input.resource.wrap_with_trusted == true
}

deviates contains {
	"path": "/wrap_with_trusted",
	"actual": false,
	"expected": true,
	"because": "any key that can wrap can take it out",
} if {
	input.resource.extractable == true
	input.resource.wrap_with_trusted == false
}
