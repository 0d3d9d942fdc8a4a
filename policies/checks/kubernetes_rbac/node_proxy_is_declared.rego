# METADATA
# title: Whoever may speak to the kubelets is declared
# description: >-
#   Reads who may use `nodes/proxy`: the kubelet runs commands in every pod of its node for them, and no audit log of the API server tells. Concludes
#   that each of them is declared. A subject that is mightier by its groups is not judged for that, but the group is, once. Cannot see who is in
#   `system:masters` or in groups that a certificate or token names, nor what the Node authorizer gives to nodes; without declared `authorizers`
#   nothing conforms.
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
#     not_applicable: [id, grants]
#   severity: critical
#   remediation: Give `nodes/metrics`, `nodes/stats` or what else is needed in its place, or declare the subject.
#   parameters:
#     declared:
#       description: >-
#         Who may: `{user: NAME}`, `{group: NAME}` or `{serviceAccount: NAMESPACE/NAME}`, where a `*` for NAME is every account of the namespace;
#         with `namespaces` only there, with `names` only for those names. The texts `User/NAME`, `Group/NAME`, `ServiceAccount/NAMESPACE/NAME`
#         and the last with ` in NAMESPACE` mean the same.
#       type: array
#       items:
#         anyOf:
#           - type: string
#             pattern: "^(?:ServiceAccount/[a-z0-9.-]+/(?:[a-z0-9.-]+\\*?|\\*)(?: in [a-z0-9.-]+)?|(?:User|Group)/(?!.* in ).*[^*])$"
#           - type: object
#             additionalProperties: false
#             properties:
#               user: {type: string, minLength: 1}
#               group: {type: string, minLength: 1}
#               serviceAccount: {type: string, pattern: "^[a-z0-9.-]+/(?:[a-z0-9.-]+|\\*)$"}
#               namespaces: {type: array, minItems: 1, uniqueItems: true, items: {type: string, minLength: 1}}
#               names: {type: array, minItems: 1, uniqueItems: true, items: {type: string, minLength: 1}}
#             oneOf:
#               - required: [user]
#               - required: [group]
#               - required: [serviceAccount]
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#       x-form: >-
#         write `{user: NAME}`, `{group: NAME}` or `{serviceAccount: NAMESPACE/NAME}`, each with `namespaces: […]` or `names: […]` where it is only
#         meant there: names of users and groups may hold blanks, ` in ` and `*`, so that such a text could mean two things
package checks.kubernetes_rbac.node_proxy_is_declared

import data.lib.kubernetes

found := kubernetes.undeclared(input.resource, "node-proxy", input.parameters.declared)

by_groups := kubernetes.by_groups(input.resource, "node-proxy")

not_applicable contains {
	"path": sprintf("/grants/%d/via", [n]),
	"because": sprintf("only as a member of %s, which is judged for it", [grant.via]),
} if {
	is_string(input.resource.id)
	is_array(input.resource.grants)
	count(found) == 0
	some n, grant in by_groups
}

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
	count(by_groups) == 0
}
