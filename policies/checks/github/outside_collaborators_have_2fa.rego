# METADATA
# title: Every outside collaborator has a second factor
# description: >-
#   Reads in which of GitHub's two lists, collaborators without a second factor and collaborators with an insecure one, each outside
#   collaborator is. With `secure` an insecure one is not enough. Concludes that there is one only if all lists were read to their end;
#   GitHub gives them only to owners. Cannot see what a collaborator may do where.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/rest/orgs/outside-collaborators#list-outside-collaborators-for-an-organization
# schemas:
#   - input.resource: schema["github-outside-collaborator"]
# custom:
#   subject: github/outside-collaborator
#   needs:
#     conforms: [two_factor]
#     deviates: []
#   severity: high
#   remediation: Have the collaborator set up a second factor, or remove the collaborator from the repositories.
#   parameters:
#     secure:
#       description: Whether codes by SMS are not enough.
#       type: boolean
#       default: false
#       x-stricter: true
package checks.github.outside_collaborators_have_2fa

enough := {"secure"} if input.parameters.secure == true

enough := {"secure", "insecure"} if input.parameters.secure == false

known := {"secure", "insecure", "disabled"}

conforms contains {"path": "/two_factor", "actual": input.resource.two_factor} if {
	input.resource.two_factor in enough
}

deviates contains {"path": "/two_factor", "actual": input.resource.two_factor, "expected": concat(" or ", enough)} if {
	input.resource.two_factor in (known - enough)
}
