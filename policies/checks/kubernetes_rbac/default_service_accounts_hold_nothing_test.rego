package checks.kubernetes_rbac.default_service_accounts_hold_nothing_test

import data.checks.kubernetes_rbac.default_service_accounts_hold_nothing
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource) := fixture.case(resource, {})

test_deviates_with_a_binding if {
	subject := kube.account("default", [], ["RoleBinding/signer/app"])
	count(default_service_accounts_hold_nothing.deviates) == 1 with input as case(subject)
	count(default_service_accounts_hold_nothing.conforms) == 0 with input as case(subject)
}

test_conforms_without if {
	count(default_service_accounts_hold_nothing.conforms) == 1 with input as case(kube.account("default", [], []))
}

test_not_applicable_to_others if {
	count(default_service_accounts_hold_nothing.not_applicable) == 1 with input as case(kube.account("app", [], ["RoleBinding/signer/app"]))
	subject := object.union(kube.account("default", [], []), {"kind": "User", "id": "User/default"})
	count(default_service_accounts_hold_nothing.not_applicable) == 1 with input as case(subject)
}
