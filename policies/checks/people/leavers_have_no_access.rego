# METADATA
# title: Nobody who left is still there
# description: >-
#   Reads, for key holders whose declared last day (`left`) is over, which of their identities still exist and which keys still name them. Concludes
#   that none does. What several people may be (a role, a group, the PIN of a token) says nothing about one of them: it is undetermined as long as
#   it is declared for somebody who left; so is what lives elsewhere. Does not apply to those who are still here. Cannot see identities that were
#   never declared, nor what they know.
# scope: package
# schemas:
#   - input.resource: schema["joined-person"]
# custom:
#   subject: joined/person
#   needs:
#     conforms: [left, keys, found, absent, elsewhere]
#     deviates: [left]
#     undetermined: [left]
#     not_applicable: [left]
#   severity: critical
#   remediation: Delete the identity, change what they knew, and take the person out of the inventory of keys.
package checks.people.leavers_have_no_access

import data.lib.people

not_applicable contains {"path": "/left", "actual": input.resource.left, "because": "they are still here"} if {
	people.here(input.resource)
}

gone if people.gone(input.resource)

deviates contains {
	"path": sprintf("/found/%d", [n]),
	"because": sprintf("they left on %s, and `%s` is still at `%s`", [
		input.resource.left.date,
		one.identity,
		one.target,
	]),
} if {
	gone
	some n, one in input.resource.found
	one.shared == false
}

deviates contains {
	"path": "/keys",
	"because": sprintf("they left on %s, and are still declared to hold %d keys", [
		input.resource.left.date,
		count(input.resource.keys),
	]),
} if {
	gone
	is_array(input.resource.keys)
	count(input.resource.keys) > 0
}

undetermined contains {
	"path": sprintf("/found/%d", [n]),
	"because": sprintf("`%s` at `%s` is there, and whether they can still be it cannot be seen", [
		one.identity,
		one.target,
	]),
} if {
	gone
	some n, one in input.resource.found
	one.shared == true
}

undetermined contains {
	"path": sprintf("/elsewhere/%d", [n]),
	"because": sprintf("`%s` at `%s`: %s", [one.identity, one.target, one.because]),
} if {
	gone
	some n, one in input.resource.elsewhere
}

conforms contains {
	"path": "/absent",
	"because": sprintf("they left on %s, and none of their %d identities is there any more", [
		input.resource.left.date,
		count(input.resource.absent),
	]),
} if {
	gone
	is_array(input.resource.keys)
	count(input.resource.keys) == 0
	count(input.resource.found) == 0
	count(input.resource.elsewhere) == 0
	is_array(input.resource.absent)
}
