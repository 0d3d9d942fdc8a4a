package checks.aws_iam.root_has_no_access_keys_test

import data.checks.aws_iam.root_has_no_access_keys
import data.lib.fixture
import data.lib.fixture_iam

case(present) := fixture.case(
	fixture_iam.account_with({"summary": fixture_iam.summary({"root_access_keys_present": present})}),
	{},
)

test_conforms_without if {
	count(root_has_no_access_keys.conforms) == 1 with input as case(false)
	count(root_has_no_access_keys.deviates) == 0 with input as case(false)
}

test_deviates_with if {
	count(root_has_no_access_keys.deviates) == 1 with input as case(true)
	count(root_has_no_access_keys.conforms) == 0 with input as case(true)
}

# IAM gave a summary without this count: nothing is proven.
test_a_missing_count_proves_nothing if {
	partial := fixture.case(fixture_iam.account_with({"summary": {"users": 3}}), {})
	count(root_has_no_access_keys.undetermined) == 1 with input as partial
	count(root_has_no_access_keys.conforms) == 0 with input as partial
	count(root_has_no_access_keys.deviates) == 0 with input as partial
}
