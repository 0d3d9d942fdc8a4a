# METADATA
# title: A certificate covers what is relied on, and has not expired
# description: >-
#   Reads the requirements that a third party meets in the entity's stead, and its certificate: standard, level, what it covers, its last day.
#   Concludes that each such requirement is covered and, where the certificate is of the standard of this system, that its level is the one of
#   this system or above: levels of different standards are not comparable. Does not apply where nothing is relied on and there is no
#   certificate. Cannot see the certificate itself: ask for it.
# scope: package
# schemas:
#   - input.resource: schema["declaration-third-party"]
# custom:
#   subject: declaration/third-party
#   needs:
#     conforms: [certificate, uncovered]
#     deviates: [[uncovered, covers], [certificate]]
#     undetermined: [certificate]
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

has_standard if is_string(input.declaration.system.standard)

has_level if is_number(input.declaration.system.level)

# Levels of another standard say nothing about this one.
same_standard if input.resource.certificate.standard == input.declaration.system.standard

too_low if {
	same_standard
	input.resource.certificate.level < input.declaration.system.level
}

unclear contains {"path": "/certificate/standard", "because": "the system declares no standard whose levels this one's could be held to"} if {
	is_object(input.resource.certificate)
	not has_standard
}

unclear contains {"path": "/certificate/level", "because": "the system declares no level that this one could be held to"} if {
	same_standard
	not has_level
}

conforms contains {"path": "/certificate", "actual": input.resource.certificate} if {
	valid
	not too_low
	count(unclear) == 0
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

undetermined contains piece if some piece in unclear

not_applicable contains {"path": "/certificate", "because": "it has no certificate, and nothing is relied on"} if {
	is_null(input.resource.certificate)
	count(input.resource.covers) == 0
	count(input.resource.uncovered) == 0
}
