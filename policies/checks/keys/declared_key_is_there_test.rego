package checks.keys.declared_key_is_there_test

import data.checks.keys.declared_key_is_there
import data.lib.fixture
import data.lib.fixture_keys

case(resource) := fixture.case(resource, {})

gone := object.union(fixture_keys.key, {"found": [], "differs": []})

test_conforms_where_it_is_found if {
	count(declared_key_is_there.conforms) == 1 with input as case(fixture_keys.key)
	count(declared_key_is_there.deviates) == 0 with input as case(fixture_keys.key)
	count(declared_key_is_there.not_applicable) == 0 with input as case(fixture_keys.key)
}

test_deviates_where_it_is_not if {
	count(declared_key_is_there.deviates) == 1 with input as case(gone)
	count(declared_key_is_there.conforms) == 0 with input as case(gone)
}

test_says_where_a_key_of_this_name_is if {
	elsewhere := [
		object.union(fixture_keys.found, {"target": "other", "by": "arn", "certain": true}),
		object.union(fixture_keys.found, {"target": "third", "by": "alias", "certain": false}),
	]
	reasons := {piece.because | some piece in declared_key_is_there.deviates} with input as case(object.union(gone, {"elsewhere": elsewhere}))
	reasons == {
		"no key of target `prod` is called `alias/hot-signing`",
		"a key of this name is at target `other`",
		"a key of this name is at target `third`, which may be another key",
	}

	# Another key of the same name changes nothing where it was found.
	count(declared_key_is_there.deviates) == 0 with input as case(object.union(fixture_keys.key, {"elsewhere": elsewhere}))
}

test_does_not_apply_to_a_key_of_no_target if {
	paper := object.union(gone, {"at": null})
	count(declared_key_is_there.not_applicable) == 1 with input as case(paper)
	count(declared_key_is_there.deviates) == 0 with input as case(paper)
}
