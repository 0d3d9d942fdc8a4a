package checks.kubernetes_rbac.no_binding_to_everyone_test

import data.checks.kubernetes_rbac.no_binding_to_everyone
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

open := kube.binding("open", null, [kube.group("ops"), kube.group("system:authenticated")])

inside := object.union(open, {"kind": "RoleBinding", "namespace": "signer", "role": {"kind": "Role", "name": "view"}})

test_deviates_with_everyone if {
	count(no_binding_to_everyone.deviates) == 1 with input as case(open, [{"clusterRoleBinding": "other", "clusterRole": "view"}])
	count(no_binding_to_everyone.conforms) == 0 with input as case(open, [{"clusterRoleBinding": "other", "clusterRole": "view"}])
	anonymous := kube.binding("open", "signer", [{"kind": "User", "name": "system:anonymous", "namespace": null}])
	count(no_binding_to_everyone.deviates) == 1 with input as case(anonymous, [{"clusterRoleBinding": "open", "clusterRole": "view"}])
}

test_conforms_when_declared if {
	count(no_binding_to_everyone.conforms) == 1 with input as case(open, [{"clusterRoleBinding": "open", "clusterRole": "view"}])
	count(no_binding_to_everyone.deviates) == 0 with input as case(open, [{"clusterRoleBinding": "open", "clusterRole": "view"}])
	count(no_binding_to_everyone.conforms) == 1 with input as case(inside, [{"roleBinding": "signer/open", "role": "view"}])
}

# The name stays, and what is bound is another role.
test_deviates_with_another_role_than_declared if {
	mightier := object.union(open, {"role": {"kind": "ClusterRole", "name": "cluster-admin"}})
	count(no_binding_to_everyone.deviates) == 1 with input as case(mightier, [{"clusterRoleBinding": "open", "clusterRole": "view"}])
	count(no_binding_to_everyone.deviates) == 1 with input as case(inside, [{"roleBinding": "signer/open", "clusterRole": "view"}])
}

test_conforms_with_what_the_server_gives_everyone if {
	own := object.union(open, {"built_in": true, "name": "system:discovery"})
	count(no_binding_to_everyone.conforms) == 1 with input as case(own, [])
	renewed := object.union(own, {"built_in": false})
	count(no_binding_to_everyone.deviates) == 1 with input as case(renewed, [])
	count(no_binding_to_everyone.conforms) == 0 with input as case(renewed, [])
}

test_conforms_with_names if {
	count(no_binding_to_everyone.conforms) == 1 with input as case(kube.binding("ops", "signer", [kube.group("ops")]), [])
}

test_deviates_with_whoever_logged_in if {
	every name in ["system:serviceaccounts", "system:unauthenticated", "system:authenticated:oauth", "system:cattle:authenticated"] {
		some_of := kube.binding("open", null, [kube.group(name)])
		count(no_binding_to_everyone.deviates) == 1 with input as case(some_of, [])
		count(no_binding_to_everyone.conforms) == 0 with input as case(some_of, [])
	}
}
