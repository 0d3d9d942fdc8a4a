# METADATA
# title: Keys are and always were sensitive
# description: >-
#   Reads CKA_SENSITIVE and CKA_ALWAYS_SENSITIVE of each private and secret key and concludes that its value cannot be read in the clear and
#   never could. One that is not marked sensitive can be read where it is extractable too. The past counts only of a key that the token made
#   itself (CKA_LOCAL), or by a maker of whom more is known (`lib/pkcs11.rego`). Cannot see keys that the caller does not see, or whether the
#   token tells the truth.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [[sensitive, always_sensitive, local], [sensitive, always_sensitive, maker]]
#     deviates: [class]
#     undetermined: [sensitive, always_sensitive, local, maker]
#   severity: high
#   remediation: Generate a new key with CKA_SENSITIVE=true and move what the old one protects. A value that could be read must be considered known.
package checks.pkcs11.keys_always_sensitive

import data.lib.pkcs11

deviates contains {
	"path": "/sensitive",
	"actual": false,
	"expected": true,
	"because": readable,
} if {
	input.resource.sensitive == false
}

# The value can be read unless the key is sensitive or not extractable (PKCS#11 3.1, 4.9 and 4.10).
readable := "it is not marked sensitive and is extractable: its value can be read in the clear" if {
	input.resource.extractable == true
}

readable := "it is not marked sensitive: only that it is not extractable keeps its value inside" if {
	input.resource.extractable == false
}

readable := "it is not marked sensitive: its value can be read in the clear if it is extractable, which was not read" if {
	not is_boolean(object.get(input.resource, "extractable", null))
}

deviates contains {
	"path": "/always_sensitive",
	"actual": false,
	"expected": true,
	"because": "it was not marked sensitive all its life, or came from outside",
} if {
	input.resource.always_sensitive == false
}

deviates contains {
	"path": "/always_sensitive",
	"actual": true,
	"because": "the token contradicts itself: it says too that the key always was sensitive",
} if {
	input.resource.sensitive == false
	input.resource.always_sensitive == true
}

conforms contains {
	"path": "/always_sensitive",
	"actual": true,
	"expected": true,
} if {
	input.resource.sensitive == true
	input.resource.always_sensitive == true
	pkcs11.history_counts(input.resource)
}

undetermined contains {
	"path": "/local",
	"actual": false,
	"because": "the token contradicts itself: it says that the key always was sensitive (CKA_ALWAYS_SENSITIVE), and that it did not make it (CKA_LOCAL); what was before it came here the token cannot know",
} if {
	input.resource.sensitive == true
	input.resource.always_sensitive == true
	input.resource.local == false
	not pkcs11.history_counts(input.resource)
}
