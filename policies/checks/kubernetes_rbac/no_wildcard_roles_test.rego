package checks.kubernetes_rbac.no_wildcard_roles_test

import data.checks.kubernetes_rbac.no_wildcard_roles
import data.lib.fixture
import data.lib.fixture_kubernetes as kube

case(resource, declared) := fixture.case(resource, {"declared": declared})

wild := kube.role("app", null, [kube.rule(["get"], ["deployments"]), kube.rule(["*"], ["deployments"])])

paths(urls) := kube.role("app", null, [object.union(kube.rule(["get"], []), {"api_groups": [], "non_resource_urls": urls})])

test_deviates_with_a_wildcard if {
	count(no_wildcard_roles.deviates) == 1 with input as case(wild, ["other"])
	count(no_wildcard_roles.conforms) == 0 with input as case(wild, ["other"])
	count(no_wildcard_roles.deviates) == 1 with input as case(kube.role("app", "signer", [kube.rule(["get"], ["*"])]), ["app"])
}

test_deviates_with_every_path_and_a_subresource_of_everything if {
	every role in [paths(["*"]), paths(["/*"]), paths(["/**"]), kube.role("app", null, [kube.rule(["create"], ["*/exec"])])] {
		count(no_wildcard_roles.deviates) == 1 with input as case(role, [])
		count(no_wildcard_roles.conforms) == 0 with input as case(role, [])
	}
}

test_conforms_with_some_paths if {
	count(no_wildcard_roles.conforms) == 1 with input as case(paths(["/metrics", "/api/*"]), [])
}

test_conforms_when_declared if {
	count(no_wildcard_roles.conforms) == 1 with input as case(wild, ["app"])
	count(no_wildcard_roles.deviates) == 0 with input as case(wild, ["app"])
}

# The name is not enough: what the role allows decides.
test_conforms_when_the_server_makes_it if {
	count(no_wildcard_roles.conforms) == 1 with input as case(object.union(wild, {"built_in": true}), [])
	count(no_wildcard_roles.deviates) == 0 with input as case(object.union(wild, {"built_in": true}), [])
	named := object.union(wild, {"name": "cluster-admin"})
	count(no_wildcard_roles.deviates) == 1 with input as case(named, [])
}

test_conforms_without if {
	count(no_wildcard_roles.conforms) == 1 with input as case(kube.role("app", "signer", [kube.rule(["get"], ["deployments"])]), [])
}
