# METADATA
# title: No role grants by wildcard
# description: >-
#   Reads every rule of every role, bound or not, and concludes that none names `*` as verb or API group, `*` or `*/…` as resource, or all
#   paths (`*`, `/*`). What a wildcard grants grows with each version and each custom resource. A role that the API server makes by itself
#   conforms where its rules allow nothing beyond what its version gives it.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-role"]
# custom:
#   subject: kubernetes-rbac/role
#   needs:
#     conforms: [rules]
#     deviates: [name, namespace, built_in]
#   severity: medium
#   remediation: Name verbs, groups and resources, or declare the role.
#   parameters:
#     declared:
#       description: "Roles that may: the name of a ClusterRole, or `namespace/name`."
#       type: array
#       items: {type: string, pattern: "^[^/]*[^*/]$|^[^/]+/[^/]*[^*/]$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-form: "name each role: a `*` can stand in a role's name, so that one at the end could mean two things"
package checks.kubernetes_rbac.no_wildcard_roles

import data.lib.kubernetes

is_declared if kubernetes.label(input.resource) in input.parameters.declared

# No wildcard of somebody else's.
allowed if is_declared

allowed if input.resource.built_in == true

wild[sprintf("/rules/%d/%s", [n, member])] if {
	some n, rule in input.resource.rules
	some member in ["verbs", "api_groups"]
	"*" in rule[member]
}

wild[sprintf("/rules/%d/resources", [n])] if {
	some n, rule in input.resource.rules
	some resource in rule.resources
	all_resources(resource)
}

wild[sprintf("/rules/%d/non_resource_urls", [n])] if {
	some n, rule in input.resource.rules
	some path in rule.non_resource_urls
	endswith(path, "*")
	trim_right(path, "*") in {"", "/"}
}

all_resources(resource) if resource == "*"

all_resources(resource) if startswith(resource, "*/")

deviates contains {"path": path, "because": "a wildcard"} if {
	not allowed
	input.resource.built_in == false
	kubernetes.label(input.resource)
	some path, _ in wild
}

conforms contains {"path": "/rules", "because": "no wildcard, or declared, or the API server's own"} if {
	clean
}

clean if {
	is_array(input.resource.rules)
	count(wild) == 0
}

clean if {
	is_array(input.resource.rules)
	allowed
}
