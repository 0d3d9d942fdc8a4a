# METADATA
# title: Keys for the tests of checks
# description: A customer key as KMS describes it, and changes of it.
package lib.fixture_kms

import data.lib.fixture

own_account := fixture.statement("Allow", ["kms:*"], [fixture.account("111122223333")], [])

rotation(enabled, days) := {
	"enabled": enabled,
	"period_days": days,
	"next": null,
	"on_demand_start": null,
}

key := {
	"arn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
	"key_id": "1234abcd-12ab-34cd-56ef-1234567890ab",
	"manager": "CUSTOMER",
	"state": "Enabled",
	"enabled": true,
	"spec": "SYMMETRIC_DEFAULT",
	"origin": "AWS_KMS",
	"valid_to": null,
	"expiration_model": null,
	"deletion_date": null,
	"grants": [],
	"rotation": rotation(true, 365),
	"policy": fixture.document([own_account]),
}

with_parts(parts) := object.union(key, parts)

# Replaces a part, where a union would merge objects.
replaced(part, value) := object.union(object.remove(key, [part]), {part: value})

managed := with_parts({"manager": "AWS"})
