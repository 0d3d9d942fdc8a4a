package checks.kubernetes_rbac.no_dangling_bindings_test

import data.checks.kubernetes_rbac.no_dangling_bindings
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource) := fixture.case(resource, {})

whole := kube.binding("ops", null, [kube.group("ops")])

test_deviates_without_the_role if {
	resource := object.union(whole, {"role_exists": false})
	count(no_dangling_bindings.deviates) == 1 with input as case(resource)
	count(no_dangling_bindings.conforms) == 0 with input as case(resource)
}

test_deviates_without_the_account if {
	resource := object.union(whole, {"missing_accounts": ["signer/gone"]})
	count(no_dangling_bindings.deviates) == 1 with input as case(resource)
	count(no_dangling_bindings.conforms) == 0 with input as case(resource)
}

test_conforms_when_both_are_there if {
	count(no_dangling_bindings.conforms) == 1 with input as case(whole)
}

test_conforms_for_the_servers_own_controllers if {
	resource := object.union(whole, {"missing_accounts": ["kube-system/route-controller"], "built_in": true})
	count(no_dangling_bindings.conforms) == 1 with input as case(resource)
	count(no_dangling_bindings.deviates) == 0 with input as case(resource)
	count(no_dangling_bindings.conforms) == 2 with input as case(object.union(whole, {"built_in": true}))
}
