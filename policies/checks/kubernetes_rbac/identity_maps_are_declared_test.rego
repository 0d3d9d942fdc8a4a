package checks.kubernetes_rbac.identity_maps_are_declared_test

import data.checks.kubernetes_rbac.identity_maps_are_declared
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

holder := kube.account("app", [kube.grant("node-proxy", null, null), kube.grant("write-identities", "signer", null)], ["RoleBinding/signer/app"])

test_deviates_when_not_declared if {
	some declared in ["ServiceAccount/signer/other", {"serviceAccount": "other/*"}, {"user": "app"}, {"group": "app"}]
	count(identity_maps_are_declared.deviates) == 1 with input as case(holder, [declared])
	count(identity_maps_are_declared.conforms) == 0 with input as case(holder, [declared])
}

test_conforms_when_declared if {
	every declared in ["ServiceAccount/signer/app", "ServiceAccount/signer/*", {"serviceAccount": "signer/app"}, {"serviceAccount": "signer/*"}] {
		count(identity_maps_are_declared.conforms) == 1 with input as case(holder, [declared])
		count(identity_maps_are_declared.deviates) == 0 with input as case(holder, [declared])
	}
}

test_conforms_without_the_right if {
	subject := kube.account("app", [kube.grant("node-proxy", null, null)], [])
	count(identity_maps_are_declared.conforms) == 1 with input as case(subject, [])
}

# What the API server gives by itself, and what a group has, which is judged there.
test_conforms_where_the_server_gives_it if {
	subject := kube.account("app", [object.union(kube.grant("write-identities", null, null), {"built_in": true})], [])
	count(identity_maps_are_declared.conforms) == 1 with input as case(subject, [])
	count(identity_maps_are_declared.deviates) == 0 with input as case(subject, [])
}

test_not_applicable_by_a_group_alone if {
	inherited := object.union(kube.grant("write-identities", null, null), {"via": "Group/system:serviceaccounts"})
	subject := kube.account("app", [inherited], [])
	count(identity_maps_are_declared.not_applicable) == 1 with input as case(subject, [])
	count(identity_maps_are_declared.deviates) == 0 with input as case(subject, [])
	count(identity_maps_are_declared.conforms) == 0 with input as case(subject, [])
	both := kube.account("app", [inherited, kube.grant("write-identities", "signer", null)], [])
	count(identity_maps_are_declared.not_applicable) == 0 with input as case(both, [])
	count(identity_maps_are_declared.deviates) == 1 with input as case(both, [])
}

test_deviates_in_another_namespace if {
	subject := kube.account("app", [kube.grant("write-identities", "other", null)], [])
	every declared in ["ServiceAccount/signer/app in signer", {"serviceAccount": "signer/app", "namespaces": ["signer"]}] {
		count(identity_maps_are_declared.deviates) == 1 with input as case(subject, [declared])
		count(identity_maps_are_declared.conforms) == 0 with input as case(subject, [declared])
	}
}

test_conforms_where_it_is_declared if {
	subject := kube.account("app", [kube.grant("write-identities", "signer", null)], [])
	every declared in ["ServiceAccount/signer/app in signer", {"serviceAccount": "signer/app", "namespaces": ["signer"]}] {
		count(identity_maps_are_declared.conforms) == 1 with input as case(subject, [declared])
	}
}

test_conforms_for_the_names_that_are_declared if {
	declared := {"serviceAccount": "signer/app", "names": ["one", "two"]}
	subject := kube.account("app", [kube.grant("write-identities", "signer", ["one"])], [])
	count(identity_maps_are_declared.conforms) == 1 with input as case(subject, [declared])
	every names in [["one", "three"], null] {
		more := kube.account("app", [kube.grant("write-identities", "signer", names)], [])
		count(identity_maps_are_declared.deviates) == 1 with input as case(more, [declared])
	}
}
