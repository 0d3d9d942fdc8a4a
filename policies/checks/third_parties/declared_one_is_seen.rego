# METADATA
# title: Every third party that is declared is seen where it can be
# description: >-
#   Reads which of the names in `seen_as` of a third party were found at targets. Concludes that each was. Does not apply where none is declared, or
#   where no declared target could show any. Cannot see whether it is relied on in other ways.
# scope: package
# schemas:
#   - input.resource: schema["joined-third-party"]
# custom:
#   subject: joined/third-party
#   needs:
#     conforms: [seen_as, seen, unseen, nowhere]
#     deviates: [seen_as]
#     not_applicable: [seen_as, nowhere]
#   severity: low
#   remediation: Take the name out of the declaration, or find out where the third party went.
package checks.third_parties.declared_one_is_seen

not_applicable contains {"path": "/seen_as", "because": "nothing says what it is called where it is found"} if {
	is_array(input.resource.nowhere)
	count(input.resource.seen_as) == 0
}

not_applicable contains {"path": "/nowhere", "because": "no target that is declared could show it"} if {
	count(input.resource.seen_as) > 0
	count(input.resource.nowhere) == count(input.resource.seen_as)
}

deviates contains {
	"path": sprintf("/unseen/%d", [n]),
	"because": sprintf("%s `%s` was found nowhere; this third party has %d names", [
		name.kind,
		name.name,
		count(input.resource.seen_as),
	]),
} if {
	some n, name in input.resource.unseen
}

conforms contains {
	"path": "/seen",
	"because": sprintf("%d of its %d names were found, and no target could show the others", [
		count(input.resource.seen),
		count(input.resource.seen_as),
	]),
} if {
	count(input.resource.seen) > 0
	count(input.resource.unseen) == 0
	is_array(input.resource.nowhere)
	is_array(input.resource.seen_as)
}
