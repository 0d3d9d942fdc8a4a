# METADATA
# title: Every person signs in with two kinds of factor, on every way
# description: >-
#   Reads every way in which a key holder can sign in as one of their identities, and the kinds of second factor that each asks for. Any one of several
#   is enough to sign in, so the weakest counts. Concludes that each way asks for a second factor of a kind in `accept`: `secure` is what GitHub
#   calls so, `mfa` a device of AWS whose kind is not told. A way whose factors are asked for elsewhere (at an identity provider, by whoever assumes
#   a role, at a token) is undetermined, and so is an access key, for which only a policy can ask for a second factor. Does not apply to people of
#   whom no identity was found, nor to those who left. Cannot see who holds a device.
# scope: package
# related_resources:
#   - ref: https://pages.nist.gov/800-63-4/sp800-63b.html
# schemas:
#   - input.resource: schema["joined-person"]
# custom:
#   subject: joined/person
#   needs:
#     conforms: [left, found, elsewhere, ways]
#     deviates: [left]
#     undetermined: [left]
#     not_applicable: [left, found, elsewhere, ways]
#   severity: high
#   remediation: Register a factor of another kind and remove the weaker ones, or close the way.
#   parameters:
#     accept:
#       type: array
#       items: {enum: [hardware, passkey, totp, sms, secure, mfa]}
#       minItems: 1
#       uniqueItems: true
#       default: [hardware, passkey, totp, secure, mfa]
#       x-stricter: fewer
package checks.people.two_kinds_of_factor

import data.lib.people

here if people.here(input.resource)

not_applicable contains {"path": "/left", "because": "they left"} if {
	people.gone(input.resource)
	is_array(input.resource.found)
	is_array(input.resource.elsewhere)
	is_array(input.resource.ways)
}

not_applicable contains {"path": "/found", "because": "no identity of this person was found"} if {
	here
	count(input.resource.found) == 0
	count(input.resource.elsewhere) == 0
	count(input.resource.ways) == 0
}

none(way) if {
	is_array(way.second)
	count(way.second) == 0
}

weak(way) := {kind | some kind in way.second; not kind in input.parameters.accept}

deviates contains {
	"path": sprintf("/ways/%d", [n]),
	"expected": input.parameters.accept,
	"because": sprintf("`%s` at `%s`: %s", [way.identity, way.target, way.because]),
} if {
	here
	some n, way in input.resource.ways
	none(way)
}

deviates contains {
	"path": sprintf("/ways/%d/second", [n]),
	"expected": input.parameters.accept,
	"because": sprintf("`%s` at `%s`: %s, and %s is not accepted", [
		way.identity,
		way.target,
		way.because,
		concat(", ", sort(weak(way))),
	]),
} if {
	here
	some n, way in input.resource.ways
	is_array(way.second)
	count(weak(way)) > 0
}

undetermined contains {
	"path": sprintf("/ways/%d", [n]),
	"because": sprintf("`%s` at `%s`: %s", [way.identity, way.target, way.because]),
} if {
	here
	some n, way in input.resource.ways
	is_null(way.second)
}

is_found(one) if {
	some found in input.resource.found
	found.target == one.target
	found.identity == one.identity
}

# One that was found has its ways.
undetermined contains {
	"path": sprintf("/elsewhere/%d", [n]),
	"because": sprintf("`%s` at `%s`: %s", [one.identity, one.target, one.because]),
} if {
	here
	is_array(input.resource.found)
	some n, one in input.resource.elsewhere
	not is_found(one)
}

good(way) if {
	is_array(way.second)
	count(way.second) > 0
	count(weak(way)) == 0
}

conforms contains {
	"path": "/ways",
	"expected": input.parameters.accept,
	"because": sprintf("each of the %d ways to sign in as one of the %d identities that were found asks for a second factor", [
		count(input.resource.ways),
		count(input.resource.found),
	]),
} if {
	here
	count(input.resource.found) > 0
	every way in input.resource.ways {
		good(way)
	}
	count([one | some one in input.resource.elsewhere; not is_found(one)]) == 0
}
