# METADATA
# title: Who reaches keys, for the tests of checks
# description: A key of the inventory, and entries of those who reach it.
package lib.fixture_reach

arn(kind, name) := sprintf("arn:aws:iam::111122223333:%s/%s", [kind, name])

who(kind, name) := {"kind": kind, "name": name}

# Somebody who acts on the key themselves.
acts(kind, name, does, may) := {
	"who": who(kind, name),
	"does": does,
	"may": may,
	"action": "kms:Sign",
	"actions": ["kms:Sign"],
	"step": may,
	"by": [{"kind": "aws-kms/key", "id": "key", "part": "policy", "statement": 0}],
	"conditions": conditions(may),
	"holders": [],
	"asks_for_mfa": false,
}

conditions("yes") := []

conditions("undetermined") := [{"words": "StringLike aws:principaltag/team \"x\"", "holds": "not-understood"}]

# Somebody who becomes somebody.
becomes(kind, name, role, may) := object.union(acts(kind, name, ["use"], may), {
	"action": "sts:AssumeRole",
	"actions": [],
	"becomes": who("role", role),
})

held(entry, holders) := object.union(entry, {"holders": holders})

asking(entry) := object.union(entry, {"asks_for_mfa": true})

key(entries) := {
	"account": "111122223333",
	"manager": "CUSTOMER",
	"declared": [{"id": "hot-signing", "holders": ["kh-1", "kh-2"]}],
	"copies": [],
	"entries": entries,
	"common": null,
	"everyone": true,
}

# A key that is reached by others too, in the way in which they reach other keys: of so many as `counts` says the first.
key_and(entries, first, counts) := object.union(key(entries), {"common": {
	"of": "111122223333",
	"people": 40,
	"except": [],
	"not_holders": among(first, counts, "not_holders"),
	"users_without_mfa": among(first, counts, "users_without_mfa"),
	"do_everything": among(first, counts, "do_everything"),
}})

among(first, counts, member) := {
	"count": object.get(counts, member, count(object.get(first, member, []))),
	"first": object.get(first, member, []),
}

administrators(entries) := {"account": "111122223333", "entries": entries, "everyone": true}

# Somebody who comes to be an administrator.
raises(kind, name, may) := object.union(object.remove(acts(kind, name, [], may), ["does"]), {
	"action": "iam:PutUserPolicy",
	"actions": [],
	"becomes": who("administrators", "111122223333"),
})

without(resource, part) := object.remove(resource, [part])
