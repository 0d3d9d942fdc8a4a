package checks.declaration.single_signer_key_has_its_threat_test

import data.checks.declaration.single_signer_key_has_its_threat
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.key, parts), {})

one := [{"id": "hot", "signatures": 1}]

test_conforms_when_named if {
	count(single_signer_key_has_its_threat.conforms) == 1 with input as case({"wallets": one})
	count(single_signer_key_has_its_threat.conforms) == 1 with input as case({"wallets": [], "holders": ["kh-1"]})
	count(single_signer_key_has_its_threat.deviates) == 0 with input as case({"wallets": one})
}

test_deviates_when_covered_only if {
	count(single_signer_key_has_its_threat.deviates) == 1 with input as case({"wallets": one, "named_by": [], "covered_by": ["T-1"]})
	count(single_signer_key_has_its_threat.deviates) == 1 with input as case({"wallets": [], "holders": ["kh-1"], "named_by": []})
	count(single_signer_key_has_its_threat.conforms) == 0 with input as case({"wallets": one, "named_by": []})
}

test_undetermined_when_nothing_says_how_many if {
	unsaid := case({"wallets": [{"id": "hot", "signatures": null}]})
	count(single_signer_key_has_its_threat.undetermined) == 1 with input as unsaid
	count(single_signer_key_has_its_threat.not_applicable) == 0 with input as unsaid
	count(single_signer_key_has_its_threat.conforms) == 0 with input as unsaid
}

test_not_applicable_when_more_are_needed if {
	count(single_signer_key_has_its_threat.not_applicable) == 1 with input as case({})
	count(single_signer_key_has_its_threat.conforms) == 0 with input as case({})
}

test_undetermined_when_nothing_says_who_can_use_it if {
	data_key := case({"wallets": [], "holders": [], "named_by": []})
	count(single_signer_key_has_its_threat.undetermined) == 1 with input as data_key
	count(single_signer_key_has_its_threat.deviates) == 0 with input as data_key
	count(single_signer_key_has_its_threat.conforms) == 0 with input as data_key
	count(single_signer_key_has_its_threat.not_applicable) == 0 with input as data_key
}

test_several_holders_are_no_second_signature if {
	unclear("private-key")
	unclear(null)
}

unclear(material) if {
	whole := case({"wallets": [], "material": material})
	count(single_signer_key_has_its_threat.undetermined) == 1 with input as whole
	count(single_signer_key_has_its_threat.not_applicable) == 0 with input as whole
	count(single_signer_key_has_its_threat.deviates) == 0 with input as whole
}

test_holders_of_shares_do_not_sign_alone if {
	shares := case({"wallets": [], "material": "share"})
	count(single_signer_key_has_its_threat.not_applicable) == 1 with input as shares
	count(single_signer_key_has_its_threat.undetermined) == 0 with input as shares
}

test_one_share_alone_is_undetermined if {
	share := case({"wallets": [], "material": "share", "holders": ["kh-1"]})
	count(single_signer_key_has_its_threat.undetermined) == 1 with input as share
	count(single_signer_key_has_its_threat.deviates) == 0 with input as share
	count(single_signer_key_has_its_threat.conforms) == 0 with input as share
}
