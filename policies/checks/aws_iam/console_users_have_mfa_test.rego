package checks.aws_iam.console_users_have_mfa_test

import data.checks.aws_iam.console_users_have_mfa
import data.lib.fixture
import data.lib.fixture_iam

case(devices, accept) := fixture.case(fixture_iam.with_parts({"mfa_devices": devices}), {"accept": accept})

any := ["virtual", "passkey", "hardware"]

strong := ["passkey", "hardware"]

deviating(given) if {
	count(console_users_have_mfa.deviates) == 1 with input as given
	count(console_users_have_mfa.conforms) == 0 with input as given
}

conforming(given) if {
	count(console_users_have_mfa.conforms) == 1 with input as given
	count(console_users_have_mfa.deviates) == 0 with input as given
}

test_conforms_with_accepted_devices if {
	conforming(case([fixture_iam.device("virtual")], any))
	conforming(case([fixture_iam.device("passkey"), fixture_iam.device("hardware")], strong))
}

test_deviates_with_a_password_alone if deviating(case([], any))

test_deviates_with_a_device_that_is_not_accepted if deviating(case([fixture_iam.device("virtual")], strong))

# IAM asks for any one of the devices: the weakest counts.
test_deviates_with_a_weak_device_beside_a_strong_one if {
	deviating(case([fixture_iam.device("passkey"), fixture_iam.device("virtual")], strong))
}

test_deviates_with_a_device_of_unknown_type if deviating(case([{"serial": "?"}], any))

test_not_applicable_without_a_password if {
	machine := fixture_iam.with_parts({"login_profile": fixture_iam.no_password, "mfa_devices": []})
	given := fixture.case(machine, {"accept": any})
	count(console_users_have_mfa.not_applicable) == 1 with input as given
	count(console_users_have_mfa.deviates) == 0 with input as given
}
