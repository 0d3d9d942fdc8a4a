# METADATA
# title: No one may read the secrets of the whole cluster
# description: >-
#   Reads who may get, list or watch secrets in every namespace and by every name, and concludes that each of them is declared. A subject
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
#   remediation: Bind the role in the namespaces that need it, name the secrets in `resourceNames`, or declare the subject.
#   parameters:
#     declared:
#       description: Subjects that may, as `ServiceAccount/namespace/name`, `User/name` or `Group/name`; with ` in NAMESPACE` in that namespace only; a `*` at the end matches any rest.
#       type: array
#       items: {type: string, minLength: 1}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.kubernetes_rbac.nobody_reads_all_secrets

import data.lib.kubernetes

# Everywhere, whatever the secret's name.
found[n] := grant if {
	some n, grant in kubernetes.undeclared(input.resource, "read-secrets", input.parameters.declared)
	is_null(grant.namespace)
	is_null(grant.names)
}

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
