package checks.kubernetes_rbac.exec_is_declared_test

import data.checks.kubernetes_rbac.exec_is_declared
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

holder := kube.account("app", [kube.grant("node-proxy", null, null), kube.grant("exec", "signer", null)], ["RoleBinding/signer/app"])

test_deviates_when_not_declared if {
	count(exec_is_declared.deviates) == 1 with input as case(holder, ["ServiceAccount/signer/other"])
	count(exec_is_declared.conforms) == 0 with input as case(holder, ["ServiceAccount/signer/other"])
}

test_conforms_when_declared if {
	some declared in ["ServiceAccount/signer/app", "ServiceAccount/signer/*"]
	count(exec_is_declared.conforms) == 1 with input as case(holder, [declared])
	count(exec_is_declared.deviates) == 0 with input as case(holder, [declared])
}

test_conforms_without_the_right if {
	subject := kube.account("app", [kube.grant("node-proxy", null, null)], [])
	count(exec_is_declared.conforms) == 1 with input as case(subject, [])
}

test_deviates_in_another_namespace if {
	subject := kube.account("app", [kube.grant("exec", "other", null)], [])
	count(exec_is_declared.deviates) == 1 with input as case(subject, ["ServiceAccount/signer/app in signer"])
	count(exec_is_declared.conforms) == 0 with input as case(subject, ["ServiceAccount/signer/app in signer"])
}

test_conforms_where_it_is_declared if {
	subject := kube.account("app", [kube.grant("exec", "signer", null)], [])
	count(exec_is_declared.conforms) == 1 with input as case(subject, ["ServiceAccount/signer/app in signer"])
}
