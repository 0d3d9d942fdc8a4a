# METADATA
# title: The default service account of a namespace has no permissions
# description: >-
#   Reads the bindings that name a service account called `default`: every pod that names no other runs as it. Concludes that there is none.
#   Does not apply to other subjects. Cannot see what groups of service accounts are granted (`no-binding-to-everyone`).
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-subject"]
# custom:
#   subject: kubernetes-rbac/subject
#   needs:
#     conforms: [kind, name, bindings, authorizers]
#     deviates: [kind, name]
#     not_applicable: [[kind], [kind, name]]
#   severity: high
#   remediation: Give the workload its own service account and bind that.
package checks.kubernetes_rbac.default_service_accounts_hold_nothing

default_account if {
	input.resource.kind == "ServiceAccount"
	input.resource.name == "default"
}

not_applicable contains {"path": "/kind", "because": "not a service account"} if {
	input.resource.kind != "ServiceAccount"
}

not_applicable contains {"path": "/name", "because": "not the default service account"} if {
	input.resource.kind == "ServiceAccount"
	input.resource.name != "default"
}

deviates contains {"path": sprintf("/bindings/%d", [n]), "because": "every pod that names no other account has these permissions"} if {
	default_account
	some n, _ in input.resource.bindings
}

conforms contains {"path": "/bindings", "actual": []} if {
	default_account
	is_array(input.resource.authorizers)
	input.resource.bindings == []
}
