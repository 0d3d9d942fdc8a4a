# METADATA
# title: Keys are of a declared kind
# description: >-
#   Reads the spec of each customer key (algorithm and length) and concludes that it is one of `accept`. The default leaves out RSA of 2048
#   bits, HMAC of 224 bits and SM2. Does not apply to keys that AWS manages. Cannot see which of the key's algorithms are used.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
# schemas:
#   - input.resource: schema["aws-kms-key"]
# custom:
#   subject: aws-kms/key
#   needs:
#     conforms: [manager, spec]
#     deviates: [manager, spec]
#     not_applicable: [manager]
#   severity: medium
#   remediation: Create a key of a declared spec and move what the old one protects, or declare the spec with its reason.
#   parameters:
#     accept:
#       type: array
#       items: {type: string}
#       minItems: 1
#       uniqueItems: true
#       default:
#         - SYMMETRIC_DEFAULT
#         - RSA_3072
#         - RSA_4096
#         - ECC_NIST_P256
#         - ECC_NIST_P384
#         - ECC_NIST_P521
#         - ECC_NIST_EDWARDS25519
#         - ECC_SECG_P256K1
#         - HMAC_256
#         - HMAC_384
#         - HMAC_512
#         - ML_DSA_44
#         - ML_DSA_65
#         - ML_DSA_87
#       x-stricter: fewer
package checks.aws_kms.key_spec_is_declared

import data.lib.kms

not_applicable contains kms.managed_by_aws(input.resource)

conforms contains {
	"path": "/spec",
	"actual": input.resource.spec,
	"expected": input.parameters.accept,
} if {
	kms.customer(input.resource)
	input.resource.spec in input.parameters.accept
}

deviates contains {
	"path": "/spec",
	"actual": spec,
	"expected": input.parameters.accept,
} if {
	kms.customer(input.resource)
	spec := input.resource.spec
	not spec in input.parameters.accept
}
