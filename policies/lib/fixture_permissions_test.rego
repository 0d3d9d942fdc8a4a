# METADATA
# title: Permissions for the tests of checks
# description: A user and a role with what the collector found that they may do.
package lib.fixture_permissions

principal(type, name) := {
	"arn": sprintf("arn:aws:iam::111122223333:%s/%s", [type, name]),
	"type": type,
	"name": name,
	"groups": [],
	"of_service": false,
}

power(action, may) := {
	"action": action,
	"may": may,
	"policy": "arn:aws:iam::aws:policy/AdministratorAccess",
	"sentence": sprintf("%s is allowed", [action]),
}

by_group(group, what) := object.union(what, {"group": group})

of(who, administers, keys) := {"principal": who, "administers": administers, "keys": keys}

service := object.union(principal("role", "AWSServiceRoleForX"), {"of_service": true})
