package checks.aws_cloudtrail.trail_is_delivering_test

import data.checks.aws_cloudtrail.trail_is_delivering
import data.lib.fixture
import data.lib.fixture_cloudtrail

case(trail) := fixture.case(trail, {"max_hours": 24})

deviating(parts) if {
	count(trail_is_delivering.deviates) == 1 with input as case(fixture_cloudtrail.with_status(parts))
	count(trail_is_delivering.conforms) == 0 with input as case(fixture_cloudtrail.with_status(parts))
}

test_conforms_when_it_delivered_lately if {
	count(trail_is_delivering.conforms) == 1 with input as case(fixture_cloudtrail.trail)
	count(trail_is_delivering.deviates) == 0 with input as case(fixture_cloudtrail.trail)
}

test_deviates_when_it_is_stopped if deviating({"logging": false})

test_deviates_when_s3_refused if deviating({"latest_delivery_error": "NoSuchBucket"})

test_deviates_when_it_never_delivered if deviating({"latest_delivery": null})

test_deviates_when_the_last_delivery_is_old if deviating({"latest_delivery": fixture.days_ago(2)})
