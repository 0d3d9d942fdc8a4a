package checks.aws_iam.root_has_mfa_test

import data.checks.aws_iam.root_has_mfa
import data.lib.fixture
import data.lib.fixture_iam

lenient := {"allow_virtual": true, "no_password_is_enough": false}

strict := {"allow_virtual": false, "no_password_is_enough": false}

central := {"allow_virtual": true, "no_password_is_enough": true}

without(password) := fixture_iam.account_with({"summary": fixture_iam.summary({
	"root_mfa_enabled": false,
	"root_password_present": password,
})})

virtual := fixture_iam.account_with({"root_virtual_mfa_devices": [fixture_iam.device("virtual")]})

test_conforms_with_any_device if {
	count(root_has_mfa.conforms) == 1 with input as fixture.case(virtual, lenient)
	count(root_has_mfa.deviates) == 0 with input as fixture.case(virtual, lenient)
}

test_conforms_with_a_device_that_is_not_virtual if {
	count(root_has_mfa.conforms) == 1 with input as fixture.case(fixture_iam.account, strict)
}

test_deviates_without if {
	count(root_has_mfa.deviates) == 1 with input as fixture.case(without(true), lenient)
	count(root_has_mfa.conforms) == 0 with input as fixture.case(without(true), lenient)
}

test_deviates_with_a_virtual_device_where_none_is_allowed if {
	some evidence in root_has_mfa.deviates with input as fixture.case(virtual, strict)
	evidence.path == "/root_virtual_mfa_devices/0/type"
	count(root_has_mfa.conforms) == 0 with input as fixture.case(virtual, strict)
}

# A8
test_undetermined_where_the_summary_does_not_say if {
	silent := fixture.case(fixture_iam.account_with({"summary": {"users": 3}}), lenient)
	count(root_has_mfa.undetermined) == 1 with input as silent
	count(root_has_mfa.conforms) == 0 with input as silent
	count(root_has_mfa.deviates) == 0 with input as silent
}

# Whoever controls the mailbox can set a password.
test_deviates_without_a_password if {
	count(root_has_mfa.deviates) == 1 with input as fixture.case(without(false), lenient)
}

test_not_applicable_where_none_can_be_set if {
	count(root_has_mfa.not_applicable) == 1 with input as fixture.case(without(false), central)
	count(root_has_mfa.deviates) == 0 with input as fixture.case(without(false), central)
	count(root_has_mfa.not_applicable) == 0 with input as fixture.case(without(true), central)
}
