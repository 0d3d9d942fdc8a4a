# METADATA
# title: Users, roles and accounts for the tests of checks
# description: What IAM says of a user who signs in with a passkey and has one access key, and changes of it.
package lib.fixture_iam

import data.lib.fixture

identity(kind, name, path) := {
	"arn": sprintf("arn:aws:iam::111122223333:%s%s%s", [kind, path, name]),
	"name": name,
	"unique_id": "AIDAEXAMPLEEXAMPLE12",
	"path": path,
	"created": fixture.days_ago(400),
}

access_key(id, active, days) := {"id": id, "active": active, "created": fixture.days_ago(days)}

used(id, days) := {"id": id, "used": true, "last": fixture.days_ago(days)}

never_used(id) := {"id": id, "used": false}

device(type) := {"serial": sprintf("arn:aws:iam::111122223333:%s/x", [type]), "type": type}

password(days) := {"exists": true, "created": fixture.days_ago(days)}

no_password := {"exists": false}

# A password with what the credential report says of it.
password_used(days, last_used, changed_days) := {
	"exists": true,
	"created": fixture.days_ago(days),
	"enabled": true,
	"last_used": last_used,
	"changed": fixture.days_ago(changed_days),
	"as_of": fixture.days_ago(0),
}

# One that is younger than the report.
password_since_report(days) := {"exists": true, "created": fixture.days_ago(days)}

use(days) := {"used": true, "last": fixture.days_ago(days)}

no_use := {"used": false}

user := {
	"identity": identity("user", "kh-1", "/"),
	"groups": [],
	"login_profile": password(200),
	"mfa_devices": [device("passkey")],
	"access_keys": [access_key("AKIA1", true, 30)],
	"access_key_use": [used("AKIA1", 1)],
	"password_use": password_used(200, use(2), 200),
}

with_parts(parts) := object.union(object.remove(user, object.keys(parts)), parts)

account := {
	"account_id": "111122223333",
	"aliases": ["northbank"],
	"password_policy": strong,
	"summary": summary({}),
	"root_virtual_mfa_devices": [],
}

strong := {
	"exists": true,
	"minimum_length": 14,
	"require_symbols": true,
	"require_numbers": true,
	"require_uppercase": true,
	"require_lowercase": true,
	"users_may_change": true,
	"expires": false,
	"reuse_prevention": 24,
}

summary(changes) := object.union(
	{
		"users": 3,
		"root_mfa_enabled": true,
		"root_access_keys_present": false,
		"root_password_present": true,
	},
	changes,
)

account_with(parts) := object.union(object.remove(account, object.keys(parts)), parts)

role(path, statements) := {
	"identity": identity("role", "signer", path),
	"trust_policy": fixture.document(statements),
}
