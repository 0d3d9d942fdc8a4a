# METADATA
# title: Keys were made on the token
# description: >-
#   Reads CKA_LOCAL and CKA_KEY_GEN_MECHANISM of each private and secret key and concludes that it was generated on the token, or copied from
#   one that was: that the token says so and names a mechanism that generates. A key that was derived follows from others and from what the
#   caller gave, one made from a password from that; one that is not local was imported, unwrapped or derived, and what lies elsewhere cannot
#   be told. What makers mean by CKA_LOCAL stands in `lib/pkcs11.rego`; of a maker who is not there, attributes that contradict each other
#   settle nothing. Cannot see keys that the caller does not see.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [local, key_gen_mechanism, maker]
#     deviates: [[key_gen_mechanism], [local, key_gen_mechanism, maker, always_sensitive, never_extractable]]
#     undetermined: [local, key_gen_mechanism, maker, always_sensitive, never_extractable]
#   severity: high
#   remediation: Generate a new key on the token and move what the old one protects, or accept the import with the record of its ceremony.
package checks.pkcs11.keys_made_inside

import data.lib.pkcs11

names := pkcs11.of_key(input.resource.maker)

origin := pkcs11.origin(names)

way := pkcs11.way(input.resource.key_gen_mechanism)

conforms contains {
	"path": "/key_gen_mechanism",
	"actual": input.resource.key_gen_mechanism,
	"because": "the token says that it made the key, and how",
} if {
	input.resource.local == true
	way == "generated"
	origin != "untold"
}

# Whatever CKA_LOCAL says: some tokens say it of derived keys too.
deviates contains {
	"path": "/key_gen_mechanism",
	"actual": input.resource.key_gen_mechanism,
	"because": said,
} if {
	said := from_elsewhere[way]
}

from_elsewhere := {
	"derived": "it was derived: from another key and what the caller gave",
	"password": "it was made from a password",
}

deviates contains {
	"path": "/local",
	"actual": false,
	"expected": true,
	"because": "it was imported, unwrapped or derived",
} if {
	input.resource.local == false
	told
	not generated
	not unbelievable
}

# What it takes to call CKA_LOCAL believable was read.
told if {
	names
	count({"key_gen_mechanism", "always_sensitive", "never_extractable"} - object.keys(input.resource)) == 0
}

generated if way == "generated"

unbelievable if origin == "untold"

# An imported key has no past on the token (PKCS#11 3.1, 4.9): either it is derived, or this maker means something else by CKA_LOCAL.
unbelievable if {
	origin == "unknown"
	input.resource.always_sensitive == true
	input.resource.never_extractable == true
}

undetermined contains {
	"path": "/local",
	"actual": input.resource.local,
	"because": sprintf("CKA_LOCAL does not tell where %s made a key (%s)", [found.name, found.seen]),
} if {
	origin == "untold"
	found := pkcs11.maker(names)
}

undetermined contains {
	"path": "/key_gen_mechanism",
	"actual": null,
	"because": "the token says that it made the key, and not how: some say it of derived keys too",
} if {
	origin != "untold"
	input.resource.local == true
	is_null(input.resource.key_gen_mechanism)
}

undetermined contains {
	"path": "/key_gen_mechanism",
	"actual": input.resource.key_gen_mechanism,
	"because": "whether this mechanism generates a key or derives it is not known here",
} if {
	origin != "untold"
	input.resource.local == true
	is_string(input.resource.key_gen_mechanism)
	not way
}

undetermined contains {
	"path": "/key_gen_mechanism",
	"actual": input.resource.key_gen_mechanism,
	"because": "the token contradicts itself: CKA_LOCAL says that it did not make the key, CKA_KEY_GEN_MECHANISM how it made it",
} if {
	origin != "untold"
	input.resource.local == false
	generated
}

undetermined contains {
	"path": "/local",
	"actual": false,
	"because": sprintf(
		"the token says that it did not make the key, and that the key always was sensitive and never extractable, which it can know of its own only: what %s means by CKA_LOCAL is not known here",
		[input.resource.maker.manufacturer],
	),
} if {
	origin == "unknown"
	input.resource.local == false
	unbelievable
	not generated
}
