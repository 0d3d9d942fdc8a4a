# METADATA
# title: Whoever receives a webhook can tell that it is from GitHub
# description: >-
#   Reads each webhook of the declared repositories. Concludes that it has a secret, by which its receiver can tell GitHub's calls from anybody's, that it
#   goes to an address of `https://`, and that the receiver's certificate is verified. Does not apply to webhooks that are off. Cannot see whether
#   the receiver looks at the signature, who knows the secret, nor webhooks of the organisation and of Apps.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
# schemas:
#   - input.resource: schema["github-webhook"]
# custom:
#   subject: github/webhook
#   needs:
#     conforms: [active, url, has_secret, verifies_tls]
#     deviates: [active]
#     not_applicable: [active]
#   severity: medium
#   remediation: Give the webhook a secret that its receiver verifies, an address of `https://`, and turn the verification of certificates on.
package checks.github.webhooks_are_verified

not_applicable contains {"path": "/active", "actual": false, "because": "the webhook is off"} if {
	input.resource.active == false
}

deviates contains {"path": "/has_secret", "actual": false, "expected": true, "because": "anybody can make its calls"} if {
	input.resource.active == true
	input.resource.has_secret == false
}

deviates contains {
	"path": "/verifies_tls",
	"actual": false,
	"expected": true,
	"because": "the receiver's certificate is not verified",
} if {
	input.resource.active == true
	input.resource.verifies_tls == false
}

encrypted if {
	is_string(input.resource.url)
	startswith(lower(input.resource.url), "https://")
}

deviates contains {"path": "/url", "actual": input.resource.url, "expected": "https", "because": "its calls are not encrypted"} if {
	input.resource.active == true
	is_string(input.resource.url)
	not encrypted
}

conforms contains {"path": "/has_secret", "actual": true} if {
	input.resource.active == true
	input.resource.has_secret == true
	input.resource.verifies_tls == true
	encrypted
}
