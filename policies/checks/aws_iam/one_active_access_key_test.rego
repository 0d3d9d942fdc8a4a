package checks.aws_iam.one_active_access_key_test

import data.checks.aws_iam.one_active_access_key
import data.lib.fixture
import data.lib.fixture_iam

case(keys) := fixture.case(fixture_iam.with_parts({"access_keys": keys}), {})

key(id, active) := fixture_iam.access_key(id, active, 30)

conforming(given) if {
	count(one_active_access_key.conforms) == 1 with input as given
	count(one_active_access_key.deviates) == 0 with input as given
}

test_conforms_with_none if conforming(case([]))

test_conforms_with_one if conforming(case([key("AKIA1", true)]))

test_conforms_with_one_beside_an_inactive_one if conforming(case([key("AKIA1", true), key("AKIA2", false)]))

test_deviates_with_two if {
	two := case([key("AKIA1", true), key("AKIA2", true)])
	count(one_active_access_key.deviates) == 2 with input as two
	count(one_active_access_key.conforms) == 0 with input as two
}
