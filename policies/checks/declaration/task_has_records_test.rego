package checks.declaration.task_has_records_test

import data.checks.declaration.task_has_records
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.task, parts), {})

without_folder(parts) := case(object.union({"records": null, "kept": null}, parts))

test_conforms_with_either if {
	count(task_has_records.conforms) == 1 with input as case({})
	count(task_has_records.deviates) == 0 with input as case({})
	count(task_has_records.conforms) == 1 with input as case({"done": []})
	count(task_has_records.conforms) == 1 with input as without_folder({})
	count(task_has_records.deviates) == 0 with input as without_folder({})
}

test_deviates_without if {
	count(task_has_records.conforms) == 0 with input as without_folder({"done": []})
	count(task_has_records.deviates) == 1 with input as without_folder({"done": []})
}

test_deviates_where_a_day_has_no_record if {
	done := [{"on": fixture_declaration.days_ago(10), "by": "kh-1", "record": null}]
	count(task_has_records.deviates) == 1 with input as without_folder({"done": done})
	count(task_has_records.conforms) == 0 with input as without_folder({"done": done})
	count(task_has_records.conforms) == 1 with input as case({"done": done})
	count(task_has_records.deviates) == 0 with input as case({"done": done})
}

test_deviates_where_the_folder_is_not_there if {
	gone := case({"kept": {"entries": null, "because": "no such folder", "missing": []}})
	count(task_has_records.conforms) == 0 with input as gone
	some evidence in task_has_records.deviates with input as gone
	evidence.because == "the folder of its records cannot be read: no such folder"
}

test_deviates_where_the_folder_is_empty if {
	empty := case({"kept": fixture_declaration.kept(0, [])})
	count(task_has_records.conforms) == 0 with input as empty
	count(task_has_records.deviates) == 1 with input as empty
}

test_deviates_where_a_record_is_missing if {
	lacking := case({"kept": fixture_declaration.kept(3, ["REC-1"])})
	count(task_has_records.conforms) == 0 with input as lacking
	count(task_has_records.deviates) == 1 with input as lacking
}

# A folder of which nobody looked what it holds shows nothing.
test_nothing_is_concluded_of_a_folder_that_nobody_looked_into if {
	unseen := fixture.case(object.remove(fixture_declaration.task, ["kept"]), {})
	count(task_has_records.conforms) == 0 with input as unseen
	count(task_has_records.deviates) == 0 with input as unseen
}
