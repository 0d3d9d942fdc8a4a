# METADATA
# title: Every third party stands in a threat
# description: >-
#   Reads the threats that the third party names and those that name it. A well-known provider is no exception. Cannot see whether a threat is
#   missing.
# scope: package
# schemas:
#   - input.resource: schema["declaration-third-party"]
# custom:
#   subject: declaration/third-party
#   needs:
#     conforms: [threats]
#     deviates: [threats]
#   severity: medium
#   remediation: Name the threat under `in_threats`, or the third party under `affects` of a threat.
package checks.declaration.third_party_is_in_a_threat

conforms contains {"path": "/threats", "actual": input.resource.threats} if count(input.resource.threats) > 0

deviates contains {"path": "/threats", "actual": input.resource.threats, "because": "it stands in no threat"} if {
	count(input.resource.threats) == 0
}
