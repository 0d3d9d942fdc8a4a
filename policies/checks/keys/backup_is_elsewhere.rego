# METADATA
# title: The backups of a key lie elsewhere than the key
# description: >-
#   Reads the keys that the inventory calls a backup of this one (`backup_of`), and where both lie: the region in which KMS has them, the token, and
#   what the inventory says (`location`). A backup in the region, on the token or in the place of its key deviates. A token can be carried
#   anywhere, and what is in no target is nowhere to be seen: without a `location` it stays open. Does not apply to a key without a declared
#   backup. Cannot see how far two places are apart, nor whether what is declared of a place is true.
# scope: package
# schemas:
#   - input.resource: schema["joined-key"]
# custom:
#   subject: joined/key
#   needs:
#     conforms: [backups]
#     deviates: []
#     not_applicable: [backups]
#     undetermined: [backups]
#   severity: high
#   remediation: Move the backup to another place, or say in the inventory where key and backup lie.
package checks.keys.backup_is_elsewhere

not_applicable contains {"path": "/backups", "actual": [], "because": "no backup of it is declared"} if {
	count(input.resource.backups) == 0
}

deviates contains {
	"path": sprintf("/backups/%d", [n]),
	"actual": backup,
	"because": sprintf("the backup `%s` lies where the key does: %s", [backup.id, backup.because]),
} if {
	some n, backup in input.resource.backups
	backup.apart == false
}

undetermined contains {"path": sprintf("/backups/%d", [n]), "because": backup.because} if {
	some n, backup in input.resource.backups
	is_null(backup.apart)
}

conforms contains {"path": sprintf("/backups/%d", [n]), "actual": backup, "because": backup.because} if {
	every_one_is_apart
	some n, backup in input.resource.backups
}

every_one_is_apart if {
	count([backup | some backup in input.resource.backups; backup.apart == true]) == count(input.resource.backups)
}
