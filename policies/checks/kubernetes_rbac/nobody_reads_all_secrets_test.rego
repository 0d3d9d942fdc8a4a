package checks.kubernetes_rbac.nobody_reads_all_secrets_test

import data.checks.kubernetes_rbac.nobody_reads_all_secrets
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

holder := kube.account("app", [kube.grant("node-proxy", null, null), kube.grant("read-secrets", null, null)], ["RoleBinding/signer/app"])

test_deviates_when_not_declared if {
	count(nobody_reads_all_secrets.deviates) == 1 with input as case(holder, ["ServiceAccount/signer/other"])
	count(nobody_reads_all_secrets.conforms) == 0 with input as case(holder, ["ServiceAccount/signer/other"])
}

test_conforms_when_declared if {
	some declared in ["ServiceAccount/signer/app", "ServiceAccount/signer/*"]
	count(nobody_reads_all_secrets.conforms) == 1 with input as case(holder, [declared])
	count(nobody_reads_all_secrets.deviates) == 0 with input as case(holder, [declared])
}

test_conforms_without_the_right if {
	subject := kube.account("app", [kube.grant("node-proxy", null, null)], [])
	count(nobody_reads_all_secrets.conforms) == 1 with input as case(subject, [])
}

test_conforms_in_one_namespace_or_by_name if {
	some grants in [[kube.grant("read-secrets", "signer", null)], [kube.grant("read-secrets", null, ["one"])]]
	subject := kube.account("app", grants, [])
	count(nobody_reads_all_secrets.conforms) == 1 with input as case(subject, [])
}
