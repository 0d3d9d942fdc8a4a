package checks.keys.is_as_declared_test

import data.checks.keys.is_as_declared
import data.lib.fixture
import data.lib.fixture_keys

case(changes) := fixture.case(object.union(fixture_keys.key, changes), {})

spec := {"what": "spec", "declared": "ECC_SECG_P256K1", "found": "RSA_4096", "of": fixture_keys.arn}

number := {"what": "number", "declared": "1", "found": "2", "of": null}

test_conforms_where_nothing_differs if {
	count(is_as_declared.conforms) == 1 with input as case({})
	count(is_as_declared.deviates) == 0 with input as case({})
	count(is_as_declared.not_applicable) == 0 with input as case({})
}

test_deviates_in_each_difference if {
	reasons := {piece.because | some piece in is_as_declared.deviates} with input as case({"differs": [spec, number]})
	reasons == {"its spec is RSA_4096, and declared as ECC_SECG_P256K1", "2 keys have this name"}
	count(is_as_declared.conforms) == 0 with input as case({"differs": [spec]})
}

test_does_not_apply_without_a_key if {
	count(is_as_declared.not_applicable) == 1 with input as case({"found": []})
	count(is_as_declared.conforms) == 0 with input as case({"found": []})
}

test_does_not_apply_where_nothing_is_declared_of_it if {
	count(is_as_declared.not_applicable) == 1 with input as case({"compared": 0})
	two := [fixture_keys.found, fixture_keys.found]
	count(is_as_declared.not_applicable) == 0 with input as case({"compared": 0, "found": two})
	count(is_as_declared.conforms) == 1 with input as case({"compared": 0, "found": two})
	count(is_as_declared.deviates) == 1 with input as case({"compared": 0, "found": two, "differs": [number]})
}
