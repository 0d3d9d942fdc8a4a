package checks.pkcs11.keys_never_extractable_test

import data.checks.pkcs11.keys_never_extractable
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

test_conforms_when_it_never_was if {
	count(keys_never_extractable.conforms) == 1 with input as fixture.case(hsm.signer, {})
	count(keys_never_extractable.deviates) == 0 with input as fixture.case(hsm.signer, {})
}

test_deviates_when_it_is if {
	key := hsm.key({"extractable": true, "never_extractable": false})
	count(keys_never_extractable.deviates) == 2 with input as fixture.case(key, {})
	count(keys_never_extractable.conforms) == 0 with input as fixture.case(key, {})
}

test_deviates_when_it_was if {
	key := hsm.key({"never_extractable": false})
	some found in keys_never_extractable.deviates with input as fixture.case(key, {})
	found.path == "/never_extractable"
	count(keys_never_extractable.conforms) == 0 with input as fixture.case(key, {})
}

test_deviates_when_a_token_contradicts_itself if {
	key := hsm.key({"extractable": true})
	paths := {found.path | some found in keys_never_extractable.deviates} with input as fixture.case(key, {})
	paths == {"/extractable", "/never_extractable"}
	count(keys_never_extractable.conforms) == 0 with input as fixture.case(key, {})
}

# openCryptoki says it of imported keys.
test_is_not_settled_by_the_past_of_a_key_from_outside if {
	every maker in [hsm.softhsm, hsm.nobody] {
		key := hsm.key({"local": false, "maker": maker})
		count(keys_never_extractable.deviates) == 0 with input as fixture.case(key, {})
		count(keys_never_extractable.conforms) == 0 with input as fixture.case(key, {})
		count(keys_never_extractable.undetermined) == 1 with input as fixture.case(key, {})
	}
}

test_conforms_where_the_past_tells_by_itself if {
	key := hsm.key({"local": false, "maker": hsm.nss})
	count(keys_never_extractable.conforms) == 1 with input as fixture.case(key, {})
	count(keys_never_extractable.undetermined) == 0 with input as fixture.case(key, {})
}

test_says_nothing_without_the_past if {
	key := object.remove(hsm.signer, ["never_extractable"])
	count(keys_never_extractable.deviates) == 0 with input as fixture.case(key, {})
	count(keys_never_extractable.conforms) == 0 with input as fixture.case(key, {})
}
