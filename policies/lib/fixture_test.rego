# METADATA
# title: Resources for the tests of checks
# description: Shallow builders, so that no test nests literals deeply.
package lib.fixture

now := 1800000000

day := 86400

moment(epoch) := {"at": "as of the source", "epoch": epoch}

days_ago(n) := moment(now - (n * day))

days_ahead(n) := moment(now + (n * day))

# The input of a check about one resource.
case(resource, parameters) := declared(resource, parameters, {})

declared(resource, parameters, declaration) := {
	"now": now,
	"target": {"id": "prod", "collector": "test"},
	"parameters": parameters,
	"declaration": declaration,
	"resource": resource,
}

account(id) := {"type": "AWS", "form": "account", "value": id, "account": id}

role(id, name) := {
	"type": "AWS",
	"form": "role",
	"value": sprintf("arn:aws:iam::%s:role/%s", [id, name]),
	"account": id,
}

everyone := {"type": "AWS", "form": "everyone", "value": "*"}

nobodys_account := {"type": "AWS", "form": "role", "value": "arn:aws:iam::*:role/x"}

deleted := {"type": "AWS", "form": "unique-id", "value": "AROAEXAMPLEEXAMPLE12"}

service(name) := {"type": "Service", "form": "service", "value": name}

provider(id, issuer) := {
	"type": "Federated",
	"form": "identity-provider",
	"value": sprintf("arn:aws:iam::%s:oidc-provider/%s", [id, issuer]),
	"account": id,
}

statement(effect, actions, principals, conditions) := {
	"effect": effect,
	"actions": actions,
	"resources": ["*"],
	"principals": principals,
	"conditions": conditions,
}

# A statement that allows, as the collector computes whom it lets in: one answer for each principal.
allows(answers) := {
	"effect": "Allow",
	"actions": ["kms:*"],
	"resources": ["*"],
	"principals": [everyone | some _ in answers],
	"conditions": [],
	"lets_in": [object.union(answer, {"principal": n}) | some n, answer in answers],
}

# For NotPrincipal there is one answer, and no principal it belongs to.
allows_others(answer) := {
	"effect": "Allow",
	"actions": ["kms:*"],
	"resources": ["*"],
	"not_principals": [account("999999999999")],
	"conditions": [],
	"lets_in": [answer],
}

let_in(bounds) := {
	"sentence": "somebody is allowed",
	"bounds": [{"by": "the principal", "parties": parties} | some parties in bounds],
	"unclear": [],
	"external_id": false,
}

by(party) := let_in([[party]])

unclear(answer) := object.union(object.remove(answer, ["unclear"]), {"unclear": ["SomethingNew new:key \"x\""]})

nobody(answer) := object.union(answer, {"nobody": "nobody can come as it"})

until(answer, moment) := object.union(answer, {"until": moment})

with_external_id(answer) := object.union(object.remove(answer, ["external_id"]), {"external_id": true})

party(kind, name) := {"kind": kind, "names": [name]}

party_of(kind, names, issuer) := {"kind": kind, "names": names, "issuer": issuer, "account": "111122223333"}

condition(operator, key, values) := {
	"operator": operator,
	"base": lower(operator),
	"if_exists": false,
	"key": lower(key),
	"values": values,
}

if_exists(plain) := object.union(plain, {
	"operator": sprintf("%sIfExists", [plain.operator]),
	"if_exists": true,
})

for_values(which, plain) := object.union(plain, {
	"operator": sprintf("For%sValues:%s", [which, plain.operator]),
	"for_values": which,
})

document(statements) := {"text": "{}", "version": "2012-10-17", "statements": statements}
