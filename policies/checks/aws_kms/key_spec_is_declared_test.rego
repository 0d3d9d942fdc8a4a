package checks.aws_kms.key_spec_is_declared_test

import data.checks.aws_kms.key_spec_is_declared
import data.lib.fixture
import data.lib.fixture_kms

case(key) := fixture.case(key, {"accept": ["SYMMETRIC_DEFAULT", "ECC_SECG_P256K1"]})

test_conforms_when_declared if {
	count(key_spec_is_declared.conforms) == 1 with input as case(fixture_kms.key)
	count(key_spec_is_declared.deviates) == 0 with input as case(fixture_kms.key)
}

test_deviates_when_not_declared if {
	weak := fixture_kms.with_parts({"spec": "RSA_2048", "rotation": null})
	count(key_spec_is_declared.deviates) == 1 with input as case(weak)
	count(key_spec_is_declared.conforms) == 0 with input as case(weak)
}

test_not_applicable_to_keys_of_aws if {
	count(key_spec_is_declared.not_applicable) == 1 with input as case(fixture_kms.managed)
}
