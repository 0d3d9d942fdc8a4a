# METADATA
# title: Deploy keys can only read
# description: >-
#   Reads each deploy key of the declared repositories. One that can write bypasses reviews wherever a rule exempts deploy keys, and belongs
#   to no person. Concludes that it can only read. Keys named in `may_write` by their title are accepted. Cannot see who holds the private
#   key.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys
# schemas:
#   - input.resource: schema["github-deploy-key"]
# custom:
#   subject: github/deploy-key
#   needs:
#     conforms: [read_only, title]
#     deviates: [read_only, title]
#     not_applicable: [title]
#   severity: medium
#   remediation: Replace the key by one that can only read, or by a GitHub App with exactly the permissions needed.
#   parameters:
#     may_write:
#       description: Titles of keys that are declared to write.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.github.deploy_keys_are_read_only

declared if input.resource.title in input.parameters.may_write

not_applicable contains {"path": "/title", "actual": input.resource.title, "because": "declared to write"} if declared

conforms contains {"path": "/read_only", "actual": true} if {
	input.resource.read_only == true
	input.resource.title
	not declared
}

deviates contains {"path": "/read_only", "actual": false, "expected": true} if {
	input.resource.read_only == false
	input.resource.title
	not declared
}
