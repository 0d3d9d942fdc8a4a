package checks.pkcs11.token_login_is_healthy_test

import data.checks.pkcs11.token_login_is_healthy
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

case(token) := fixture.case(token, {"reporting": []})

of(maker) := hsm.token({"manufacturer": maker.manufacturer, "model": maker.model, "module": hsm.module(maker)})

test_flags_that_are_not_set_say_nothing_of_makers_who_do_not_set_them if {
	kryoptic := object.union(hsm.nobody, {"manufacturer": "Kryoptic Project", "library": "Kryoptic"})
	tpm := object.union(hsm.nobody, {"library": "tpm2-software.github.io"})
	every words in [
		[hsm.nss, "sets no flag"],
		[kryoptic, "few tries"],
		[tpm, "sets no flag"],
		[hsm.nobody, "is not known here"],
	] {
		count(token_login_is_healthy.deviates) == 0 with input as case(of(words[0]))
		count(token_login_is_healthy.conforms) == 0 with input as case(of(words[0]))
		some found in token_login_is_healthy.undetermined with input as case(of(words[0]))
		contains(found.because, words[1])
	}
}

test_conforms_by_the_makers_manual if {
	input_of := fixture.case(of(hsm.nobody), {"reporting": ["Nobody, Inc."]})
	count(token_login_is_healthy.conforms) == 1 with input as input_of
	count(token_login_is_healthy.undetermined) == 0 with input as input_of
}

test_deviates_with_a_flag_whoever_sets_it if {
	token := object.union(of(hsm.nobody), {"user_pin": {"count_low": true}})
	count(token_login_is_healthy.deviates) == 1 with input as case(token)
	count(token_login_is_healthy.undetermined) == 0 with input as case(token)
}

test_conforms_when_nobody_guessed if {
	count(token_login_is_healthy.conforms) == 1 with input as case(hsm.token({}))
	count(token_login_is_healthy.deviates) == 0 with input as case(hsm.token({}))
}

test_deviates_with_each_flag if {
	every pin in ["user_pin", "so_pin"] {
		every flag in ["count_low", "final_try", "locked", "to_be_changed"] {
			token := hsm.token({pin: {flag: true}})
			count(token_login_is_healthy.deviates) == 1 with input as case(token)
			count(token_login_is_healthy.conforms) == 0 with input as case(token)
		}
	}
}

test_deviates_without_a_login if {
	every changes in [{"login_required": false}, {"error_state": true}, {"user_pin": {"initialized": false}}] {
		count(token_login_is_healthy.deviates) == 1 with input as case(hsm.token(changes))
		count(token_login_is_healthy.conforms) == 0 with input as case(hsm.token(changes))
	}
}

test_says_nothing_without_a_pins_state if {
	token := object.remove(hsm.token({}), ["so_pin"])
	count(token_login_is_healthy.deviates) == 0 with input as case(token)
	count(token_login_is_healthy.conforms) == 0 with input as case(token)
}
