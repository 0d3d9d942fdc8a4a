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

because(key) := said if {
	said := {found.because | some found in keys_always_sensitive.deviates} with input as fixture.case(key, {})
}

test_says_whether_it_can_be_read if {
	key := hsm.key({"sensitive": false, "always_sensitive": false})
	some inside in because(key)
	contains(inside, "only that it is not extractable keeps its value inside")
	some open in because(object.union(key, {"extractable": true}))
	contains(open, "can be read in the clear")
	some unread in because(object.remove(key, ["extractable"]))
	contains(unread, "which was not read")
}

test_names_what_contradicts_itself if {
	some found in because(hsm.key({"sensitive": false}))
	contains(found, "contradicts itself")
}

test_is_not_settled_by_the_past_of_a_key_from_outside if {
	key := hsm.key({"local": false})
	count(keys_always_sensitive.deviates) == 0 with input as fixture.case(key, {})
	count(keys_always_sensitive.conforms) == 0 with input as fixture.case(key, {})
	count(keys_always_sensitive.undetermined) == 1 with input as fixture.case(key, {})
}

test_conforms_where_the_past_tells_by_itself if {
	key := hsm.key({"local": false, "maker": hsm.nss})
	count(keys_always_sensitive.conforms) == 1 with input as fixture.case(key, {})
	count(keys_always_sensitive.undetermined) == 0 with input as fixture.case(key, {})
}

test_says_nothing_without_the_past if {
	key := object.remove(hsm.signer, ["always_sensitive"])
	count(keys_always_sensitive.deviates) == 0 with input as fixture.case(key, {})
	count(keys_always_sensitive.conforms) == 0 with input as fixture.case(key, {})
}
