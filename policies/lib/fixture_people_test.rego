package lib.fixture_people

# Days around the moment of a case.
before := {"date": "2026-12-31", "epoch": 1798675200}

after := {"date": "2099-12-31", "epoch": 4102358400}

# A person with identities, each a pair of target and identity: `found` (or `shared`), `absent`, `elsewhere`; `ways`, `left`, `keys`.
person(of) := {
	"keys": object.get(of, "keys", []),
	"roles": [],
	"acknowledged": before,
	"trained": before,
	"training_due": null,
	"left": object.get(of, "left", null),
	"identities": [identity |
		some pair in (((pairs(of, "found") | pairs(of, "shared")) | pairs(of, "absent")) | pairs(of, "elsewhere"))
		identity := {"target": pair[0], "identity": pair[1]}
	],
	"found": array.concat(found(of, "found", "aws-iam/user", false), found(of, "shared", "aws-iam/role", true)),
	"absent": said(of, "absent", "no user here has this ARN"),
	"elsewhere": said(of, "elsewhere", "it lives elsewhere"),
	"ways": object.get(of, "ways", []),
}

pairs(of, member) := {pair | some pair in object.get(of, member, [])}

found(of, member, kind, shared) := [one |
	some pair in object.get(of, member, [])
	one := {"target": pair[0], "identity": pair[1], "kind": kind, "shared": shared}
]

said(of, member, because) := [one |
	some pair in object.get(of, member, [])
	one := {"target": pair[0], "identity": pair[1], "because": because}
]

way(pair, by, second) := {
	"target": pair[0],
	"identity": pair[1],
	"by": by,
	"second": second,
	"because": "a way in",
}
