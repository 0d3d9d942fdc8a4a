package checks.pkcs11.keys_made_inside_test

import data.checks.pkcs11.keys_made_inside
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

test_conforms_when_local if {
	count(keys_made_inside.conforms) == 1 with input as fixture.case(hsm.signer, {})
	count(keys_made_inside.deviates) == 0 with input as fixture.case(hsm.signer, {})
}

test_deviates_when_imported if {
	key := hsm.key({"local": false, "key_gen_mechanism": null, "always_sensitive": false, "never_extractable": false})
	every maker in [hsm.softhsm, hsm.nobody] {
		count(keys_made_inside.deviates) == 1 with input as fixture.case(object.union(key, {"maker": maker}), {})
		count(keys_made_inside.conforms) == 0 with input as fixture.case(object.union(key, {"maker": maker}), {})
	}
}

# Kryoptic says CKA_LOCAL of what it derived.
test_deviates_when_derived_or_from_a_password if {
	every mechanism in [
		"CKM_ECDH1_DERIVE",
		"CKM_SHA256_KEY_DERIVATION",
		"CKM_HKDF_DERIVE",
		"CKM_AES_CBC_ENCRYPT_DATA",
		"CKM_DES3_ECB_ENCRYPT_DATA",
		"CKM_X3DH_RESPOND",
		"CKM_PKCS5_PBKD2",
	] {
		every local in [true, false] {
			key := hsm.key({"local": local, "key_gen_mechanism": mechanism})
			some found in keys_made_inside.deviates with input as fixture.case(key, {})
			found.path == "/key_gen_mechanism"
			count(keys_made_inside.conforms) == 0 with input as fixture.case(key, {})
		}
	}
}

test_deviates_when_a_known_maker_has_another_one_with_a_past if {
	key := hsm.key({"local": false, "key_gen_mechanism": null})
	count(keys_made_inside.deviates) == 1 with input as fixture.case(key, {})
	count(keys_made_inside.undetermined) == 0 with input as fixture.case(key, {})
}

nothing_but_words(key) if {
	count(keys_made_inside.conforms) == 0 with input as fixture.case(key, {})
	count(keys_made_inside.deviates) == 0 with input as fixture.case(key, {})
	count(keys_made_inside.undetermined) == 1 with input as fixture.case(key, {})
}

test_says_why_it_is_not_settled if {
	every changes in [
		{"key_gen_mechanism": null},
		{"key_gen_mechanism": "CKM_VENDOR_DEFINED"},
		{"local": false},
		{"local": false, "key_gen_mechanism": null, "maker": hsm.nobody},
		{"local": false, "key_gen_mechanism": null, "maker": hsm.nss},
		{"local": true, "key_gen_mechanism": null, "maker": hsm.nss},
	] {
		nothing_but_words(hsm.key(changes))
	}
}

test_says_whose_meaning_it_is if {
	key := hsm.key({"local": true, "key_gen_mechanism": null, "maker": hsm.nss})
	some found in keys_made_inside.undetermined with input as fixture.case(key, {})
	contains(found.because, "NSS made a key (3.87.1")
}

# A module between: the token is known by its own words.
test_conforms_behind_another_library if {
	maker := object.union(hsm.softhsm, {"library": "PKCS#11 Kit", "library_description": "PKCS#11 Kit Proxy Module"})
	count(keys_made_inside.conforms) == 1 with input as fixture.case(hsm.key({"maker": maker}), {})
}

test_believes_a_maker_that_is_not_known_where_it_agrees_with_itself if {
	count(keys_made_inside.conforms) == 1 with input as fixture.case(hsm.key({"maker": hsm.nobody}), {})
}
