# METADATA
# title: Joined keys for the tests of checks
package lib.fixture_keys

arn := "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

found := {
	"id": arn,
	"target": "prod",
	"by": "alias",
	"certain": false,
	"account": "111122223333",
	"region": "eu-west-1",
	"token": null,
}

# A key of the inventory that is there, as declared, with a backup elsewhere.
key := {
	"class": "operational",
	"at": {"target": "prod", "key": "alias/hot-signing"},
	"found": [found],
	"elsewhere": [],
	"differs": [],
	"compared": 2,
	"backups": [{"id": "hot-backup", "apart": true, "because": "the key is in eu-west-1, the backup in eu-central-1"}],
}

# A key that was found and that the inventory names.
found_key := {
	"targets": ["prod"],
	"names": ["1234abcd-12ab-34cd-56ef-1234567890ab", "alias/hot-signing", arn],
	"account": "111122223333",
	"region": "eu-west-1",
	"token": null,
	"managed": false,
	"signs": true,
	"spec": "ECC_SECG_P256K1",
	"origin": "AWS_KMS",
	"declared_as": ["hot-signing"],
	"declared_elsewhere": [],
	"copy_of": [],
}
