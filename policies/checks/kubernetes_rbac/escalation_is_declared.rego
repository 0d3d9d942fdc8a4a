# METADATA
# title: Everyone who may grant permissions that they do not have is declared
# description: >-
#   Reads who may `escalate` or `bind` roles, and concludes that each of them is declared. Whoever may do so can become anything. A subject
#   counts with the permissions of groups that it may have without any object showing it. Cannot see who is in `system:masters` or in groups
#   that a certificate or token names; without declared `authorizers` nothing conforms.
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
#       description: Subjects that may, as `ServiceAccount/namespace/name`, `User/name` or `Group/name`; with ` in NAMESPACE` in that namespace only; a `*` at the end matches any rest.
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
	"because": "nothing that was read grants it to anyone who is not declared",
} if {
	is_array(input.resource.grants)
	is_array(input.resource.authorizers)
	count(found) == 0
}
