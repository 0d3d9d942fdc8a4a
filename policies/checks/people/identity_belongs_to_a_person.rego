# METADATA
# title: Whoever may reach a key is declared
# description: >-
#   Reads every user and role whose policies let it use, give away or end keys, or give itself the right to, and who is declared to be it. Concludes
#   that a user belongs to exactly one declared key holder: two who share it cannot be told apart. A role is nobody by itself. One that is declared
#   for somebody belongs to them; one that people of an identity provider take on is undetermined; one that services of AWS take on, or other
#   identities that are looked at themselves, is not judged. Cannot see principals of other accounts, whom a key's own policy or a grant lets in
#   (`aws-kms/key-policy-is-bounded`, `aws-kms/grants-stay-inside`), nor who has the credentials.
# scope: package
# schemas:
#   - input.resource: schema["joined-reaching-identity"]
# custom:
#   subject: joined/reaching-identity
#   needs:
#     conforms: [owners, taken_on_by, type]
#     deviates: [owners, sure, taken_on_by, type]
#     undetermined: [owners, sure, taken_on_by, type]
#     not_applicable: [owners, taken_on_by, type]
#   severity: high
#   remediation: Take the permission away, or declare whose identity it is.
package checks.people.identity_belongs_to_a_person

of_user if input.resource.type == "user"

of_role if input.resource.type == "role"

owners := count(input.resource.owners)

# How many there are is known only where everything was read.
among := sprintf("; of %d identities that may reach a key, %d users are declared for nobody", [
	input.resource.among.reaching,
	input.resource.among.users_of_nobody,
]) if {
	is_object(input.resource.among)
}

among := "" if not input.resource.among

nobody := sprintf("it is a user that may reach keys, and is declared for nobody%s", [among])

conforms contains {"path": "/owners", "because": sprintf("it belongs to `%s`", [input.resource.owners[0]])} if {
	of_user
	input.resource.taken_on_by
	owners == 1
}

conforms contains {
	"path": "/owners",
	"because": sprintf("it is declared for %d people", [owners]),
} if {
	of_role
	input.resource.taken_on_by
	owners > 0
}

deviates contains {"path": "/owners", "because": nobody} if {
	of_user
	input.resource.taken_on_by
	owners == 0
	input.resource.sure == true
}

deviates contains {
	"path": "/owners",
	"because": sprintf("one user is declared for %d people: %s", [owners, concat(", ", input.resource.owners)]),
} if {
	of_user
	input.resource.taken_on_by
	is_boolean(input.resource.sure)
	owners > 1
}

undetermined contains {
	"path": "/sure",
	"because": "it is declared for nobody, and whether it may reach keys depends on conditions that are not understood",
} if {
	of_user
	input.resource.taken_on_by
	owners == 0
	input.resource.sure == false
}

undetermined contains {
	"path": "/taken_on_by",
	"because": "people whom an identity provider knows take on the role, and it is declared for nobody",
} if {
	of_role
	owners == 0
	is_boolean(input.resource.sure)
	input.resource.taken_on_by == "elsewhere"
}

because := {
	"workload": "services of AWS take on the role, and nobody else",
	"principals": "whoever takes on the role is looked at themselves",
}

not_applicable contains {
	"path": "/taken_on_by",
	"actual": input.resource.taken_on_by,
	"because": because[input.resource.taken_on_by],
} if {
	of_role
	owners == 0
}
