# METADATA
# title: Every binding leads from a subject to a role
# description: >-
#   Reads whether the role of a binding exists and, where it names service accounts, whether those do. Whoever may create what is missing gets
#   or gives the rights. Accounts of the API server's own controllers are made when those first run: such a binding conforms as long as it gives
#   nothing beyond what this version gives them. Cannot see whether users and groups exist: Kubernetes does not know them.
# scope: package
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# schemas:
#   - input.resource: schema["kubernetes-rbac-binding"]
# custom:
#   subject: kubernetes-rbac/binding
#   needs:
#     conforms: [role_exists, missing_accounts]
#     deviates: [built_in]
#   severity: medium
#   remediation: Delete the binding, or create the intended role or account.
package checks.kubernetes_rbac.no_dangling_bindings

deviates contains {"path": "/role_exists", "actual": false, "because": "whoever may create a role of that name decides what it grants"} if {
	input.resource.built_in == false
	input.resource.role_exists == false
}

deviates contains {"path": sprintf("/missing_accounts/%d", [n]), "because": "whoever may create this account gets its rights"} if {
	input.resource.built_in == false
	some n, _ in input.resource.missing_accounts
}

conforms contains {"path": "/role_exists", "actual": true} if {
	input.resource.role_exists == true
	input.resource.missing_accounts == []
}

conforms contains {"path": "/built_in", "actual": true, "because": "the API server's own, for accounts that it makes when it needs them"} if {
	input.resource.role_exists == true
	is_array(input.resource.missing_accounts)
	input.resource.built_in == true
}
