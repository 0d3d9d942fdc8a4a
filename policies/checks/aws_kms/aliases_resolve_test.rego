package checks.aws_kms.aliases_resolve_test

import data.checks.aws_kms.aliases_resolve
import data.lib.fixture

alias(target_key, target_exists, reserved) := {
	"name": "alias/hot-signing",
	"reserved": reserved,
	"target_key": target_key,
	"target_exists": target_exists,
	"target_state": state_of(target_exists),
}

state_of(true) := "Enabled"

state_of(false) := null

in_state(state) := object.union(alias("1234abcd", true, false), {"target_state": state})

# A10
test_deviates_when_the_key_is_of_no_use if {
	every state in ["Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable", "Creating", "New"] {
		count(aliases_resolve.deviates) == 1 with input as case(in_state(state))
		count(aliases_resolve.conforms) == 0 with input as case(in_state(state))
	}
	count(aliases_resolve.conforms) == 1 with input as case(in_state("Updating"))
}

case(resource) := fixture.case(resource, {})

test_conforms_when_the_key_is_there if {
	good := alias("1234abcd", true, false)
	count(aliases_resolve.conforms) == 1 with input as case(good)
	count(aliases_resolve.deviates) == 0 with input as case(good)
}

test_deviates_without_a_key if {
	count(aliases_resolve.deviates) == 1 with input as case(alias(null, false, false))
	count(aliases_resolve.conforms) == 0 with input as case(alias(null, false, false))
}

test_deviates_when_the_key_is_gone if {
	count(aliases_resolve.deviates) == 1 with input as case(alias("1234abcd", false, false))
}

test_not_applicable_to_names_of_aws if {
	count(aliases_resolve.not_applicable) == 1 with input as case(alias(null, false, true))
	count(aliases_resolve.deviates) == 0 with input as case(alias(null, false, true))
}

test_conforms_when_a_name_of_aws_leads_to_its_key if {
	count(aliases_resolve.conforms) == 1 with input as case(alias("1234abcd", true, true))
	count(aliases_resolve.not_applicable) == 0 with input as case(alias("1234abcd", true, true))
}

test_deviates_when_the_key_behind_a_name_of_aws_is_gone if {
	count(aliases_resolve.deviates) == 1 with input as case(alias("1234abcd", false, true))
	count(aliases_resolve.not_applicable) == 0 with input as case(alias("1234abcd", false, true))
}
