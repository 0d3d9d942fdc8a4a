# METADATA
# title: Keys of AWS KMS
# description: What several checks of keys share.
package lib.kms

# The custodian's own key. Those that AWS manages cannot be configured by the account.
customer(key) if key.manager == "CUSTOMER"

# Creating and updating a key's primary Region leave what exists usable or become usable by themselves; only these two are no trouble.
usable_states := {"Enabled", "Updating"}

why("Disabled") := "the key is disabled and cannot be used"

why("PendingDeletion") := "the key cannot be used and will be deleted with everything it protects"

why("PendingReplicaDeletion") := "the key cannot be used and will be deleted once its replicas are"

why("PendingImport") := "the key has no material"

why("Unavailable") := "the custom key store that holds the material cannot be reached"

why(state) := "the key cannot be used" if {
	not state in {"Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable"}
}

# Why checks of configuration do not apply to a key that AWS manages.
managed_by_aws(key) := {
	"path": "/manager",
	"actual": key.manager,
	"because": "AWS manages this key; the account cannot configure it",
} if {
	key.manager == "AWS"
}
