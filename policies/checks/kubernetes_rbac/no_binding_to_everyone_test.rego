package checks.kubernetes_rbac.no_binding_to_everyone_test

import data.checks.kubernetes_rbac.no_binding_to_everyone
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

open := kube.binding("open", null, [kube.group("ops"), kube.group("system:authenticated")])

test_deviates_with_everyone if {
	count(no_binding_to_everyone.deviates) == 1 with input as case(open, ["other"])
	count(no_binding_to_everyone.conforms) == 0 with input as case(open, ["other"])
	anonymous := kube.binding("open", "signer", [{"kind": "User", "name": "system:anonymous", "namespace": null}])
	count(no_binding_to_everyone.deviates) == 1 with input as case(anonymous, ["open"])
}

test_conforms_when_declared if {
	count(no_binding_to_everyone.conforms) == 1 with input as case(open, ["open"])
	count(no_binding_to_everyone.deviates) == 0 with input as case(open, ["open"])
}

test_conforms_with_names if {
	count(no_binding_to_everyone.conforms) == 1 with input as case(kube.binding("ops", "signer", [kube.group("ops")]), [])
}
