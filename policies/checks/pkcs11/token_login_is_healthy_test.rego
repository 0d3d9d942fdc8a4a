package checks.pkcs11.token_login_is_healthy_test

import data.checks.pkcs11.token_login_is_healthy
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

test_conforms_when_nobody_guessed if {
	count(token_login_is_healthy.conforms) == 1 with input as fixture.case(hsm.token({}), {})
	count(token_login_is_healthy.deviates) == 0 with input as fixture.case(hsm.token({}), {})
}

test_deviates_with_each_flag if {
	every pin in ["user_pin", "so_pin"] {
		every flag in ["count_low", "final_try", "locked", "to_be_changed"] {
			token := hsm.token({pin: {flag: true}})
			count(token_login_is_healthy.deviates) == 1 with input as fixture.case(token, {})
			count(token_login_is_healthy.conforms) == 0 with input as fixture.case(token, {})
		}
	}
}

test_deviates_without_a_login if {
	every changes in [{"login_required": false}, {"error_state": true}, {"user_pin": {"initialized": false}}] {
		count(token_login_is_healthy.deviates) == 1 with input as fixture.case(hsm.token(changes), {})
		count(token_login_is_healthy.conforms) == 0 with input as fixture.case(hsm.token(changes), {})
	}
}

test_says_nothing_without_a_pins_state if {
	token := object.remove(hsm.token({}), ["so_pin"])
	count(token_login_is_healthy.deviates) == 0 with input as fixture.case(token, {})
	count(token_login_is_healthy.conforms) == 0 with input as fixture.case(token, {})
}
