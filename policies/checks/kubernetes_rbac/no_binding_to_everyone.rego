# METADATA
# title: No binding names everyone
# description: >-
#   Reads the subjects of every binding and concludes that none is a group that everyone is in (`system:authenticated`,
#   `system:unauthenticated`, all service accounts) or the anonymous user. Those by which Kubernetes lets everyone ask for versions and for
#   their own permissions are declared by default.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-binding"]
# custom:
#   subject: kubernetes-rbac/binding
#   needs:
#     conforms: [name, namespace, subjects]
#     deviates: [name, namespace]
#   severity: high
#   remediation: Name the intended users, groups or service accounts, or declare the binding.
#   parameters:
#     declared:
#       description: "Bindings that may: the name of a ClusterRoleBinding, or `namespace/name`; a `*` at the end matches any rest."
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: ["system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"]
#       x-stricter: fewer
package checks.kubernetes_rbac.no_binding_to_everyone

import data.lib.kubernetes

is_declared if {
	some entry in input.parameters.declared
	kubernetes.named(entry, kubernetes.label(input.resource))
}

everyone(subject) if {
	subject.kind == "Group"
	subject.name in {"system:authenticated", "system:unauthenticated", "system:serviceaccounts"}
}

everyone(subject) if {
	subject.kind == "User"
	subject.name == "system:anonymous"
}

found contains n if {
	some n, subject in input.resource.subjects
	everyone(subject)
}

deviates contains {"path": sprintf("/subjects/%d", [n]), "because": "this means everyone"} if {
	not is_declared
	kubernetes.label(input.resource)
	some n in found
}

conforms contains {"path": "/subjects", "because": "only those who are named, or declared"} if {
	clean
}

clean if {
	is_array(input.resource.subjects)
	count(found) == 0
}

clean if {
	is_array(input.resource.subjects)
	is_declared
}
