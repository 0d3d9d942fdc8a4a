package checks.github.members_have_secure_2fa_test

import data.checks.github.members_have_secure_2fa
import data.lib.fixture
import data.lib.fixture_github

case(state) := fixture.case(fixture_github.member("cy", "member", state), {})

test_conforms_with_a_secure_one if {
	count(members_have_secure_2fa.conforms) == 1 with input as case("secure")
	count(members_have_secure_2fa.deviates) == 0 with input as case("secure")
}

test_deviates_with_sms if {
	count(members_have_secure_2fa.deviates) == 1 with input as case("insecure")
	count(members_have_secure_2fa.conforms) == 0 with input as case("insecure")
}

test_deviates_without_any if count(members_have_secure_2fa.deviates) == 1 with input as case("disabled")
