package checks.aws_iam.access_keys_are_young_test

import data.checks.aws_iam.access_keys_are_young
import data.lib.fixture
import data.lib.fixture_iam

case(keys) := fixture.case(fixture_iam.with_parts({"access_keys": keys}), {"max_days": 90})

test_conforms_when_young if {
	young := case([fixture_iam.access_key("AKIA1", true, 90), fixture_iam.access_key("AKIA2", false, 500)])
	count(access_keys_are_young.conforms) == 1 with input as young
	count(access_keys_are_young.deviates) == 0 with input as young
}

test_deviates_when_old if {
	old := case([fixture_iam.access_key("AKIA1", true, 10), fixture_iam.access_key("AKIA2", true, 91)])
	some evidence in access_keys_are_young.deviates with input as old
	evidence.path == "/access_keys/1/created"
	count(access_keys_are_young.conforms) == 0 with input as old
}

# Without the day on which it was made nothing is known of its age.
test_a_key_without_a_day_proves_nothing if {
	undated := case([{"id": "AKIA1", "active": true}])
	count(access_keys_are_young.conforms) == 0 with input as undated
	count(access_keys_are_young.deviates) == 0 with input as undated
}

test_not_applicable_without_an_active_key if {
	count(access_keys_are_young.not_applicable) == 1 with input as case([])
	count(access_keys_are_young.not_applicable) == 1 with input as case([fixture_iam.access_key("AKIA1", false, 500)])
}

# Made tomorrow: somebody's clock is wrong, and a key of any age would look young.
test_undetermined_when_made_in_the_future if {
	ahead := case([fixture_iam.access_key("AKIA1", true, 10), fixture_iam.access_key("AKIA2", true, -1)])
	some evidence in access_keys_are_young.undetermined with input as ahead
	evidence.path == "/access_keys/1/created"
	contains(evidence.because, "has not come yet by the clock of this run")
	count(access_keys_are_young.conforms) == 0 with input as ahead
	count(access_keys_are_young.deviates) == 0 with input as ahead
}

test_a_key_in_the_future_hides_no_old_one if {
	both := case([fixture_iam.access_key("AKIA1", true, 91), fixture_iam.access_key("AKIA2", true, -1)])
	count(access_keys_are_young.deviates) == 1 with input as both
}

# Made while the run went on, or by a clock that is a little fast.
test_conforms_when_just_made if {
	just := case([{"id": "AKIA1", "active": true, "created": fixture.moment(fixture.now + 3600)}])
	count(access_keys_are_young.conforms) == 1 with input as just
	count(access_keys_are_young.undetermined) == 0 with input as just
}

made_after(seconds) := case([{"id": "AKIA1", "active": true, "created": fixture.moment(fixture.now + seconds)}])

# Six hours, and not a second more.
test_clocks_differ_by_six_hours_at_most if {
	count(access_keys_are_young.conforms) == 1 with input as made_after(21600)
	count(access_keys_are_young.undetermined) == 0 with input as made_after(21600)
	count(access_keys_are_young.conforms) == 0 with input as made_after(21601)
	count(access_keys_are_young.undetermined) == 1 with input as made_after(21601)
}
