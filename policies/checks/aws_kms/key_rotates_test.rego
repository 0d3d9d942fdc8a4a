package checks.aws_kms.key_rotates_test

import data.checks.aws_kms.key_rotates
import data.lib.fixture
import data.lib.fixture_kms

parameters := {"max_days": 365}

case(key) := fixture.case(key, parameters)

test_conforms_when_rotating_every_year if {
	count(key_rotates.conforms) == 1 with input as case(fixture_kms.key)
	count(key_rotates.deviates) == 0 with input as case(fixture_kms.key)
	count(key_rotates.not_applicable) == 0 with input as case(fixture_kms.key)
}

# A8: what was not read is no default.
test_undetermined_without_a_period if {
	unsaid := case(fixture_kms.replaced("rotation", fixture_kms.rotation(true, null)))
	count(key_rotates.undetermined) == 1 with input as unsaid
	count(key_rotates.conforms) == 0 with input as unsaid
	count(key_rotates.deviates) == 0 with input as unsaid
}

test_deviates_when_off if {
	off := fixture_kms.replaced("rotation", fixture_kms.rotation(false, null))
	some evidence in key_rotates.deviates with input as case(off)
	evidence.path == "/rotation/enabled"
	count(key_rotates.conforms) == 0 with input as case(off)
}

test_deviates_when_too_slow if {
	slow := fixture_kms.replaced("rotation", fixture_kms.rotation(true, 730))
	some evidence in key_rotates.deviates with input as case(slow)
	evidence.path == "/rotation/period_days"
	count(key_rotates.conforms) == 0 with input as case(slow)
}

test_not_applicable_to_keys_that_cannot_rotate if {
	asymmetric := fixture_kms.with_parts({"spec": "ECC_SECG_P256K1", "rotation": null})
	count(key_rotates.not_applicable) == 1 with input as case(asymmetric)
}

test_not_applicable_to_keys_of_aws if {
	count(key_rotates.not_applicable) == 1 with input as case(fixture_kms.managed)
}

# KMS reports rotation as off while a key waits for its deletion, whatever was set.
test_not_applicable_while_waiting_for_deletion if {
	rotation := fixture_kms.rotation(false, null)
	dying := object.union(fixture_kms.replaced("rotation", rotation), {"state": "PendingDeletion"})
	count(key_rotates.not_applicable) == 1 with input as case(dying)
	count(key_rotates.deviates) == 0 with input as case(dying)
}
