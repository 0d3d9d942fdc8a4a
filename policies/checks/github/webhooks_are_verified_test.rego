package checks.github.webhooks_are_verified_test

import data.checks.github.webhooks_are_verified
import data.lib.fixture
import data.lib.fixture_github

case(parts) := fixture.case(object.union(fixture_github.webhook, parts), {})

test_conforms_with_secret_and_certificate if {
	every parts in [{}, {"url": "HTTPS://ci.northbank.example"}] {
		count(webhooks_are_verified.conforms) == 1 with input as case(parts)
		count(webhooks_are_verified.deviates) == 0 with input as case(parts)
	}
}

test_deviates_without_one_of_them if {
	every parts in [
		{"has_secret": false},
		{"verifies_tls": false},
		{"url": "http://ci.northbank.example/hook"},
	] {
		count(webhooks_are_verified.deviates) == 1 with input as case(parts)
		count(webhooks_are_verified.conforms) == 0 with input as case(parts)
	}
}

test_is_not_about_one_that_is_off if {
	off := case({"active": false, "has_secret": false})
	count(webhooks_are_verified.not_applicable) == 1 with input as off
	count(webhooks_are_verified.deviates) == 0 with input as off
}

test_nothing_is_concluded_without_an_address if {
	count(webhooks_are_verified.conforms) == 0 with input as case({"url": null})
	count(webhooks_are_verified.deviates) == 0 with input as case({"url": null})
}
