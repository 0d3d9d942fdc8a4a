package checks.keys.found_key_is_declared_test

import data.checks.keys.found_key_is_declared
import data.lib.fixture
import data.lib.fixture_keys

case(resource) := fixture.case(resource, {"signing_only": false, "others": []})

signing(resource) := fixture.case(resource, {"signing_only": true, "others": []})

undeclared := object.union(fixture_keys.found_key, {"declared_as": []})

test_conforms_where_the_inventory_names_it if {
	count(found_key_is_declared.conforms) == 1 with input as case(fixture_keys.found_key)
	count(found_key_is_declared.deviates) == 0 with input as case(fixture_keys.found_key)
	count(found_key_is_declared.not_applicable) == 0 with input as case(fixture_keys.found_key)
}

test_deviates_where_no_entry_does if {
	count(found_key_is_declared.deviates) == 1 with input as case(undeclared)
	count(found_key_is_declared.conforms) == 0 with input as case(undeclared)
}

test_says_what_the_inventory_says_instead if {
	moved := object.union(undeclared, {"declared_elsewhere": ["hot-signing"]})
	copied := object.union(undeclared, {"copy_of": ["hot-signing"]})
	count(found_key_is_declared.deviates) == 2 with input as case(moved)
	count(found_key_is_declared.deviates) == 2 with input as case(copied)
}

test_keys_of_aws_are_nobodys if {
	managed := object.union(undeclared, {"managed": true})
	count(found_key_is_declared.not_applicable) == 1 with input as case(managed)
	count(found_key_is_declared.deviates) == 0 with input as case(managed)

	# One that is declared all the same is.
	declared := object.union(fixture_keys.found_key, {"managed": true})
	count(found_key_is_declared.not_applicable) == 0 with input as case(declared)
	count(found_key_is_declared.conforms) == 1 with input as case(declared)
}

test_keys_that_cannot_sign_may_be_left_out if {
	encrypting := object.union(undeclared, {"signs": false})
	count(found_key_is_declared.deviates) == 1 with input as case(encrypting)
	count(found_key_is_declared.not_applicable) == 1 with input as signing(encrypting)
	count(found_key_is_declared.deviates) == 0 with input as signing(encrypting)
	count(found_key_is_declared.deviates) == 1 with input as signing(undeclared)

	# What it is for is not said: it may sign.
	count(found_key_is_declared.deviates) == 1 with input as signing(object.union(undeclared, {"signs": null}))
	count(found_key_is_declared.not_applicable) == 0 with input as signing(object.union(undeclared, {"signs": null}))
}

test_not_applicable_where_it_is_no_part_of_the_system if {
	named := fixture.case(undeclared, {"signing_only": false, "others": ["alias/other", undeclared.names[0]]})
	count(found_key_is_declared.not_applicable) == 1 with input as named
	count(found_key_is_declared.deviates) == 0 with input as named
}

test_another_name_excuses_nothing if {
	count(found_key_is_declared.deviates) == 1 with input as fixture.case(undeclared, {"signing_only": false, "others": ["alias/other"]})
}
