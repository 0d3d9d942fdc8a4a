# METADATA
# title: Every App that is installed is declared
# description: >-
#   Reads the GitHub Apps that are installed in the organisation, and compares each slug with `apps` of the control. A suspended
#   installation can do nothing and is not judged. Cannot see OAuth apps, nor what an App has done.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/apps/using-github-apps/reviewing-and-modifying-installed-github-apps
# schemas:
#   - input.resource: schema["github-app-installation"]
# custom:
#   subject: github/app-installation
#   needs:
#     conforms: [app, suspended]
#     deviates: [app, suspended]
#     not_applicable: [suspended]
#   severity: high
#   remediation: Uninstall the App, or declare it with the reason why it may have these permissions.
#   parameters:
#     apps:
#       description: Slugs of Apps that may be installed.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
package checks.github.apps_are_declared

suspended if is_object(input.resource.suspended)

not_applicable contains {"path": "/suspended", "because": "the installation is suspended"} if suspended

conforms contains {"path": "/app", "actual": input.resource.app} if {
	is_null(input.resource.suspended)
	input.resource.app in input.parameters.apps
}

deviates contains {"path": "/app", "actual": input.resource.app, "because": "an App that is not declared"} if {
	is_null(input.resource.suspended)
	input.resource.app
	not input.resource.app in input.parameters.apps
}
