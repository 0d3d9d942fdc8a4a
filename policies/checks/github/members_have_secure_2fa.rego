# METADATA
# title: Every member's second factor is a secure one
# description: >-
#   Reads in which of GitHub's two lists, members without a second factor and members with an insecure one (codes by SMS), each member is.
#   Concludes that the factor is secure if a member is in neither and all lists were read to their end. Cannot see which factor it is: an
#   application on the same telephone counts as secure for GitHub.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/rest/orgs/members#list-organization-members
#   - ref: https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-two-factor-authentication-for-your-organization
# schemas:
#   - input.resource: schema["github-member"]
# custom:
#   subject: github/member
#   needs:
#     conforms: [two_factor]
#     deviates: []
#   severity: medium
#   remediation: Have the member remove SMS from the account and use a passkey, a security key or an authenticator.
package checks.github.members_have_secure_2fa

conforms contains {"path": "/two_factor", "actual": "secure"} if input.resource.two_factor == "secure"

deviates contains {"path": "/two_factor", "actual": input.resource.two_factor, "expected": "secure"} if {
	input.resource.two_factor in {"disabled", "insecure"}
}
