# METADATA
# title: A key is what the inventory says of it
# description: >-
#   Compares the declared `spec`, `origin` and (`private-key` or `secret-key`) `material` of a key with those of the keys that bear its name, in the
#   words of their source; upper and lower case count as one. One entry of the inventory is one key: a name of several keys deviates, unless they
#   are copies of one in several regions. Does not apply where no key was found, or nothing is declared that could be compared. Cannot see whether
#   a key is used for what its class says.
# scope: package
# schemas:
#   - input.resource: schema["joined-key"]
# custom:
#   subject: joined/key
#   needs:
#     conforms: [compared, differs, found]
#     deviates: []
#     not_applicable: [differs, found]
#   severity: medium
#   remediation: Correct the inventory, or replace the key by one of the kind that is declared.
package checks.keys.is_as_declared

not_applicable contains {"path": "/found", "actual": input.resource.found, "because": "no key was found under its name"} if {
	count(input.resource.differs) == 0
	count(input.resource.found) == 0
}

not_applicable contains {
	"path": "/compared",
	"actual": input.resource.compared,
	"because": "nothing is declared of it that could be compared",
} if {
	count(input.resource.differs) == 0
	input.resource.compared == 0
	count(input.resource.found) == 1
}

conforms contains {"path": "/differs", "actual": input.resource.differs} if {
	is_number(input.resource.compared)
	count(input.resource.found) > 0
	count(input.resource.differs) == 0
}

deviates contains {
	"path": sprintf("/differs/%d", [n]),
	"actual": difference,
	"expected": difference.declared,
	"because": sentence(difference),
} if {
	some n, difference in input.resource.differs
}

sentence(difference) := sprintf("%s keys have this name", [difference.found]) if difference.what == "number"

sentence(difference) := sprintf("its %s is %s, and declared as %s", [difference.what, difference.found, difference.declared]) if {
	difference.what != "number"
}
