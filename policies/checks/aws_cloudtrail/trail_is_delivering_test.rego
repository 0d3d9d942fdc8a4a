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

# A delivery in days to come says nothing of deliveries until now.
test_undetermined_when_the_last_delivery_lies_in_the_future if {
	ahead := case(fixture_cloudtrail.with_status({"latest_delivery": fixture.days_ahead(2)}))
	some evidence in trail_is_delivering.undetermined with input as ahead
	contains(evidence.because, "has not come yet")
	count(trail_is_delivering.conforms) == 0 with input as ahead
	count(trail_is_delivering.deviates) == 0 with input as ahead
	stopped := case(fixture_cloudtrail.with_status({"latest_delivery": fixture.days_ahead(2), "logging": false}))
	count(trail_is_delivering.deviates) == 1 with input as stopped
}
