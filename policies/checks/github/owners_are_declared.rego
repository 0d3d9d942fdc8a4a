# METADATA
# title: Every owner of the organisation is declared
# description: >-
#   Reads each member's role and compares the logins of owners with `owners` of the control, ignoring case. Does not apply to members who
#   are not owners. An owner can change every setting, read every repository and give anyone access. Cannot see who else uses an owner's
#   account, and does not say that each declared owner is there.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/organizations/managing-peoples-access-to-your-organization-with-roles/roles-in-an-organization
# schemas:
#   - input.resource: schema["github-member"]
# custom:
#   subject: github/member
#   needs:
#     conforms: [login, role]
#     deviates: [login, role]
#     not_applicable: [role]
#   severity: high
#   remediation: Make the owner a member, or declare the login with the reason why it must be an owner.
#   parameters:
#     owners:
#       description: Logins of those who may be owners.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
package checks.github.owners_are_declared

declared := {lower(owner) | some owner in input.parameters.owners}

not_applicable contains {"path": "/role", "actual": input.resource.role, "because": "not an owner"} if {
	input.resource.role == "member"
}

conforms contains {"path": "/login", "actual": input.resource.login} if {
	input.resource.role == "admin"
	lower(input.resource.login) in declared
}

deviates contains {"path": "/login", "actual": input.resource.login, "because": "an owner who is not declared"} if {
	input.resource.role == "admin"
	not lower(input.resource.login) in declared
}
