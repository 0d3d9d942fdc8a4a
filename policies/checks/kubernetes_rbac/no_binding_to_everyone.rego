# METADATA
# title: No binding names everyone
# description: >-
#   Reads the subjects of every binding and concludes that none is a group that everybody is in (`system:authenticated`,
#   `system:unauthenticated`, all service accounts, whoever logged in to OpenShift or Rancher) or the anonymous user. What the API server by itself gives everyone, such as asking for
#   versions and for oneself, conforms as long as the role allows nothing beyond that in this version, whatever the binding is called.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-binding"]
# custom:
#   subject: kubernetes-rbac/binding
#   needs:
#     conforms: [subjects]
#     deviates: [name, namespace, role, built_in]
#   severity: high
#   remediation: Name the users, groups or service accounts that are meant, or declare the binding together with the role that it grants.
#   parameters:
#     declared:
#       description: >-
#         Bindings that may, each with the role that it grants: `{clusterRoleBinding: NAME, clusterRole: NAME}`, or `{roleBinding: NAMESPACE/NAME}`
#         with `clusterRole: NAME` or `role: NAME`.
#       type: array
#       items:
#         type: object
#         additionalProperties: false
#         properties:
#           clusterRoleBinding: {type: string, minLength: 1}
#           roleBinding: {type: string, pattern: "^[^/]+/[^/]+$"}
#           clusterRole: {type: string, minLength: 1}
#           role: {type: string, minLength: 1}
#         oneOf:
#           - required: [clusterRoleBinding, clusterRole]
#           - required: [roleBinding, clusterRole]
#           - required: [roleBinding, role]
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-form: >-
#         write `{clusterRoleBinding: NAME, clusterRole: NAME}`, or `{roleBinding: NAMESPACE/NAME}` with `clusterRole: NAME` or `role: NAME`: what a
#         binding is called says nothing of what it grants
package checks.kubernetes_rbac.no_binding_to_everyone

import data.lib.kubernetes

is_declared if {
	some entry in input.parameters.declared
	means(entry)
	input.resource.role == grants(entry)
}

means(entry) if {
	is_null(input.resource.namespace)
	entry.clusterRoleBinding == input.resource.name
}

means(entry) if {
	is_string(input.resource.namespace)
	entry.roleBinding == kubernetes.label(input.resource)
}

grants(entry) := {"kind": "ClusterRole", "name": entry.clusterRole}

grants(entry) := {"kind": "Role", "name": entry.role}

allowed if is_declared

allowed if input.resource.built_in == true

# Of Kubernetes; of OpenShift and Rancher, whoever logged in there.
everybodys := {
	"system:authenticated",
	"system:authenticated:oauth",
	"system:cattle:authenticated",
	"system:serviceaccounts",
	"system:unauthenticated",
}

everyone(subject) if {
	subject.kind == "Group"
	subject.name in everybodys
}

everyone(subject) if {
	subject.kind == "User"
	subject.name == "system:anonymous"
}

found contains n if {
	some n, subject in input.resource.subjects
	everyone(subject)
}

deviates contains {"path": sprintf("/subjects/%d", [n]), "because": "everybody is meant"} if {
	not allowed
	input.resource.built_in == false
	kubernetes.label(input.resource)
	is_object(input.resource.role)
	some n in found
}

conforms contains {"path": "/subjects", "because": "nobody but those who are named, or declared, or given by the API server itself"} if {
	clean
}

clean if {
	is_array(input.resource.subjects)
	count(found) == 0
}

clean if {
	is_array(input.resource.subjects)
	allowed
}
