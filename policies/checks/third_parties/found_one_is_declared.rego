# METADATA
# title: Every third party that was found is declared
# description: >-
#   Reads whom targets name beside the entity: other accounts and organisations that policies of keys, roles and buckets or grants let in, identity
#   providers, GitHub Apps, outside collaborators, hosts of webhooks, and the clouds that targets are in. Concludes that the declaration accounts for
#   each: by `seen_as` of a third party that has a certificate or was reviewed, by `seen_as` of an exclusion with its reason, as a declared person,
#   or as an account of the entity's own organisation. Everyone (`*`) is nobody who could be declared. Does not apply to those who can do nothing now:
#   suspended, switched off, over. One that is let in under conditions that are not understood alone is undetermined. Cannot see third parties that no
#   target names, OAuth apps, nor access control lists of buckets (`aws-s3/bucket-is-private`).
# scope: package
# schemas:
#   - input.resource: schema["joined-outside-party"]
# custom:
#   subject: joined/outside-party
#   needs:
#     conforms: [standing]
#     deviates: [who, active, sure, standing]
#     undetermined: [who, active, sure, standing]
#     not_applicable: [active, standing]
#   severity: high
#   remediation: Take the access away; or declare who that is under `third_parties`, with `seen_as` and what shows that they may be relied on; or exclude them with a reason.
package checks.third_parties.found_one_is_declared

standing := input.resource.standing

# A third party of which nothing shows that it may be relied on is named, and no more.
shown if is_object(standing.certificate)

shown if is_object(standing.reviewed)

accounted if {
	standing.as == "third-party"
	shown
}

accounted if standing.as in {"exclusion", "holder", "own"}

how := sprintf("declared as the third party `%s`, which has a certificate of %s for level %d", [
	standing.id,
	standing.certificate.standard,
	standing.certificate.level,
]) if {
	standing.as == "third-party"
	is_object(standing.certificate)
}

how := sprintf("declared as the third party `%s`, reviewed on %s", [standing.id, standing.reviewed.date]) if {
	standing.as == "third-party"
	is_null(standing.certificate)
	is_object(standing.reviewed)
}

how := sprintf("left out by the exclusion `%s`: %s", [standing.id, standing.reason]) if standing.as == "exclusion"

how := sprintf("declared as the person `%s`", [standing.id]) if standing.as == "holder"

how := "an account of the entity's own organisation" if standing.as == "own"

conforms contains {"path": "/standing", "because": how} if accounted

not_applicable contains {"path": "/active", "actual": false, "because": "nothing that names them lets them do anything now"} if {
	input.resource.active == false
	is_object(standing)
	not accounted
}

unaccounted if {
	input.resource.active == true
	is_object(standing)
	not accounted
}

name := sprintf("%s `%s`", [input.resource.who.kind, input.resource.who.name])

because := sprintf("%s is declared nowhere%s", [name, among]) if standing.as == "undeclared"

because := sprintf("%s is declared as the third party `%s`, of which neither a certificate nor a review is declared", [
	name,
	standing.id,
]) if {
	standing.as == "third-party"
}

# How many there are is known only where everything was read.
among := sprintf("; of %d others that were found, %d are", [
	input.resource.among.found,
	input.resource.among.undeclared,
]) if {
	is_object(input.resource.among)
}

among := "" if not input.resource.among

deviates contains {
	"path": "/standing",
	"because": because,
} if {
	unaccounted
	input.resource.sure == true
}

undetermined contains {
	"path": "/sure",
	"because": sprintf("%s, and whether they are let in at all depends on conditions that are not understood", [because]),
} if {
	unaccounted
	input.resource.sure == false
}
