package checks.aws_kms.key_origin_is_declared_test

import data.checks.aws_kms.key_origin_is_declared
import data.lib.fixture
import data.lib.fixture_kms

case(key) := fixture.case(key, {"accept": ["AWS_KMS", "AWS_CLOUDHSM"]})

test_conforms_when_declared if {
	count(key_origin_is_declared.conforms) == 1 with input as case(fixture_kms.key)
	count(key_origin_is_declared.deviates) == 0 with input as case(fixture_kms.key)
}

test_deviates_when_imported if {
	imported := fixture_kms.with_parts({"origin": "EXTERNAL", "rotation": null})
	count(key_origin_is_declared.deviates) == 1 with input as case(imported)
	count(key_origin_is_declared.conforms) == 0 with input as case(imported)
}

test_not_applicable_to_keys_of_aws if {
	count(key_origin_is_declared.not_applicable) == 1 with input as case(fixture_kms.managed)
}
