# METADATA
# title: What checks of IAM's permissions share
# description: Whether somebody who may is declared. What somebody may was decided where the policies were read.
package lib.iam

# Whether a list of declared principals has this one for this power.
declared(principal, power, list) if {
	some entry in list
	meant(entry, principal, power)
	reaches(entry, power)
}

meant(entry, principal, _) if {
	principal.type == "user"
	entry.user == principal.name
}

meant(entry, principal, _) if {
	principal.type == "role"
	entry.role == principal.name
}

# Whoever has it by this group.
meant(entry, _, power) if entry.group == power.group

reaches(entry, _) if not entry.actions

reaches(entry, power) if power.action in entry.actions

of_service(principal) := {
	"path": "/principal/of_service",
	"actual": true,
	"because": "AWS writes the policies of a service's own role, and only the service takes it on",
} if {
	principal.of_service == true
}
