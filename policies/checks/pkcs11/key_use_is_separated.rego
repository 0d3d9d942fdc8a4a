# METADATA
# title: Each key has one use
# description: >-
#   Reads what each private and secret key may be used for and concludes that it is one of signing, decrypting, wrapping and deriving. A key
#   that wraps and decrypts can reveal what it wrapped; one that signs and decrypts can be made to sign what it appears to decrypt. Wrapping
#   and unwrapping are one use, encrypting and decrypting as well. Cannot see what a key is really used for.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-key"]
# custom:
#   subject: pkcs11/key
#   needs:
#     conforms: [class, sign, sign_recover, encrypt, decrypt, wrap, unwrap, derive]
#     deviates: []
#   severity: medium
#   remediation: Remove unneeded uses from the key if it is modifiable, else generate one key for each use.
#   parameters:
#     tolerated:
#       description: Uses that a key may have besides another one.
#       type: array
#       items: {enum: [signing, decrypting, wrapping, deriving]}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.pkcs11.key_use_is_separated

attributes := {
	"signing": {"sign", "sign_recover"},
	"decrypting": {"encrypt", "decrypt"},
	"wrapping": {"wrap", "unwrap"},
	"deriving": {"derive"},
}

uses contains use if {
	some use, names in attributes
	not use in input.parameters.tolerated
	some name in names
	input.resource[name] == true
}

# What is not there does not show that the key cannot do it.
unsaid contains name if {
	some names in attributes
	some name in names
	not said(name)
}

said(name) if is_boolean(input.resource[name])

said(name) if is_null(input.resource[name])

together := concat(" and ", sort(uses))

deviates contains {
	"path": sprintf("/%s", [name]),
	"actual": true,
	"because": sprintf("it is good for %s", [together]),
} if {
	count(uses) > 1
	some use in uses
	some name in attributes[use]
	input.resource[name] == true
}

conforms contains {
	"path": "/class",
	"because": sprintf("it is good only for %s", [together]),
} if {
	count(unsaid) == 0
	count(uses) == 1
}

conforms contains {
	"path": "/class",
	"because": "it is good for none of these",
} if {
	count(unsaid) == 0
	count(uses) == 0
}
