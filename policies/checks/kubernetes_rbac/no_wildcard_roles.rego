# METADATA
# title: No role grants by wildcard
# description: >-
#   Reads every rule of every role, bound or not, and concludes that none names `*` as verb, API group or resource, or all paths. What a
#   wildcard grants grows with each version and each custom resource. Roles that Kubernetes itself ships may be declared.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-role"]
# custom:
#   subject: kubernetes-rbac/role
#   needs:
#     conforms: [name, namespace, rules]
#     deviates: [name, namespace]
#   severity: medium
#   remediation: Name verbs, groups and resources, or declare the role.
#   parameters:
#     declared:
#       description: "Roles that may: the name of a ClusterRole, or `namespace/name`; a `*` at the end matches any rest."
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: [cluster-admin]
#       x-stricter: fewer
package checks.kubernetes_rbac.no_wildcard_roles

import data.lib.kubernetes

is_declared if {
	some entry in input.parameters.declared
	kubernetes.named(entry, kubernetes.label(input.resource))
}

wild[sprintf("/rules/%d/%s", [n, member])] if {
	some n, rule in input.resource.rules
	some member in ["verbs", "api_groups", "resources", "non_resource_urls"]
	"*" in rule[member]
}

deviates contains {"path": path, "because": "a wildcard"} if {
	not is_declared
	kubernetes.label(input.resource)
	some path, _ in wild
}

conforms contains {"path": "/rules", "because": "no wildcard, or declared"} if {
	clean
}

clean if {
	is_array(input.resource.rules)
	count(wild) == 0
}

clean if {
	is_array(input.resource.rules)
	is_declared
}
