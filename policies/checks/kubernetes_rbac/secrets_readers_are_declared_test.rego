package checks.kubernetes_rbac.secrets_readers_are_declared_test

import data.checks.kubernetes_rbac.secrets_readers_are_declared
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

holder := kube.account("app", [kube.grant("node-proxy", null, null), kube.grant("read-secrets", "signer", null)], ["RoleBinding/signer/app"])

test_deviates_when_not_declared if {
	count(secrets_readers_are_declared.deviates) == 1 with input as case(holder, ["ServiceAccount/signer/other"])
	count(secrets_readers_are_declared.conforms) == 0 with input as case(holder, ["ServiceAccount/signer/other"])
}

test_conforms_when_declared if {
	some declared in ["ServiceAccount/signer/app", "ServiceAccount/signer/*"]
	count(secrets_readers_are_declared.conforms) == 1 with input as case(holder, [declared])
	count(secrets_readers_are_declared.deviates) == 0 with input as case(holder, [declared])
}

test_conforms_without_the_right if {
	subject := kube.account("app", [kube.grant("node-proxy", null, null)], [])
	count(secrets_readers_are_declared.conforms) == 1 with input as case(subject, [])
}

test_deviates_in_another_namespace if {
	subject := kube.account("app", [kube.grant("read-secrets", "other", null)], [])
	count(secrets_readers_are_declared.deviates) == 1 with input as case(subject, ["ServiceAccount/signer/app in signer"])
	count(secrets_readers_are_declared.conforms) == 0 with input as case(subject, ["ServiceAccount/signer/app in signer"])
}

test_conforms_where_it_is_declared if {
	subject := kube.account("app", [kube.grant("read-secrets", "signer", null)], [])
	count(secrets_readers_are_declared.conforms) == 1 with input as case(subject, ["ServiceAccount/signer/app in signer"])
}
