# METADATA
# title: Every key that is found is in the inventory
# description: >-
#   Reads every key that was found in the accounts and regions, on the tokens and by the programs of your own that the declaration names as
#   targets, and the keys of the inventory that name it by any of its names. Keys that AWS manages are left out: nobody can choose what is kept in
#   them, or hand them to anybody. With `signing_only` so are keys that cannot sign, and so are those that `others` names. A copy of a declared key in another region is a key of its own
#   unless the inventory calls it by a name that both have (the id `mrk-…`). Where a name of the key was not read that the inventory may have
#   meant, nothing is concluded; nor of a key that `others` exempts where not all of its names were read. Cannot see keys of accounts, regions and tokens that no target names, nor keys in secrets of Kubernetes or GitHub.
# scope: package
# schemas:
#   - input.resource: schema["joined-found-key"]
# custom:
#   subject: joined/found-key
#   needs:
#     conforms: [declared_as]
#     deviates: [declared_as, managed, names]
#     not_applicable: [[declared_as, managed], [declared_as, signs], [declared_as, names]]
#   severity: high
#   remediation: Add the key to `keys` of the declaration, with its holders, or destroy it if nobody needs it.
#   parameters:
#     signing_only:
#       type: boolean
#       default: false
#       x-stricter: false
#       description: Only keys that can sign have to be in the inventory.
#     others:
#       description: Keys that are no part of this system, each by one of its names as the target writes it (id, ARN, alias, label). All names of the key have to be read.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.keys.found_key_is_declared

not_applicable contains {
	"path": "/managed",
	"actual": true,
	"because": "it is a key that AWS makes and manages by itself",
} if {
	count(input.resource.declared_as) == 0
	input.resource.managed == true
}

not_applicable contains {"path": "/signs", "actual": false, "because": "it cannot sign"} if {
	input.parameters.signing_only == true
	count(input.resource.declared_as) == 0
	input.resource.signs == false
}

not_applicable contains {"path": "/names", "because": sprintf("`%s` is declared to be no part of the system", [name])} if {
	count(input.resource.declared_as) == 0
	some name in others
}

others := {name | some name in input.resource.names; name in input.parameters.others}

conforms contains {"path": "/declared_as", "actual": input.resource.declared_as} if {
	count(input.resource.declared_as) > 0
}

undeclared if {
	count(input.resource.declared_as) == 0
	input.resource.managed == false
	is_array(input.resource.names)
	count(others) == 0
	counts
}

counts if input.parameters.signing_only == false

# A source that does not say what it is for leaves signing open.
counts if input.resource.signs != false

deviates contains {
	"path": "/declared_as",
	"actual": input.resource.declared_as,
	"because": "no key of the inventory has one of its names",
} if {
	undeclared
}

deviates contains {
	"path": "/declared_elsewhere",
	"actual": input.resource.declared_elsewhere,
	"because": "the inventory says that it is at another target",
} if {
	undeclared
	count(input.resource.declared_elsewhere) > 0
}

deviates contains {
	"path": "/copy_of",
	"actual": input.resource.copy_of,
	"because": "it is a copy, in another region, of a key of the inventory",
} if {
	undeclared
	count(input.resource.copy_of) > 0
}
