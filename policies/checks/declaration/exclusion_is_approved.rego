# METADATA
# title: What is left out of the audit was approved
# description: >-
#   Reads who approved that something is left out, and when. Its reason is shown to the auditor, who decides. Cannot see what it is connected
#   to.
# scope: package
# schemas:
#   - input.resource: schema["declaration-exclusion"]
# custom:
#   subject: declaration/exclusion
#   needs:
#     conforms: [approved_by, approved]
#     deviates: [[approved_by], [approved]]
#   severity: medium
#   remediation: Have it approved, and write down by whom and when.
package checks.declaration.exclusion_is_approved

import data.lib.declaration

conforms contains {"path": "/approved_by", "actual": input.resource.approved_by} if {
	is_string(input.resource.approved_by)
	is_object(input.resource.approved)
	not declaration.ahead(input.resource.approved)
}

deviates contains {"path": sprintf("/%s", [part]), "actual": null, "because": "it is not declared"} if {
	some part in ["approved_by", "approved"]
	is_null(input.resource[part])
}

deviates contains {"path": "/approved", "actual": input.resource.approved, "because": "that day lies in the future"} if {
	is_object(input.resource.approved)
	declaration.ahead(input.resource.approved)
}
