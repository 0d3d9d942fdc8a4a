package checks.aws_kms.key_is_usable_test

import data.checks.aws_kms.key_is_usable
import data.lib.fixture
import data.lib.fixture_kms

case(key) := fixture.case(key, {"min_days": 30})

imported(valid_to) := fixture_kms.with_parts({
	"origin": "EXTERNAL",
	"rotation": null,
	"valid_to": valid_to,
	"expiration_model": "KEY_MATERIAL_EXPIRES",
})

undetermined(key) if {
	count(key_is_usable.undetermined) == 1 with input as case(key)
	count(key_is_usable.conforms) == 0 with input as case(key)
	count(key_is_usable.deviates) == 0 with input as case(key)
}

# A8: no date is not no end.
test_undetermined_when_the_material_expires_nobody_says_when if undetermined(imported(null))

# A9
test_undetermined_when_state_and_enabled_contradict_each_other if undetermined(fixture_kms.with_parts({"enabled": false}))

test_conforms_when_enabled if {
	count(key_is_usable.conforms) == 1 with input as case(fixture_kms.key)
	count(key_is_usable.deviates) == 0 with input as case(fixture_kms.key)
}

test_conforms_when_the_material_lasts if {
	count(key_is_usable.conforms) == 1 with input as case(imported(fixture.days_ahead(31)))
	count(key_is_usable.deviates) == 0 with input as case(imported(fixture.days_ahead(31)))
}

test_deviates_when_the_material_expires_soon if {
	count(key_is_usable.deviates) == 1 with input as case(imported(fixture.days_ahead(29)))
	count(key_is_usable.conforms) == 0 with input as case(imported(fixture.days_ahead(29)))
}

test_deviates_when_the_material_has_expired if {
	expired := object.union(imported(fixture.days_ago(1)), {"state": "PendingImport"})
	count(key_is_usable.deviates) == 2 with input as case(expired)
}

test_deviates_in_every_other_state if {
	every state in ["Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable", "Creating"] {
		key := fixture_kms.with_parts({"state": state})
		count(key_is_usable.deviates) == 1 with input as case(key)
		count(key_is_usable.conforms) == 0 with input as case(key)
	}
}

test_not_applicable_to_keys_of_aws if {
	count(key_is_usable.not_applicable) == 1 with input as case(fixture_kms.managed)
}
