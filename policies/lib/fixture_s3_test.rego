# METADATA
# title: Buckets for the tests of checks
# description: A bucket that nobody else gets at and nothing can be deleted from, and changes of it.
package lib.fixture_s3

block(on) := {
	"block_public_acls": on,
	"ignore_public_acls": on,
	"block_public_policy": on,
	"restrict_public_buckets": on,
}

owner := {"grantee": "79a59df9", "kind": "canonical-user", "permission": "FULL_CONTROL", "is_owner": true}

stranger := {"grantee": "aec4f1b7", "kind": "canonical-user", "permission": "FULL_CONTROL", "is_owner": false}

address := {"grantee": "jane@example.org", "kind": "email", "permission": "READ", "is_owner": false}

log_delivery := {
	"grantee": "http://acs.amazonaws.com/groups/s3/LogDelivery",
	"kind": "group",
	"permission": "WRITE",
	"is_owner": false,
}

everyone := {
	"grantee": "http://acs.amazonaws.com/groups/global/AllUsers",
	"kind": "group",
	"permission": "READ",
	"is_owner": false,
}

lock(mode, days, years) := {"enabled": true, "mode": mode, "days": days, "years": years}

bucket := {
	"region": "eu-west-1",
	"policy": null,
	"policy_is_public": null,
	"public_access_block": block(true),
	"account_public_access_block": null,
	"acl": [owner],
	"ownership": "BucketOwnerEnforced",
	"versioning": {"status": "Enabled", "mfa_delete": null},
	"object_lock": lock("COMPLIANCE", null, 2),
}

replaced(part, value) := object.union(object.remove(bucket, [part]), {part: value})

open := object.union(
	object.remove(bucket, ["public_access_block", "ownership"]),
	{"public_access_block": null, "ownership": "ObjectWriter"},
)
