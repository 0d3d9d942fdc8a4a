# METADATA
# title: Subjects, roles and bindings of Kubernetes for the tests of checks
package lib.fixture_kubernetes

grant(right, namespace, names) := {
	"right": right,
	"namespace": namespace,
	"names": names,
	"via": "ServiceAccount/signer/app",
	"binding": "RoleBinding/signer/app",
	"role": {"kind": "ClusterRole", "name": "app"},
	"rule": 0,
	"more": 0,
	"built_in": false,
	"with": null,
}

account(name, grants, bindings) := {
	"id": sprintf("ServiceAccount/signer/%s", [name]),
	"kind": "ServiceAccount",
	"namespace": "signer",
	"name": name,
	"groups": ["system:serviceaccounts", "system:serviceaccounts:signer", "system:authenticated"],
	"bindings": bindings,
	"grants": grants,
	"access_entries": [],
	"own_rights": ["own:rotate"],
	"authorizers": ["Node", "RBAC"],
}

rule(verbs, resources) := {
	"verbs": verbs,
	"api_groups": ["apps"],
	"resources": resources,
	"resource_names": [],
	"non_resource_urls": [],
}

role(name, namespace, rules) := {
	"kind": "ClusterRole",
	"namespace": namespace,
	"name": name,
	"uid": "9f9b7a34",
	"rules": rules,
	"aggregated": false,
	"built_in": false,
}

binding(name, namespace, subjects) := {
	"kind": "ClusterRoleBinding",
	"namespace": namespace,
	"name": name,
	"uid": "0c0ffee0",
	"role": {"kind": "ClusterRole", "name": "view"},
	"subjects": subjects,
	"role_exists": true,
	"missing_accounts": [],
	"built_in": false,
}

group(name) := {"kind": "Group", "name": name, "namespace": null}
