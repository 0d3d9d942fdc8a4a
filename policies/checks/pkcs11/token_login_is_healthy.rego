# METADATA
# title: The token requires a PIN, and no one has been guessing it
# description: >-
#   Reads the flags of the token and concludes that keys need a login, that its user's PIN was set, was changed from the first one, and that
#   neither PIN is locked or had a wrong attempt since the last correct one. Only some makers set a flag at the first wrong PIN (`lib/pkcs11.rego`,
#   `reporting`): of the others nothing follows from flags that are not set. Cannot see wrong attempts before the last correct one, how long the
#   PIN is, or who knows it.
# scope: package
# related_resources:
#   - ref: https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/pkcs11-spec-v3.1.html
# schemas:
#   - input.resource: schema["pkcs11-token"]
# custom:
#   subject: pkcs11/token
#   needs:
#     conforms:
#       - [login_required, error_state, user_pin, so_pin, manufacturer]
#       - [login_required, error_state, user_pin, so_pin, manufacturer, model, module]
#     deviates: [label]
#     undetermined: [login_required, error_state, user_pin, so_pin, manufacturer, model, module]
#   severity: high
#   remediation: Find out who tried; then log in with the correct PIN (that resets the count), change the PIN, or have the security officer set a new one.
#   parameters:
#     reporting:
#       description: Manufacturers, as their tokens name them, who set a flag at the first wrong PIN by their own manual.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.pkcs11.token_login_is_healthy

import data.lib.pkcs11

wrong := {
	"count_low": "a wrong PIN was entered since the last correct one",
	"final_try": "one more wrong PIN locks it",
	"locked": "it is locked",
	"to_be_changed": "it is the first one or has expired",
}

deviates contains {
	"path": sprintf("/%s/%s", [pin, flag]),
	"actual": true,
	"expected": false,
	"because": sprintf("%s: %s", [whose, because]),
} if {
	some pin, whose in {"user_pin": "the user's PIN", "so_pin": "the security officer's PIN"}
	some flag, because in wrong
	input.resource[pin][flag] == true
}

deviates contains {
	"path": "/user_pin/initialized",
	"actual": false,
	"expected": true,
	"because": "its user has no PIN yet",
} if {
	input.resource.user_pin.initialized == false
}

deviates contains {
	"path": "/login_required",
	"actual": false,
	"expected": true,
	"because": "keys can be used without a login",
} if {
	input.resource.login_required == false
}

deviates contains {
	"path": "/error_state",
	"actual": true,
	"expected": false,
	"because": "the token says that it has failed a self-test",
} if {
	input.resource.error_state == true
}

conforms contains {
	"path": "/user_pin",
	"because": "a login is needed, and the token reports no wrong PIN since the last correct one",
} if {
	nothing_set
	reports
}

undetermined contains {
	"path": "/user_pin",
	"because": sprintf("the token reports no wrong PIN, which says nothing: %s", [why]),
} if {
	nothing_set
	not reports
}

nothing_set if {
	input.resource.login_required == true
	input.resource.error_state == false
	input.resource.user_pin.initialized == true
	healthy(input.resource.user_pin)
	healthy(input.resource.so_pin)
}

tries := pkcs11.tries(names)

names := pkcs11.of_token(input.resource)

reports if tries == "every"

reports if input.resource.manufacturer in input.parameters.reporting

why := sprintf("%s sets no flag (%s)", [found.name, found.seen]) if {
	tries == "never"
	found := pkcs11.maker(names)
}

why := sprintf("%s sets a flag only when few tries are left (%s)", [found.name, found.seen]) if {
	tries == "few"
	found := pkcs11.maker(names)
}

why := sprintf("whether tokens of `%s` set a flag at the first wrong PIN is not known here (`reporting` says whose do)", [input.resource.manufacturer]) if {
	tries == "unknown"
}

healthy(pin) if {
	pin.count_low == false
	pin.final_try == false
	pin.locked == false
	pin.to_be_changed == false
}
