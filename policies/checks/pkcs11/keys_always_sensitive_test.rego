package checks.pkcs11.keys_always_sensitive_test

import data.checks.pkcs11.keys_always_sensitive
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

test_conforms_when_it_always_was if {
	count(keys_always_sensitive.conforms) == 1 with input as fixture.case(hsm.signer, {})
	count(keys_always_sensitive.deviates) == 0 with input as fixture.case(hsm.signer, {})
}

test_deviates_when_it_is_not if {
	key := hsm.key({"sensitive": false, "always_sensitive": false})
	count(keys_always_sensitive.deviates) == 2 with input as fixture.case(key, {})
	count(keys_always_sensitive.conforms) == 0 with input as fixture.case(key, {})
}

test_deviates_when_it_was_not if {
	key := hsm.key({"always_sensitive": false})
	count(keys_always_sensitive.deviates) == 1 with input as fixture.case(key, {})
	count(keys_always_sensitive.conforms) == 0 with input as fixture.case(key, {})
}

test_says_nothing_without_the_past if {
	key := object.remove(hsm.signer, ["always_sensitive"])
	count(keys_always_sensitive.deviates) == 0 with input as fixture.case(key, {})
	count(keys_always_sensitive.conforms) == 0 with input as fixture.case(key, {})
}
