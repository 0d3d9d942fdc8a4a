# METADATA
# title: Deploy keys can only read
# description: >-
#   Reads each deploy key of the declared repositories. One that can write bypasses reviews wherever a rule exempts deploy keys, and belongs
#   to no person. Concludes that it can only read. Keys that `may_write` names are accepted, by the key itself: whoever adds one chooses its title. Cannot
#   see who holds the private key.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/authentication/connecting-to-github-with-ssh/managing-deploy-keys
# schemas:
#   - input.resource: schema["github-deploy-key"]
# custom:
#   subject: github/deploy-key
#   needs:
#     conforms: [read_only]
#     deviates: [read_only, key]
#     not_applicable: [read_only, key]
#   severity: medium
#   remediation: Replace the key by one that can only read, or by a GitHub App with exactly the permissions needed.
#   parameters:
#     may_write:
#       description: Public keys that are declared to write, as `ssh-keygen` prints them (`ssh-ed25519 AAAA…`); a comment behind one does not count.
#       type: array
#       items: {type: string, pattern: "^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( .*)?$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.github.deploy_keys_are_read_only

# Kind and value, without the comment.
bare(key) := array.slice(split(trim_space(key), " "), 0, 2)

declared if {
	some key in input.parameters.may_write
	bare(key) == bare(input.resource.key)
}

not_applicable contains {"path": "/key", "actual": input.resource.key, "because": "declared to write"} if {
	input.resource.read_only == false
	declared
}

conforms contains {"path": "/read_only", "actual": true} if input.resource.read_only == true

deviates contains {"path": "/read_only", "actual": false, "expected": true} if {
	input.resource.read_only == false
	input.resource.key
	not declared
}
