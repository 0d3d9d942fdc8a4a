# METADATA
# title: Keys never were and are not extractable
# description: >-
#   Reads CKA_EXTRACTABLE and CKA_NEVER_EXTRACTABLE of each private and secret key and concludes that it cannot leave the token and never
#   could. A key that is not extractable now may have been wrapped out before. The past counts only of a key that the token made itself
#   (CKA_LOCAL), or by a maker of whom more is known (`lib/pkcs11.rego`). Cannot see keys that the caller does not see, copies made by the
#   vendor's own backup, or whether the token tells the truth.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [[extractable, never_extractable, local], [extractable, never_extractable, maker]]
#     deviates: [class]
#     undetermined: [extractable, never_extractable, local, maker]
#   severity: high
#   remediation: Generate a new key with CKA_EXTRACTABLE=false, move what the old one protects, destroy the old one. The attribute of an old key is about its past and cannot be changed.
package checks.pkcs11.keys_never_extractable

import data.lib.pkcs11

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
	"actual": true,
	"because": "the token contradicts itself: it says too that the key never could",
} if {
	input.resource.extractable == true
	input.resource.never_extractable == true
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
	pkcs11.history_counts(input.resource)
}

undetermined contains {
	"path": "/local",
	"actual": false,
	"because": "the token contradicts itself: it says that the key never could leave (CKA_NEVER_EXTRACTABLE), and that it did not make it (CKA_LOCAL); what was before it came here the token cannot know",
} if {
	input.resource.extractable == false
	input.resource.never_extractable == true
	input.resource.local == false
	not pkcs11.history_counts(input.resource)
}
