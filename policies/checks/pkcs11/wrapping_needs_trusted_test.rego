package checks.pkcs11.wrapping_needs_trusted_test

import data.checks.pkcs11.wrapping_needs_trusted
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

test_does_not_apply_when_it_cannot_leave if {
	count(wrapping_needs_trusted.not_applicable) == 1 with input as fixture.case(hsm.signer, {})
	count(wrapping_needs_trusted.deviates) == 0 with input as fixture.case(hsm.signer, {})
}

test_conforms_under_trusted_keys if {
	key := hsm.key({"extractable": true, "wrap_with_trusted": true})
	count(wrapping_needs_trusted.conforms) == 1 with input as fixture.case(key, {})
	count(wrapping_needs_trusted.not_applicable) == 0 with input as fixture.case(key, {})
}

test_deviates_under_any_key if {
	key := hsm.key({"extractable": true})
	count(wrapping_needs_trusted.deviates) == 1 with input as fixture.case(key, {})
	count(wrapping_needs_trusted.conforms) == 0 with input as fixture.case(key, {})
}
