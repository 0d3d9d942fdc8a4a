# METADATA
# title: Keys are and always were sensitive
# description: >-
#   Reads CKA_SENSITIVE and CKA_ALWAYS_SENSITIVE of each private and secret key and concludes that its value cannot be read in the clear and
#   never could. Cannot see keys that the caller does not see, or whether the token tells the truth.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [sensitive, always_sensitive]
#     deviates: [class]
#   severity: high
#   remediation: Generate a new key with CKA_SENSITIVE=true and move what the old one protects. A value that could be read must be considered known.
package checks.pkcs11.keys_always_sensitive

deviates contains {
	"path": "/sensitive",
	"actual": false,
	"expected": true,
	"because": "its value can be read in the clear",
} if {
	input.resource.sensitive == false
}

deviates contains {
	"path": "/always_sensitive",
	"actual": false,
	"expected": true,
	"because": "its value could be read in the clear before, or came from outside",
} if {
	input.resource.always_sensitive == false
}

conforms contains {
	"path": "/always_sensitive",
	"actual": true,
	"expected": true,
} if {
	input.resource.sensitive == true
	input.resource.always_sensitive == true
}
