# METADATA
# title: Every key of the inventory that is declared here is here
# description: >-
#   Reads all KMS keys of the target and compares them with the declared keys that are `at` this target: by key id, ARN, alias, or an alias's
#   ARN. That one is absent is concluded only where every region and every key of the target was read: it could be in what was not read. Does
#   not apply where no key is declared at the target. Cannot see keys of other accounts.
# scope: package
# custom:
#   subject: target
#   reads: [aws-kms/key, aws-kms/region]
#   needs:
#     conforms: [aws-kms/key]
#     deviates: [aws-kms/key, aws-kms/region]
#     not_applicable: []
#   severity: high
#   remediation: Correct the inventory, or find out where the key went.
#   declares: [keys]
package checks.aws_kms.declared_keys_are_there

# The name of each key that is declared at this target, by its id.
declared[key.id] := key.at.key if {
	some key in input.declaration.keys
	key.at.target == input.target.id
}

keys := input.resources["aws-kms/key"]

# Every name of every key, gathered once: comparing each declared key with each key here would grow with the product of both.
names contains key.key_id if some key in keys

names contains key.arn if some key in keys

names contains alias if {
	some key in keys
	is_array(key.aliases)
	some alias in key.aliases
}

# An alias's ARN is of the account and region of its key.
names contains concat(":", array.concat(place, [alias])) if {
	some key in keys
	is_array(key.aliases)
	place := array.slice(split(key.arn, ":"), 0, 5)
	some alias in key.aliases
}

found contains id if {
	some id, name in declared
	name in names
}

not_applicable contains {"because": "no key is declared at this target"} if count(declared) == 0

conforms contains {"because": sprintf("each of the %d keys that are declared here was found", [count(declared)])} if {
	is_array(keys)
	count(declared) > 0
	count(found) == count(declared)
}

deviates contains {
	"expected": name,
	"because": sprintf("the key `%s` of the inventory is declared here as `%s`, and no key here has that name", [id, name]),
} if {
	is_array(keys)
	some id, name in declared
	not id in found
}
