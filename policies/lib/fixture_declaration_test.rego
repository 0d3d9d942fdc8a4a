# METADATA
# title: Declared things for the tests of checks
package lib.fixture_declaration

import data.lib.fixture

# The same thing with other parts.
but(thing, parts) := object.union(object.remove(thing, object.keys(parts)), parts)

days_ago(n) := {"date": "as declared", "epoch": fixture.now - (n * fixture.day)}

days_ahead(n) := {"date": "as declared", "epoch": fixture.now + (n * fixture.day)}

seconds_ahead(n) := {"date": "as declared", "epoch": fixture.now + n}

# The ledger is five weeks old, has had everything from the day it is dated on, and saw no change.
seen(dates) := {
	"ledger_since": fixture.now - (35 * fixture.day),
	"dates": dates,
	"changed": null,
	"first": fixture.now - (35 * fixture.day),
	"threats": null,
}

affects := {
	"keys": [],
	"targets": [],
	"components": [],
	"third_parties": [],
	"wallets": [],
	"classes": [],
}

threat := {
	"title": "A member of staff signs alone",
	"category": "insider",
	"affects": object.union(affects, {"keys": ["hot-signing"]}),
	"controls": [control_of("implemented")],
	"risks": ["T-1"],
	"accepted": [],
	"seen": seen({}),
}

# A row of the register by which the threat is borne.
acceptance_of(executive, day) := {"id": "T-1", "on": day, "executive": executive}

control_of(status) := {"id": "C-1", "status": status}

control := {
	"title": "Keys rotate",
	"requirements": [],
	"threats": ["T-1"],
	"status": "implemented",
	"checks": ["aws-kms/key-rotates"],
	"not_inspectable": null,
	"documents": [],
	"task": false,
	"every_seconds": 86400,
	"grace_seconds": null,
	"observed": {"since": fixture.now - (35 * fixture.day), "gaps": []},
}

task := {
	"every": "90d",
	"detection_window": "90d",
	"window_covers_every": true,
	"because": "T-1: a quarter is what we can bear",
	"because_of": ["T-1"],
	"threats": ["T-1"],
	"records": "reviews/",
	"done": [{"on": days_ago(10), "by": "kh-1", "record": "REC-1"}],
	"late": [],
	"last_done": days_ago(10),
	"due": days_ahead(80),
	"model_since": days_ago(300),
	"kept": kept(1, []),
	"grace": null,
	"operated": {"from": days_ago(190), "days": [due_day(100)], "seen": {}},
	"seen": task_seen(35),
}

# A day on which a task was due so many days ago, done a week before that, and declared the day after.
due_day(days) := {
	"due": days_ago(days),
	"until": days_ago(days - 5),
	"done": days_ago(days + 7),
	"record": "REC-2",
	"late": false,
	"seen": days_ago(days + 6).epoch,
}

# A folder of records.
kept(entries, missing) := {"entries": entries, "because": null, "missing": missing}

# The ledger has had the threats of the task since this many days.
task_seen(days) := object.union(
	seen({"last_done": fixture.now - (10 * fixture.day)}),
	{"threats": fixture.now - (days * fixture.day)},
)

review(day) := {"on": day, "by": "Head of Security", "looked_at": "all of it", "changed": "nothing"}

reviewed_part := {
	"review_every": "1y",
	"reviews": [review(days_ago(10))],
	"last": review(days_ago(10)),
	"due": days_ahead(355),
	"seen": seen({"last": fixture.now - (10 * fixture.day)}),
}

risk := {
	"threat": "T-1",
	"likelihood": "low",
	"impact": "high",
	"treatment": "reduce",
	"owner": "CISO",
	"residual": "low",
	"tolerance": {"id": "RT-1", "levels": ["low"]},
	"accepted_by": {"name": "CEO", "role": "ceo", "executive": true},
	"accepted": days_ago(30),
	"monitored": days_ago(30),
	"seen": seen({"accepted": fixture.now - (30 * fixture.day), "monitored": fixture.now - (30 * fixture.day)}),
}

key := {
	"class": "operational",
	"material": "private-key",
	"at": {"target": "prod", "key": "alias/hot-signing"},
	"holders": ["kh-1", "kh-2"],
	"wallets": [{"id": "hot", "signatures": 2}],
	"reviewed": days_ago(30),
	"named_by": ["T-1"],
	"covered_by": [],
	"in_compromise_plan": true,
}

certificate(expires, level) := {"standard": "ccss-9.0", "system": "theirs", "level": level, "expires": expires}

third_party := {
	"role": "qsp",
	"threats": ["T-1"],
	"keys": [],
	"certificate": certificate(days_ahead(100), 3),
	"covers": ["ccss-9.0:1.01.1.1"],
	"uncovered": [],
	"reviewed": days_ago(30),
	"review_every": "6mo",
	"review_due": days_ahead(150),
	"reviews": [],
	"seen_as": [],
	"seen": seen({"reviewed": fixture.now - (30 * fixture.day)}),
}

holder := {
	"identities": [{"target": "prod", "identity": "arn:aws:iam::111122223333:user/kh-1"}],
	"keys": ["hot-signing"],
	"roles": [],
	"acknowledged": days_ago(30),
	"trained": days_ago(30),
	"train_every": "1y",
	"training_due": days_ahead(335),
	"left": null,
	"seen": seen({"acknowledged": fixture.now - (30 * fixture.day), "trained": fixture.now - (30 * fixture.day)}),
}

document := {
	"title": "Key policy",
	"type": "policy",
	"path": "docs/keys.md",
	"sha256": "aa",
	"sealed_sha256": "aa",
	"version": "3",
	"owner": "CISO",
	"approved_by": "CEO",
	"approved": days_ago(30),
	"reviewed": null,
	"review_every": "1y",
	"review_due": days_ahead(335),
	"external": false,
	"seen": seen({"approved": fixture.now - (30 * fixture.day)}),
}

acceptance := {
	"reason": "ordered",
	"approved_by": "CISO",
	"approved": days_ago(30),
	"expires": days_ahead(30),
	"control": "C-1",
	"check": "aws-kms/key-rotates",
	"subject": "arn:aws:kms:eu-west-1:111122223333:key/1",
	"target": null,
	"used": true,
	"seen": seen({"approved": fixture.now - (30 * fixture.day)}),
}

exclusion := {
	"what": "the office network",
	"reason": "no key material passes it",
	"approved_by": "CISO",
	"approved": days_ago(30),
	"seen_as": [],
}

component := {"name": "Ceremony room", "evidence": [], "threats": ["T-1"]}

wallet := {
	"title": "Hot wallet",
	"signatures": {"needed": 2, "of": 3},
	"workflow": [{"what": "two officers compare the address", "by": ["officer"]}],
	"keys": ["hot-signing"],
}

system := {
	"designation": "full",
	"standard": "ccss-9.0",
	"level": 2,
	"keys": 1,
	"threats": 1,
	"controls": 1,
	"third_parties": 0,
	"threat_model": true,
	"compromise_plan": true,
	"categories": ["insider", "key-compromise"],
	"declined": [{"category": "physical", "reason": "no site of ours"}],
	"executives": ["ceo"],
	"of_other_systems": 0,
	"framework": "ISO/IEC 27005",
	"risks": 1,
	"seen": seen({}),
}
