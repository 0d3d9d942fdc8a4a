package checks.controls.observed_at_declared_frequency_test

import data.checks.controls.observed_at_declared_frequency as observed
import data.lib.fixture
import data.lib.fixture_declaration

case(gaps, parameters) := fixture.case(resource, object.union(default_parameters, parameters)) if {
	seen := {"since": fixture.now - (800 * fixture.day), "gaps": gaps}
	resource := fixture_declaration.but(fixture_declaration.control, {"every_seconds": 86400, "observed": seen})
}

default_parameters := {"look_back_days": 366, "max_missed": 0}

# Two runs, of which the second began so many days ago.
gap(days, missed) := {
	"after": fixture.now - (((days + missed) + 1) * fixture.day),
	"until": fixture.now - (days * fixture.day),
	"every_seconds": 86400,
	"missed": missed,
}

test_conforms_where_no_run_is_missing if {
	count(observed.conforms) == 1 with input as case([], {})
	count(observed.deviates) == 0 with input as case([], {})
	count(observed.not_applicable) == 0 with input as case([], {})
}

test_deviates_for_each_time_without_a_run if {
	two := case([gap(100, 1), gap(0, 3)], {})
	found := observed.deviates with input as two
	{evidence.path | some evidence in found} == {"/observed/gaps/0", "/observed/gaps/1"}
	count(observed.conforms) == 0 with input as two
}

test_looks_back_so_far if {
	count(observed.conforms) == 1 with input as case([gap(366, 9)], {})
	count(observed.deviates) == 0 with input as case([gap(366, 9)], {})
	count(observed.deviates) == 1 with input as case([gap(365, 9)], {})
	count(observed.conforms) == 0 with input as case([gap(365, 9)], {})
	count(observed.deviates) == 0 with input as case([gap(30, 9)], {"look_back_days": 30})
}

test_so_many_may_be_missing if {
	two := [gap(100, 1), gap(10, 2)]
	count(observed.conforms) == 1 with input as case(two, {"max_missed": 3})
	count(observed.deviates) == 0 with input as case(two, {"max_missed": 3})
	count(observed.conforms) == 0 with input as case(two, {"max_missed": 2})
	count(observed.deviates) == 2 with input as case(two, {"max_missed": 2})
}

test_a_control_without_an_interval_is_of_the_schedule if {
	none := fixture.case(
		fixture_declaration.but(fixture_declaration.control, {"every_seconds": null, "observed": null}),
		default_parameters,
	)
	count(observed.not_applicable) == 1 with input as none
	count(observed.conforms) == 0 with input as none
	count(observed.deviates) == 0 with input as none
}

# Where the earlier bundle could not be relied on, nothing is known of the past.
test_says_nothing_where_the_past_is_not_known if {
	unread := fixture.case(object.remove(fixture_declaration.control, ["observed"]), default_parameters)
	count(observed.conforms) == 0 with input as unread
	count(observed.deviates) == 0 with input as unread
	count(observed.not_applicable) == 0 with input as unread
}
