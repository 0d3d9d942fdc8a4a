package checks.pkcs11.keys_made_inside_test

import data.checks.pkcs11.keys_made_inside
import data.lib.fixture
import data.lib.fixture_pkcs11 as hsm

test_conforms_when_local if {
	count(keys_made_inside.conforms) == 1 with input as fixture.case(hsm.signer, {})
	count(keys_made_inside.deviates) == 0 with input as fixture.case(hsm.signer, {})
}

test_deviates_when_imported if {
	key := hsm.key({"local": false})
	count(keys_made_inside.deviates) == 1 with input as fixture.case(key, {})
	count(keys_made_inside.conforms) == 0 with input as fixture.case(key, {})
}
