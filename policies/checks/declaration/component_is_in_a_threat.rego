# METADATA
# title: Every component without a collector stands in a threat
# description: >-
#   Reads the threats that name the component. Cannot see the component: documents and records show it.
# scope: package
# schemas:
#   - input.resource: schema["declaration-component"]
# custom:
#   subject: declaration/component
#   needs:
#     conforms: [threats]
#     deviates: [threats]
#   severity: medium
#   remediation: Name the component under `affects.components` of a threat.
package checks.declaration.component_is_in_a_threat

conforms contains {"path": "/threats", "actual": input.resource.threats} if count(input.resource.threats) > 0

deviates contains {"path": "/threats", "actual": input.resource.threats, "because": "it stands in no threat"} if {
	count(input.resource.threats) == 0
}
