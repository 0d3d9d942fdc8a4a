# METADATA
# title: Membership alone lets no one change code
# description: >-
#   Reads the organisation's base permission, which every member has in every repository, also in those that nobody gave them. Concludes that it is
#   among `allowed`. GitHub shows it only to owners: if it is not shown, nothing is concluded. Does not apply to outside collaborators, who have none.
#   Cannot see what teams and repositories give besides, nor the organisation's owners.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/setting-base-permissions-for-an-organization
# schemas:
#   - input.resource: schema["github-organization"]
# custom:
#   subject: github/organization
#   needs:
#     conforms: [default_repository_permission]
#     deviates: [default_repository_permission]
#   severity: high
#   remediation: Set the base permission to none or read, and give write access by teams.
#   parameters:
#     allowed:
#       type: array
#       items: {enum: [none, read, write, admin]}
#       minItems: 1
#       uniqueItems: true
#       default: [none, read]
#       x-stricter: fewer
package checks.github.base_permission_is_bounded

given := input.resource.default_repository_permission

allowed := concat(" or ", sort(input.parameters.allowed))

conforms contains {"path": "/default_repository_permission", "actual": given, "expected": allowed} if {
	given in input.parameters.allowed
}

deviates contains {
	"path": "/default_repository_permission",
	"actual": given,
	"expected": allowed,
	"because": sprintf("every member has %s access to every repository", [given]),
} if {
	is_string(given)
	not given in input.parameters.allowed
}
