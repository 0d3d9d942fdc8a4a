# METADATA
# title: What checks of Kubernetes share
package lib.kubernetes

# Whether a list of declared subjects has this one for this grant.
declared(id, grant, list) if {
	some entry in list
	meant(entry, id)
	reaches(entry, grant)
}

# A service account's name holds neither blanks nor `*`: what follows it in a text means one thing.
meant(entry, id) if {
	startswith(text(entry), "ServiceAccount/")
	named(split(entry, " in ")[0], id)
}

meant(entry, id) if {
	is_string(entry)
	not startswith(entry, "ServiceAccount/")
	entry == id
}

meant(entry, id) if id == sprintf("User/%s", [entry.user])

meant(entry, id) if id == sprintf("Group/%s", [entry.group])

meant(entry, id) if named(sprintf("ServiceAccount/%s", [entry.serviceAccount]), id)

text(entry) := entry if is_string(entry)

named(pattern, id) if pattern == id

named(pattern, id) if {
	endswith(pattern, "*")
	startswith(id, trim_suffix(pattern, "*"))
}

reaches(entry, _) if {
	is_string(entry)
	count(places(entry)) == 1
}

reaches(entry, grant) if {
	is_string(entry)
	grant.namespace == places(entry)[1]
}

reaches(entry, grant) if {
	is_object(entry)
	there(entry, grant)
	these(entry, grant)
}

# The account, and the namespace where it is meant.
places(entry) := split(entry, " in ") if startswith(entry, "ServiceAccount/")

places(entry) := [entry] if not startswith(entry, "ServiceAccount/")

there(entry, _) if not entry.namespaces

there(entry, grant) if grant.namespace in entry.namespaces

these(entry, _) if not entry.names

these(entry, grant) if {
	is_array(grant.names)
	every name in grant.names {
		name in entry.names
	}
}

# The grants of some right that are this subject's own, that the API server does not give by itself, and that no entry of the list declares.
undeclared(resource, right, list) := {n: grant |
	some n, grant in resource.grants
	grant.right == right
	grant.built_in == false
	grant.via == resource.id
	not declared(resource.id, grant, list)
}

# Those that it has as a member of a group: that group is a subject too, and judged once for all its members.
by_groups(resource, right) := {n: grant |
	some n, grant in resource.grants
	grant.right == right
	grant.built_in == false
	grant.via != resource.id
}

where(grant) := "everywhere" if is_null(grant.namespace)

where(grant) := sprintf("in %s", [grant.namespace]) if is_string(grant.namespace)

# `ClusterRole`'s name, or a Role's with its namespace.
label(resource) := resource.name if is_null(resource.namespace)

label(resource) := sprintf("%s/%s", [resource.namespace, resource.name]) if is_string(resource.namespace)
