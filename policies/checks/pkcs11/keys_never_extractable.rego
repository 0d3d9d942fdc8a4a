# METADATA
# title: Keys never were and are not extractable
# description: >-
#   Reads CKA_EXTRACTABLE and CKA_NEVER_EXTRACTABLE of each private and secret key and concludes that it cannot leave the token and never
#   could. A key that is not extractable now may have been wrapped out before. Cannot see keys that the caller does not see, copies made
#   by the vendor's own backup, or whether the token tells the truth.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [extractable, never_extractable]
#     deviates: [class]
#   severity: high
#   remediation: Generate a new key with CKA_EXTRACTABLE=false, move what the old one protects, destroy the old one. The attribute of an old key is about its past and cannot be changed.
package checks.pkcs11.keys_never_extractable

deviates contains {
	"path": "/extractable",
	"actual": true,
	"expected": false,
	"because": "it can be wrapped out of the token",
} if {
	input.resource.extractable == true
}

deviates contains {
	"path": "/never_extractable",
	"actual": false,
	"expected": true,
	"because": "it could be wrapped out of the token before, or came from outside",
} if {
	input.resource.never_extractable == false
}

conforms contains {
	"path": "/never_extractable",
	"actual": true,
	"expected": true,
} if {
	input.resource.extractable == false
	input.resource.never_extractable == true
}
