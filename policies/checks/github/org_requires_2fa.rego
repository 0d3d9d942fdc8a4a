# METADATA
# title: The organisation requires a second factor
# description: >-
#   Reads the organisation's setting that removes and rejects everyone without a second factor. GitHub shows it only to owners: if it is not
#   shown, nothing is concluded. Cannot see which factor people have, nor whether an identity provider requires one.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-two-factor-authentication-for-your-organization/requiring-two-factor-authentication-in-your-organization
# schemas:
#   - input.resource: schema["github-organization"]
# custom:
#   subject: github/organization
#   needs:
#     conforms: [two_factor_required]
#     deviates: [two_factor_required]
#   severity: high
#   remediation: Require two-factor authentication in the organisation's authentication security settings.
package checks.github.org_requires_2fa

conforms contains {"path": "/two_factor_required", "actual": true} if input.resource.two_factor_required == true

deviates contains {"path": "/two_factor_required", "actual": false, "expected": true} if {
	input.resource.two_factor_required == false
}
