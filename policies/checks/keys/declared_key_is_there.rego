# METADATA
# title: Every key of the inventory is where it is declared to be
# description: >-
#   Reads the keys of the target that the inventory names (KMS, tokens, programs of your own) and looks for the declared name among all of their
#   names: key id, ARN, alias and alias's ARN; label, id and fingerprint of the public key. That it is absent is concluded only where every list
#   that could hold it was read to its end. Does not apply to a key that is declared to be at no target. Cannot see keys in secrets of Kubernetes
#   or GitHub: such a key is undetermined. Cannot see whether the key still holds the same material.
# scope: package
# schemas:
#   - input.resource: schema["joined-key"]
# custom:
#   subject: joined/key
#   needs:
#     conforms: [at, found]
#     deviates: [at, found]
#     not_applicable: [at]
#   severity: high
#   remediation: Correct the inventory, or find out where the key went.
package checks.keys.declared_key_is_there

not_applicable contains {
	"path": "/at",
	"actual": null,
	"because": "the inventory does not say at which target it is",
} if {
	is_null(input.resource.at)
}

conforms contains {"path": "/found", "actual": input.resource.found} if {
	is_object(input.resource.at)
	count(input.resource.found) > 0
}

deviates contains {
	"path": "/found",
	"actual": input.resource.found,
	"expected": input.resource.at.key,
	"because": sprintf("no key of target `%s` is called `%s`", [input.resource.at.target, input.resource.at.key]),
} if {
	is_object(input.resource.at)
	count(input.resource.found) == 0
}

deviates contains {
	"path": sprintf("/elsewhere/%d", [n]),
	"actual": other,
	"because": sprintf("a key of this name is at target `%s`%s", [other.target, doubt(other)]),
} if {
	is_object(input.resource.at)
	count(input.resource.found) == 0
	some n, other in input.resource.elsewhere
}

doubt(other) := "" if other.certain

doubt(other) := ", which may be another key" if not other.certain
