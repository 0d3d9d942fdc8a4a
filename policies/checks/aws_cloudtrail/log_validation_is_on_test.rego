package checks.aws_cloudtrail.log_validation_is_on_test

import data.checks.aws_cloudtrail.log_validation_is_on
import data.lib.fixture
import data.lib.fixture_cloudtrail

deviating(trail) if {
	count(log_validation_is_on.deviates) == 1 with input as fixture.case(trail, {})
	count(log_validation_is_on.conforms) == 0 with input as fixture.case(trail, {})
}

test_conforms_when_digests_are_written if {
	count(log_validation_is_on.conforms) == 1 with input as fixture.case(fixture_cloudtrail.trail, {})
	count(log_validation_is_on.deviates) == 0 with input as fixture.case(fixture_cloudtrail.trail, {})
}

test_deviates_without_digests if {
	deviating(object.union(fixture_cloudtrail.trail, {"log_file_validation": false}))
}

test_deviates_when_digests_do_not_arrive if {
	deviating(fixture_cloudtrail.with_status({"latest_digest_delivery_error": "AccessDenied"}))
}
