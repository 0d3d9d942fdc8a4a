# METADATA
# title: Every member has a second factor
# description: >-
#   Reads in which of GitHub's two lists, members without a second factor and members with an insecure one, each member is. Concludes that a
#   member has one only if both lists and the list of members were read to their end. GitHub gives those lists only to owners. Cannot see
#   whether an identity provider requires its own factor.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/rest/orgs/members#list-organization-members
# schemas:
#   - input.resource: schema["github-member"]
# custom:
#   subject: github/member
#   needs:
#     conforms: [two_factor]
#     deviates: []
#   severity: high
#   remediation: Have the member set up a second factor, or remove the member from the organisation; then require it of everyone.
package checks.github.members_have_2fa

conforms contains {"path": "/two_factor", "actual": input.resource.two_factor} if {
	input.resource.two_factor in {"insecure", "secure"}
}

deviates contains {"path": "/two_factor", "actual": "disabled", "expected": "a second factor"} if {
	input.resource.two_factor == "disabled"
}
