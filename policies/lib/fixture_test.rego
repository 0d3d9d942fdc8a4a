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

everyone_except(actions, principals, conditions) := {
	"effect": "Allow",
	"actions": actions,
	"resources": ["*"],
	"not_principals": principals,
	"conditions": conditions,
}

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
