# METADATA
# title: Whoever may grant permissions they do not have is declared
# description: >-
#   Reads who may `escalate` or `bind` roles, and concludes that each of them is declared. Whoever may can become anything. A subject that
#   groups of its own make mightier counts with the rights of those groups that no object has to show. Cannot see who is in `system:masters`
#   or in groups that a certificate or token names; without declared `authorizers` nothing conforms.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-subject"]
# custom:
#   subject: kubernetes-rbac/subject
#   needs:
#     conforms: [id, grants, authorizers]
#     deviates: [id]
#   severity: critical
#   remediation: Remove the verb from the role, or declare the subject.
#   parameters:
#     declared:
#       description: Subjects that may, as `ServiceAccount/namespace/name`, `User/name` or `Group/name`; with ` in NAMESPACE` only there; a `*` at the end stands for any rest.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.kubernetes_rbac.escalation_is_declared

import data.lib.kubernetes

found := kubernetes.undeclared(input.resource, "escalate", input.parameters.declared)

deviates contains {
	"path": sprintf("/grants/%d", [n]),
	"because": sprintf("%s by %s, and not declared", [kubernetes.where(grant), grant.binding]),
} if {
	some n, grant in found
}

conforms contains {
	"path": "/grants",
	"because": "nothing that was read gives it to anybody who is not declared",
} if {
	is_array(input.resource.grants)
	is_array(input.resource.authorizers)
	count(found) == 0
}
