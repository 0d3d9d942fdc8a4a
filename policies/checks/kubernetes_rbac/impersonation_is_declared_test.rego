package checks.kubernetes_rbac.impersonation_is_declared_test

import data.checks.kubernetes_rbac.impersonation_is_declared
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

holder := kube.account("app", [kube.grant("node-proxy", null, null), kube.grant("impersonate", "signer", null)], ["RoleBinding/signer/app"])

test_deviates_when_not_declared if {
	count(impersonation_is_declared.deviates) == 1 with input as case(holder, ["ServiceAccount/signer/other"])
	count(impersonation_is_declared.conforms) == 0 with input as case(holder, ["ServiceAccount/signer/other"])
}

test_conforms_when_declared if {
	some declared in ["ServiceAccount/signer/app", "ServiceAccount/signer/*"]
	count(impersonation_is_declared.conforms) == 1 with input as case(holder, [declared])
	count(impersonation_is_declared.deviates) == 0 with input as case(holder, [declared])
}

test_conforms_without_the_right if {
	subject := kube.account("app", [kube.grant("node-proxy", null, null)], [])
	count(impersonation_is_declared.conforms) == 1 with input as case(subject, [])
}

test_deviates_in_another_namespace if {
	subject := kube.account("app", [kube.grant("impersonate", "other", null)], [])
	count(impersonation_is_declared.deviates) == 1 with input as case(subject, ["ServiceAccount/signer/app in signer"])
	count(impersonation_is_declared.conforms) == 0 with input as case(subject, ["ServiceAccount/signer/app in signer"])
}

test_conforms_where_it_is_declared if {
	subject := kube.account("app", [kube.grant("impersonate", "signer", null)], [])
	count(impersonation_is_declared.conforms) == 1 with input as case(subject, ["ServiceAccount/signer/app in signer"])
}
