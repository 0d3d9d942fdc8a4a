# METADATA
# title: Whoever names a standard declares a threat model, threats, keys and a compromise plan
# description: >-
#   Reads how many threats and keys are declared, and whether there are a threat model and a compromise plan. Does not apply where no standard
#   is named. Cannot see whether all threats and keys are declared.
# scope: package
# schemas:
#   - input.resource: schema["declaration-system"]
# custom:
#   subject: declaration/system
#   needs:
#     conforms: [standard, keys, threats, threat_model, compromise_plan]
#     deviates: [[standard, keys], [standard, threats], [standard, threat_model], [standard, compromise_plan]]
#     not_applicable: [standard]
#   severity: high
#   remediation: Declare what is missing.
package checks.declaration.system_is_declared_whole

not_applicable contains {"path": "/standard", "actual": null, "because": "no standard is named"} if {
	is_null(input.resource.standard)
}

missing contains part if {
	some part in ["keys", "threats"]
	input.resource[part] == 0
}

missing contains part if {
	some part in ["threat_model", "compromise_plan"]
	input.resource[part] == false
}

conforms contains {"path": "/standard", "actual": input.resource.standard} if {
	is_string(input.resource.standard)
	input.resource.keys > 0
	input.resource.threats > 0
	input.resource.threat_model == true
	input.resource.compromise_plan == true
}

deviates contains {
	"path": sprintf("/%s", [part]),
	"actual": input.resource[part],
	"because": sprintf("`%s` is not declared", [part]),
} if {
	is_string(input.resource.standard)
	some part in missing
}
