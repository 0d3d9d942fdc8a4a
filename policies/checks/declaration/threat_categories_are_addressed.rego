# METADATA
# title: Every known category of threats is addressed or declined
# description: >-
#   Reads the categories of all declared threats and those that the threat model declines with a reason, and compares both with `categories`.
#   Cannot see whether a threat of a category is the right one.
# scope: package
# schemas:
#   - input.resource: schema["declaration-system"]
# custom:
#   subject: declaration/system
#   needs:
#     conforms: [categories, declined]
#     deviates: [categories, declined]
#   severity: medium
#   remediation: Declare a threat of the category, or say under `threat_model.declined` why this system has none.
#   parameters:
#     categories:
#       description: The categories that are known.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: [signing-infrastructure, supply-chain, insider, workforce-infiltration, key-compromise, physical]
#       x-stricter: more
package checks.declaration.threat_categories_are_addressed

addressed := {category | some category in input.resource.categories}

declined := {one.category | some one in input.resource.declined}

wanted := {category | some category in input.parameters.categories}

conforms contains {"path": "/categories", "actual": input.resource.categories} if {
	is_array(input.resource.categories)
	is_array(input.resource.declined)
	count((wanted - addressed) - declined) == 0
}

deviates contains {
	"path": "/categories",
	"actual": input.resource.categories,
	"because": sprintf("no threat is of the category `%s`, and it is not declined", [category]),
} if {
	is_array(input.resource.categories)
	is_array(input.resource.declined)
	some category in ((wanted - addressed) - declined)
}
