# METADATA
# title: Every identity that is declared for a person is there
# description: >-
#   Reads which identities of a declared key holder exist at their targets: users, roles and sessions of roles in AWS, members and outside
#   collaborators of GitHub, subjects and access entries of Kubernetes, logins of HSMs. Concludes that each does. What lives elsewhere is
#   undetermined: people of an identity provider, users and groups of a cluster that no binding names; who assumes a role, knows a PIN or is in a
#   group is not asked here. Does not apply to people without an identity, nor to those who left. Cannot see who uses an identity.
# scope: package
# schemas:
#   - input.resource: schema["joined-person"]
# custom:
#   subject: joined/person
#   needs:
#     conforms: [left, identities, found, absent, elsewhere]
#     deviates: [left, identities]
#     undetermined: [left, identities]
#     not_applicable: [[left], [identities]]
#   severity: high
#   remediation: Correct the declared identity, or find out where it went.
package checks.people.identities_are_there

import data.lib.people

not_applicable contains {"path": "/identities", "because": "no identity is declared for this person"} if {
	is_array(input.resource.identities)
	count(input.resource.identities) == 0
}

not_applicable contains {"path": "/left", "because": "they left"} if people.gone(input.resource)

applies if {
	people.here(input.resource)
	count(input.resource.identities) > 0
}

is_found(one) if {
	some found in input.resource.found
	found.target == one.target
	found.identity == one.identity
}

deviates contains {
	"path": sprintf("/absent/%d", [n]),
	"because": sprintf("`%s` at `%s`: %s; %d identities are declared for this person", [
		one.identity,
		one.target,
		one.because,
		count(input.resource.identities),
	]),
} if {
	applies
	some n, one in input.resource.absent
}

undetermined contains {
	"path": sprintf("/elsewhere/%d", [n]),
	"because": sprintf("`%s` at `%s`: %s", [one.identity, one.target, one.because]),
} if {
	applies
	some n, one in input.resource.elsewhere
	not is_found(one)
}

conforms contains {
	"path": "/found",
	"because": sprintf("all %d identities that are declared for this person are there", [count(input.resource.identities)]),
} if {
	applies
	count(input.resource.absent) == 0
	count(input.resource.found) == count(input.resource.identities)
	count([one | some one in input.resource.elsewhere; not is_found(one)]) == 0
}
