# METADATA
# title: Keys of AWS KMS
# description: What several checks of keys share.
package lib.kms

# The custodian's own key. Those that AWS manages cannot be configured by the account.
customer(key) if key.manager == "CUSTOMER"

# Why checks of configuration do not apply to a key that AWS manages.
managed_by_aws(key) := {
	"path": "/manager",
	"actual": key.manager,
	"because": "AWS manages this key; the account cannot configure it",
} if {
	key.manager == "AWS"
}
