# METADATA
# title: Whoever may reach a key is declared
# description: >-
#   Reads every identity that may use, administer or end a key, or give itself the right to, and who is declared to be it: users and roles by the
#   policies of their account, whatever key that is; and everyone who was found to reach one by its own policy, a grant, roles that they take on, other
#   accounts, clusters and repositories (`keys/reach-is-declared` shows the ways). Concludes that what one person has the credentials of belongs to
#   exactly one declared key holder: two who share it cannot be told apart. A role is nobody by itself. One that is declared for somebody belongs to
#   them; one that people of an identity provider take on is undetermined; one that services of AWS take on, or other identities that are looked
#   at themselves, is not judged, and neither is one of a declared third party, or an App (`third-parties/found-one-is-declared`). A role of an account
#   that no target reads, and that is declared for nobody, deviates. Cannot see the root users of accounts (`keys/account-administrators-are-declared`),
#   nor who has the credentials.
# scope: package
# schemas:
#   - input.resource: schema["joined-reaching-identity"]
# custom:
#   subject: joined/reaching-identity
#   needs:
#     conforms: [owners, taken_on_by]
#     deviates: [owners, sure, taken_on_by]
#     undetermined: [owners, sure, taken_on_by]
#     not_applicable: [owners, taken_on_by]
#   severity: high
#   remediation: Take the permission away, or declare whose identity it is.
package checks.people.identity_belongs_to_a_person

# What one person has the credentials of: a user, a login.
of_person if input.resource.taken_on_by == "person"

of_several if {
	is_string(input.resource.taken_on_by)
	not of_person
}

owners := count(input.resource.owners)

# How many there are is known only where everything was read.
among := sprintf("; of %d identities that may reach a key, %d people's are declared for nobody", [
	input.resource.among.reaching,
	input.resource.among.users_of_nobody,
]) if {
	is_object(input.resource.among)
}

among := "" if not input.resource.among

nobody := {
	"person": "it is one person's, may reach keys, and is declared for nobody",
	"unread": "it is a role of an account that no target reads, may reach keys, and is declared for nobody",
}

# The first way by which it surely reaches one; its own policies say the others.
sure_ways := [one | some one in input.resource.ways; one.may == "yes"]

way := sprintf(": by %s it reaches %s", [sure_ways[0].by, sure_ways[0].key])

way := "" if count(sure_ways) == 0

conforms contains {"path": "/owners", "because": sprintf("it belongs to `%s`", [input.resource.owners[0]])} if {
	of_person
	owners == 1
}

conforms contains {
	"path": "/owners",
	"because": sprintf("it is declared for %d people", [owners]),
} if {
	of_several
	owners > 0
}

deviates contains {
	"path": "/owners",
	"because": sprintf("%s%s%s", [nobody[input.resource.taken_on_by], way, among]),
} if {
	owners == 0
	input.resource.sure == true
}

deviates contains {
	"path": "/owners",
	"because": sprintf("what one person signs in with is declared for %d people: %s", [owners, concat(", ", input.resource.owners)]),
} if {
	of_person
	is_boolean(input.resource.sure)
	owners > 1
}

undetermined contains {
	"path": "/sure",
	"because": "it is declared for nobody, and whether it may reach keys depends on conditions that are not understood, or on what was not read",
} if {
	nobody[input.resource.taken_on_by]
	owners == 0
	input.resource.sure == false
}

undetermined contains {
	"path": "/taken_on_by",
	"because": sprintf("who is it, or takes it on, is known elsewhere, and it is declared for nobody%s", [way]),
} if {
	owners == 0
	is_boolean(input.resource.sure)
	input.resource.taken_on_by == "elsewhere"
}

because := {
	"workload": "services of AWS take on the role, or it is what runs in a cluster, and nobody else",
	"principals": "whoever takes on the role is looked at themselves",
	"third-party": "it is a declared third party's, an exclusion's, or an App: `third-parties/found-one-is-declared`",
}

not_applicable contains {
	"path": "/taken_on_by",
	"actual": input.resource.taken_on_by,
	"because": because[input.resource.taken_on_by],
} if {
	owners == 0
}
