package checks.declaration.task_follows_from_the_model_test

import data.checks.declaration.task_follows_from_the_model as follows
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.task, parts), {"look_back_days": 366})

done(days) := [one |
	some day in days
	one := {"on": fixture_declaration.days_ago(day), "by": "kh-1", "record": null}
]

test_conforms_where_the_model_was_there_before if {
	count(follows.conforms) == 1 with input as case({})
	count(follows.deviates) == 0 with input as case({})

	# On the day itself.
	same := case({"model_since": fixture_declaration.days_ago(10)})
	count(follows.conforms) == 1 with input as same
	count(follows.deviates) == 0 with input as same
}

test_deviates_where_it_was_done_before_the_model if {
	late := case({"done": done([200, 100, 10]), "model_since": fixture_declaration.days_ago(50)})
	{evidence.path | some evidence in follows.deviates} == {"/done/0/on", "/done/1/on"} with input as late
	count(follows.conforms) == 0 with input as late
}

# Of what was done longer ago nothing is said.
test_looks_back_so_far if {
	old := case({"done": done([700, 10]), "model_since": fixture_declaration.days_ago(300)})
	count(follows.conforms) == 1 with input as old
	count(follows.deviates) == 0 with input as old
}

# The ledger, five weeks old, has had the threats since yesterday: in time for what was done ten days ago, not for what was done at its beginning.
threats_since_yesterday(days) := case({"seen": fixture_declaration.task_seen(1), "done": done([days])})

test_conforms_where_the_ledger_had_the_threats_in_time if {
	count(follows.deviates) == 0 with input as threats_since_yesterday(10)
	count(follows.conforms) == 1 with input as threats_since_yesterday(10)
}

test_deviates_where_the_ledger_had_no_threat if {
	count(follows.deviates) == 1 with input as threats_since_yesterday(34)
	count(follows.conforms) == 0 with input as threats_since_yesterday(34)
}

# Of what was before the ledger it knows nothing.
test_conforms_before_the_ledger if {
	count(follows.deviates) == 0 with input as threats_since_yesterday(100)
	count(follows.conforms) == 1 with input as threats_since_yesterday(100)
}

# A control that answers no threat is what `declaration/control-answers-a-threat` finds.
test_says_nothing_of_threats_where_there_are_none if {
	none := case({"seen": object.union(fixture_declaration.task_seen(1), {"threats": null}), "done": done([34])})
	count(follows.deviates) == 0 with input as none
}

test_undetermined_where_no_review_is_declared if {
	count(follows.undetermined) == 1 with input as case({"model_since": null})
	count(follows.conforms) == 0 with input as case({"model_since": null})
}

test_not_applicable_where_nothing_was_done if {
	count(follows.not_applicable) == 1 with input as case({"done": []})
	count(follows.not_applicable) == 1 with input as case({"done": done([700])})
	count(follows.undetermined) == 0 with input as case({"done": [], "model_since": null})
}
