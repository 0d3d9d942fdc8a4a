# METADATA
# title: What checks of Kubernetes share
package lib.kubernetes

# Whether a list of declared subjects has this one for this grant. `User/ann` is meant everywhere, `User/ann in signer` in
# that namespace alone; a `*` at the end of the subject stands for any rest.
declared(id, grant, list) if {
	some entry in list
	parts := split(entry, " in ")
	named(parts[0], id)
	reaches(parts, grant)
}

reaches(parts, _) if count(parts) == 1

reaches(parts, grant) if {
	count(parts) == 2
	grant.namespace == parts[1]
}

named(pattern, id) if pattern == id

named(pattern, id) if {
	endswith(pattern, "*")
	startswith(id, trim_suffix(pattern, "*"))
}

# The grants of some right that no entry of the list declares.
undeclared(resource, right, list) := {n: grant |
	some n, grant in resource.grants
	grant.right == right
	not declared(resource.id, grant, list)
}

where(grant) := "everywhere" if is_null(grant.namespace)

where(grant) := sprintf("in %s", [grant.namespace]) if is_string(grant.namespace)

# `ClusterRole`'s name, or a Role's with its namespace.
label(resource) := resource.name if is_null(resource.namespace)

label(resource) := sprintf("%s/%s", [resource.namespace, resource.name]) if is_string(resource.namespace)
