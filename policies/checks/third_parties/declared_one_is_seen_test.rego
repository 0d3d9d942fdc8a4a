package checks.third_parties.declared_one_is_seen_test

import data.checks.third_parties.declared_one_is_seen
import data.lib.fixture

app := {"kind": "app", "name": "ci-runner"}

host := {"kind": "host", "name": "hooks.vault.example"}

case(seen, unseen, nowhere) := fixture.case(
	{
		"role": "vendor",
		"seen_as": array.concat(array.concat(seen, unseen), nowhere),
		"seen": seen,
		"unseen": unseen,
		"nowhere": nowhere,
	},
	{},
)

test_conforms_where_it_is_seen if {
	count(declared_one_is_seen.conforms) == 1 with input as case([app], [], [host])
	count(declared_one_is_seen.deviates) == 0 with input as case([app], [], [host])
	count(declared_one_is_seen.conforms) == 1 with input as case([app, host], [], [])
}

test_deviates_for_each_name_that_is_not if {
	count(declared_one_is_seen.deviates) == 1 with input as case([app], [host], [])
	count(declared_one_is_seen.conforms) == 0 with input as case([app], [host], [])
	count(declared_one_is_seen.deviates) == 2 with input as case([], [app, host], [])
	some evidence in declared_one_is_seen.deviates with input as case([app], [host], [])
	evidence.because == "host `hooks.vault.example` was found nowhere; this third party has 2 names"
}

test_not_applicable_where_nothing_could_show_it if {
	count(declared_one_is_seen.not_applicable) == 1 with input as case([], [], [app])
	count(declared_one_is_seen.conforms) == 0 with input as case([], [], [app])
	count(declared_one_is_seen.not_applicable) == 1 with input as case([], [], [])
}
