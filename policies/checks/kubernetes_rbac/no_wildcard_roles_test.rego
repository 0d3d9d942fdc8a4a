package checks.kubernetes_rbac.no_wildcard_roles_test

import data.checks.kubernetes_rbac.no_wildcard_roles
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

wild := kube.role("app", null, [kube.rule(["get"], ["deployments"]), kube.rule(["*"], ["deployments"])])

test_deviates_with_a_wildcard if {
	count(no_wildcard_roles.deviates) == 1 with input as case(wild, ["other"])
	count(no_wildcard_roles.conforms) == 0 with input as case(wild, ["other"])
	count(no_wildcard_roles.deviates) == 1 with input as case(kube.role("app", "signer", [kube.rule(["get"], ["*"])]), ["app"])
}

test_conforms_when_declared if {
	count(no_wildcard_roles.conforms) == 1 with input as case(wild, ["app"])
	count(no_wildcard_roles.deviates) == 0 with input as case(wild, ["app"])
}

test_conforms_without if {
	count(no_wildcard_roles.conforms) == 1 with input as case(kube.role("app", "signer", [kube.rule(["get"], ["deployments"])]), [])
}
