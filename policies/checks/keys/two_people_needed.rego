# METADATA
# title: Nobody alone gives as many signatures as a transfer needs
# description: >-
#   Reads, for a wallet from which a transfer needs two or more signatures, who uses how many of its keys: declared holders, with all their identities, and
#   everybody who reaches keys of KMS by policies, grants, roles, tokens, and as an administrator of their account. Concludes that nobody uses as many
#   as are needed. Keys of which nothing that was read says who uses them (on a token of PKCS#11, in a program of one's own) are counted for their declared
#   holders, and leave it undetermined. Cannot see what the signing software demands, nor two people who are one.
# scope: package
# schemas:
#   - input.resource: schema["joined-wallet"]
# custom:
#   subject: joined/wallet
#   needs:
#     conforms: [needed, alone, perhaps, unseen]
#     deviates: [needed]
#     undetermined: [needed]
#   severity: critical
#   remediation: Keep the wallet's keys in several accounts or tokens, and give nobody as many of them as a transfer needs.
#   parameters:
#     except:
#       description: Names of those who may, as an acceptance shows them, for example the ARN of a root user whose credentials are sealed.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.keys.two_people_needed

because(one) := sprintf("%s `%s` alone uses %s, and a transfer needs %d", [
	one.kind,
	one.name,
	concat(", ", one.keys),
	input.resource.needed,
])

alone[n] := one if {
	some n, one in input.resource.alone
	not one.name in input.parameters.except
}

perhaps[n] := one if {
	some n, one in input.resource.perhaps
	not one.name in input.parameters.except
}

deviates contains {"path": sprintf("/alone/%d", [n]), "because": because(one)} if {
	some n, one in alone
}

undetermined contains {
	"path": sprintf("/perhaps/%d", [n]),
	"because": sprintf("%s, if what is not known of them is so", [because(one)]),
} if {
	some n, one in perhaps
}

undetermined contains {
	"path": sprintf("/unseen/%d", [n]),
	"because": sprintf("nothing that was read says who uses `%s` beside its declared holders, and a transfer needs %d", [
		key,
		input.resource.needed,
	]),
} if {
	some n, key in input.resource.unseen
}

conforms contains {"path": "/alone", "because": sprintf("nobody uses as many keys as the %d that a transfer needs", [input.resource.needed])} if {
	is_array(input.resource.alone)
	is_array(input.resource.perhaps)
	is_array(input.resource.unseen)
	count(alone) == 0
	count(perhaps) == 0
	count(input.resource.unseen) == 0
}
