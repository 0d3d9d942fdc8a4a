# METADATA
# title: The compromise plan answers for every class of keys
# description: >-
#   Reads whether `compromise_plan.classes` names the class of the key. Cannot see what the plan says.
# scope: package
# schemas:
#   - input.resource: schema["declaration-key"]
# custom:
#   subject: declaration/key
#   needs:
#     conforms: [in_compromise_plan]
#     deviates: [in_compromise_plan, class]
#   severity: high
#   remediation: Say in the compromise plan what is done when a key of this class is compromised, and name the class under `classes`.
package checks.declaration.key_class_is_in_the_compromise_plan

conforms contains {"path": "/in_compromise_plan", "actual": true} if input.resource.in_compromise_plan == true

deviates contains {
	"path": "/in_compromise_plan",
	"actual": false,
	"because": sprintf("the compromise plan does not name the class `%s`", [input.resource.class]),
} if {
	input.resource.in_compromise_plan == false
}
