package checks.kubernetes_rbac.nobody_reads_all_secrets_test

import data.checks.kubernetes_rbac.nobody_reads_all_secrets
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

holder := kube.account("app", [kube.grant("node-proxy", null, null), kube.grant("read-secrets", null, null)], ["RoleBinding/signer/app"])

test_deviates_when_not_declared if {
	some declared in ["ServiceAccount/signer/other", {"serviceAccount": "other/*"}, {"user": "app"}, {"group": "app"}]
	count(nobody_reads_all_secrets.deviates) == 1 with input as case(holder, [declared])
	count(nobody_reads_all_secrets.conforms) == 0 with input as case(holder, [declared])
}

test_conforms_when_declared if {
	every declared in ["ServiceAccount/signer/app", "ServiceAccount/signer/*", {"serviceAccount": "signer/app"}, {"serviceAccount": "signer/*"}] {
		count(nobody_reads_all_secrets.conforms) == 1 with input as case(holder, [declared])
		count(nobody_reads_all_secrets.deviates) == 0 with input as case(holder, [declared])
	}
}

test_conforms_without_the_right if {
	subject := kube.account("app", [kube.grant("node-proxy", null, null)], [])
	count(nobody_reads_all_secrets.conforms) == 1 with input as case(subject, [])
}

# What the API server gives by itself, and what a group has, which is judged there.
test_conforms_where_the_server_gives_it if {
	subject := kube.account("app", [object.union(kube.grant("read-secrets", null, null), {"built_in": true})], [])
	count(nobody_reads_all_secrets.conforms) == 1 with input as case(subject, [])
	count(nobody_reads_all_secrets.deviates) == 0 with input as case(subject, [])
}

test_not_applicable_by_a_group_alone if {
	inherited := object.union(kube.grant("read-secrets", null, null), {"via": "Group/system:serviceaccounts"})
	subject := kube.account("app", [inherited], [])
	count(nobody_reads_all_secrets.not_applicable) == 1 with input as case(subject, [])
	count(nobody_reads_all_secrets.deviates) == 0 with input as case(subject, [])
	count(nobody_reads_all_secrets.conforms) == 0 with input as case(subject, [])
	both := kube.account("app", [inherited, kube.grant("read-secrets", null, null)], [])
	count(nobody_reads_all_secrets.not_applicable) == 0 with input as case(both, [])
	count(nobody_reads_all_secrets.deviates) == 1 with input as case(both, [])
}

test_conforms_in_one_namespace_or_by_name if {
	every grants in [[kube.grant("read-secrets", "signer", null)], [kube.grant("read-secrets", null, ["one"])]] {
		subject := kube.account("app", grants, [])
		count(nobody_reads_all_secrets.conforms) == 1 with input as case(subject, [])
	}
}
