# METADATA
# title: A certificate covers what is relied on, and has not expired
# description: >-
#   Reads the requirements that a third party meets in the entity's stead, and its certificate: standard, level, what it covers, its last day.
#   Concludes that each such requirement is covered, at the level of this system or above. Does not apply where nothing is relied on and there
#   is no certificate. Cannot see the certificate itself: ask for it.
# scope: package
# schemas:
#   - input.resource: schema["declaration-third-party"]
# custom:
#   subject: declaration/third-party
#   needs:
#     conforms: [certificate, uncovered]
#     deviates: [[uncovered, covers], [certificate]]
#     not_applicable: [certificate, covers, uncovered]
#   severity: high
#   remediation: Have the third party renew its certificate, or meet the requirements yourself.
#   declares: [system]
package checks.declaration.certificate_covers_what_is_relied_on

import data.lib.declaration

valid if {
	is_object(input.resource.certificate)
	not declaration.over(input.resource.certificate.expires)
}

too_low if input.resource.certificate.level < input.declaration.system.level

conforms contains {"path": "/certificate", "actual": input.resource.certificate} if {
	valid
	not too_low
	count(input.resource.uncovered) == 0
}

deviates contains {
	"path": "/certificate/expires",
	"actual": input.resource.certificate.expires,
	"because": "the certificate has expired",
} if {
	declaration.over(input.resource.certificate.expires)
}

deviates contains {
	"path": "/certificate/level",
	"actual": input.resource.certificate.level,
	"expected": sprintf("at least %d, the level of this system", [input.declaration.system.level]),
} if {
	too_low
}

deviates contains {
	"path": sprintf("/uncovered/%d", [n]),
	"actual": requirement,
	"because": "no certificate covers this requirement, which is relied on",
} if {
	some n, requirement in input.resource.uncovered
}

not_applicable contains {"path": "/certificate", "because": "it has no certificate, and nothing is relied on"} if {
	is_null(input.resource.certificate)
	count(input.resource.covers) == 0
	count(input.resource.uncovered) == 0
}
