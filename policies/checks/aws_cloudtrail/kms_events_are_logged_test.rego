package checks.aws_cloudtrail.kms_events_are_logged_test

import data.checks.aws_cloudtrail.kms_events_are_logged
import data.lib.fixture
import data.lib.fixture_cloudtrail

conforming(region) if {
	count(kms_events_are_logged.conforms) > 0 with input as fixture.case(region, {})
	count(kms_events_are_logged.deviates) == 0 with input as fixture.case(region, {})
}

deviating(region) if {
	count(kms_events_are_logged.deviates) > 0 with input as fixture.case(region, {})
	count(kms_events_are_logged.conforms) == 0 with input as fixture.case(region, {})
}

classic(which, management, excluded) := fixture_cloudtrail.region([fixture_cloudtrail.classic(which, management, excluded)], ["a"])

advanced(fields) := fixture_cloudtrail.region([fixture_cloudtrail.advanced(fields)], ["a"])

field(name, equals, not_equals) := fixture_cloudtrail.field(name, equals, not_equals)

management := field("eventCategory", ["Management"], [])

test_conforms_for_all_management_events if conforming(classic("All", true, []))

test_conforms_for_advanced_selectors if {
	conforming(advanced([management]))
	conforming(advanced([management, field("eventSource", [], ["rdsdata.amazonaws.com"])]))
	conforming(advanced([management, field("eventSource", ["kms.amazonaws.com"], [])]))
	conforming(advanced([management, field("readOnly", ["true", "false"], [])]))
}

test_conforms_when_two_trails_share_the_work if {
	reads := fixture_cloudtrail.classic("ReadOnly", true, [])
	writes := object.union(fixture_cloudtrail.classic("WriteOnly", true, []), {"trail": "b"})
	conforming(fixture_cloudtrail.region([reads, writes], ["a", "b"]))
	deviating(fixture_cloudtrail.region([reads, writes], ["a"]))
}

test_deviates_when_kms_is_left_out if {
	deviating(classic("All", true, ["kms.amazonaws.com"]))
	deviating(advanced([management, field("eventSource", [], ["kms.amazonaws.com"])]))
	deviating(advanced([management, field("eventSource", ["iam.amazonaws.com"], [])]))
}

test_deviates_when_only_half_is_taken if {
	deviating(classic("WriteOnly", true, []))
	deviating(advanced([management, field("readOnly", ["false"], [])]))
}

test_deviates_without_management_events if {
	deviating(classic("All", false, []))
	deviating(advanced([field("eventCategory", ["Data"], [])]))
	deviating(advanced([field("readOnly", ["true"], [])]))
}

# A selector that looks at who did it may leave out just those who matter.
test_deviates_when_a_selector_looks_at_more if {
	deviating(advanced([management, field("userIdentity.arn", [], ["arn:aws:iam::111122223333:role/batch"])]))
	ending := object.union(field("eventSource", [], []), {"not_ends_with": ["s.amazonaws.com"]})
	deviating(advanced([management, ending]))
}

test_deviates_when_nothing_is_logging if {
	deviating(fixture_cloudtrail.region([fixture_cloudtrail.classic("All", true, [])], []))
	deviating(fixture_cloudtrail.region([], []))
}

test_not_applicable_where_there_is_nothing_to_log if {
	closed := object.union(fixture_cloudtrail.region([], []), {"status": "DISABLED", "declared": true})
	count(kms_events_are_logged.not_applicable) == 1 with input as fixture.case(closed, {})
	outside := object.union(fixture_cloudtrail.region([], []), {"declared": false})
	count(kms_events_are_logged.not_applicable) == 1 with input as fixture.case(outside, {})
	count(kms_events_are_logged.deviates) == 0 with input as fixture.case(outside, {})
}
