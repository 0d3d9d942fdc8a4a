# METADATA
# title: In self-custody no third party has a part in the keys
# description: >-
#   Reads the keys that a third party holds a part of, can use, or can keep from being used, and the designation of the system. Does not apply
#   to other designations; where none is declared nothing is concluded. Cannot see what nobody declared.
# scope: package
# schemas:
#   - input.resource: schema["declaration-third-party"]
# custom:
#   subject: declaration/third-party
#   needs:
#     conforms: [keys]
#     deviates: [keys]
#     undetermined: [keys]
#     not_applicable: [keys]
#   severity: high
#   remediation: Take the keys from the third party, or declare the designation that is true.
#   declares: [system]
package checks.declaration.third_party_fits_the_designation

not_applicable contains {"path": "/keys", "actual": input.resource.keys, "because": "the designation is not `self-custody`"} if {
	is_array(input.resource.keys)
	input.declaration.system.designation != "self-custody"
}

designated if is_string(input.declaration.system.designation)

self_custody if input.declaration.system.designation == "self-custody"

undetermined contains {"path": "/keys", "because": "no designation of the system is declared"} if {
	is_array(input.resource.keys)
	not designated
}

conforms contains {"path": "/keys", "actual": input.resource.keys} if {
	self_custody
	count(input.resource.keys) == 0
}

deviates contains {
	"path": "/keys",
	"actual": input.resource.keys,
	"because": "the designation is `self-custody`, and this third party has a part in keys",
} if {
	self_custody
	count(input.resource.keys) > 0
}
