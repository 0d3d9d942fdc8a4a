# METADATA
# title: Unused credentials are removed
# description: >-
#   Reads the last use of each user's active access keys, and of the console password as the credential report gives it (the report can be
#   four hours old; its own time counts; who has no password, or one younger than the report, needs none). Concludes that each was used, created or reset within `max_days`; a date more
#   than six hours after the start of the run, or after the report that tells of it, makes it undetermined. Does not apply to users with
#   neither a password nor an active access key. Cannot see uses that IAM does not record: passwords before October 2014, access keys before
#   April 2015; and a use within the hours before the run may not be recorded yet.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
# schemas:
#   - input.resource: schema["aws-iam-user"]
# custom:
#   subject: aws-iam/user
#   needs:
#     conforms: [[password_use, access_keys], [password_use, access_keys, access_key_use]]
#     deviates: []
#     undetermined: [[password_use], [access_keys], [access_keys, access_key_use]]
#     not_applicable: [password_use, access_keys]
#   severity: medium
#   remediation: Delete the password or the access key, or the user.
#   parameters:
#     max_days: {type: integer, minimum: 1, maximum: 3650, default: 90, x-stricter: lower}
package checks.aws_iam.unused_credentials_are_gone

import data.lib.aws
import data.lib.clock

active[n] := key if {
	some n, key in input.resource.access_keys
	key.active == true
}

not_applicable contains {
	"path": "/access_keys",
	"because": "the user has neither a password nor an active access key",
} if {
	password.exists == false
	input.resource.access_keys
	count(active) == 0
}

within(from, to) if aws.days(from, to) <= input.parameters.max_days

beyond(from, to) if aws.days(from, to) > input.parameters.max_days

use_of(key) := used if {
	some used in input.resource.access_key_use
	used.id == key.id
}

key_in_use(key) if within(use_of(key).last.epoch, input.now)

key_in_use(key) if within(key.created.epoch, input.now)

# Proven to lie idle: the use that IAM knows of is long ago, or it knows of none and the key is not new.
key_idle(key) if {
	beyond(use_of(key).last.epoch, input.now)
	beyond(key.created.epoch, input.now)
}

key_idle(key) if {
	use_of(key).used == false
	beyond(key.created.epoch, input.now)
}

password := input.resource.password_use

with_password if password.exists == true

password_in_use if password.exists == false

password_in_use if {
	with_password
	within(password.last_used.last.epoch, password.as_of.epoch)
}

password_in_use if {
	with_password
	within(password.changed.epoch, password.as_of.epoch)
}

password_in_use if {
	with_password
	within(password.created.epoch, input.now)
}

long_unused if beyond(password.last_used.last.epoch, password.as_of.epoch)

long_unused if password.last_used.used == false

password_idle if {
	with_password
	password.enabled == true
	long_unused
	beyond(password.changed.epoch, password.as_of.epoch)
	beyond(password.created.epoch, input.now)
}

# Kept whatever its use was.
new(key) if {
	within(key.created.epoch, input.now)
	not clock.ahead(key.created)
}

# Moments that cannot be, and that matter, by where they stand.
impossible contains {"path": sprintf("/access_keys/%d/created", [n]), "because": clock.why(key.created)} if {
	some n, key in active
	clock.ahead(key.created)
}

impossible contains {"path": sprintf("/access_key_use/%d/last", [n]), "because": clock.why(used.last)} if {
	some n, used in input.resource.access_key_use
	clock.ahead(used.last)
	some key in active
	key.id == used.id
	not new(key)
}

impossible contains {"path": sprintf("/password_use/%s", [part]), "because": clock.why(password[part])} if {
	with_password
	some part in ["as_of", "changed", "created"]
	clock.ahead(password[part])
}

impossible contains {"path": "/password_use/last_used/last", "because": clock.why_after(password.last_used.last, password.as_of)} if {
	with_password
	clock.after(password.last_used.last, password.as_of)
}

impossible contains {"path": "/password_use/changed", "because": clock.why_after(password.changed, password.as_of)} if {
	with_password
	clock.after(password.changed, password.as_of)
}

undetermined contains one if some one in impossible

conforms contains {
	"path": "/access_keys",
	"expected": sprintf("used within %d days", [input.parameters.max_days]),
	"because": "the password and every active access key were used, created or reset in time",
} if {
	password_in_use
	input.resource.access_keys
	count(impossible) == 0
	some_credential
	every key in active {
		key_in_use(key)
	}
}

some_credential if with_password

some_credential if count(active) > 0

deviates contains {
	"path": sprintf("/access_keys/%d", [n]),
	"expected": sprintf("used within %d days", [input.parameters.max_days]),
	"because": "the access key is active and unused",
} if {
	some n, key in active
	key_idle(key)
}

deviates contains {
	"path": "/password_use/last_used",
	"expected": sprintf("used within %d days", [input.parameters.max_days]),
	"because": "the password is unused",
} if {
	password_idle
}
