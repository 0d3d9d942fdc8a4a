package checks.pkcs11.key_use_is_separated_test

import data.checks.pkcs11.key_use_is_separated
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

case(key, tolerated) := fixture.case(key, {"tolerated": tolerated})

test_conforms_with_one_use if {
	count(key_use_is_separated.conforms) == 1 with input as case(hsm.signer, [])
	count(key_use_is_separated.deviates) == 0 with input as case(hsm.signer, [])
}

test_deviates_with_two if {
	key := hsm.key({"decrypt": true})
	paths := {found.path | some found in key_use_is_separated.deviates} with input as case(key, [])
	paths == {"/decrypt", "/sign"}
	count(key_use_is_separated.conforms) == 0 with input as case(key, [])
}

test_deviates_when_it_wraps_and_decrypts if {
	key := hsm.key({"class": "secret", "sign": false, "wrap": true, "decrypt": true})
	count(key_use_is_separated.deviates) == 2 with input as case(key, [])
}

test_conforms_when_it_wraps_and_unwraps if {
	key := hsm.key({"class": "secret", "sign": false, "wrap": true, "unwrap": true})
	count(key_use_is_separated.conforms) == 1 with input as case(key, [])
}

test_conforms_where_it_is_tolerated if {
	key := hsm.key({"derive": true})
	count(key_use_is_separated.deviates) == 2 with input as case(key, [])
	count(key_use_is_separated.conforms) == 1 with input as case(key, ["deriving"])
}

test_says_nothing_without_a_use if {
	key := object.remove(hsm.signer, ["unwrap"])
	count(key_use_is_separated.deviates) == 0 with input as case(key, [])
	count(key_use_is_separated.conforms) == 0 with input as case(key, [])
}

test_conforms_with_no_use if {
	key := hsm.key({"sign": false})
	count(key_use_is_separated.conforms) == 1 with input as case(key, [])
	count(key_use_is_separated.deviates) == 0 with input as case(key, [])
}
