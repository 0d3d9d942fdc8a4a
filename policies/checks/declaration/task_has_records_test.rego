package checks.declaration.task_has_records_test

import data.checks.declaration.task_has_records
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.task, parts), {})

test_conforms_with_either if {
	count(task_has_records.conforms) == 2 with input as case({})
	count(task_has_records.conforms) == 1 with input as case({"records": null})
	count(task_has_records.conforms) == 1 with input as case({"done": []})
	count(task_has_records.deviates) == 0 with input as case({"done": []})
}

test_deviates_without if {
	without := case({"records": null, "done": []})
	count(task_has_records.conforms) == 0 with input as without
	count(task_has_records.deviates) == 1 with input as without
}

test_deviates_where_a_day_has_no_record if {
	done := [{"on": fixture_declaration.days_ago(10), "by": "kh-1", "record": null}]
	count(task_has_records.deviates) == 1 with input as case({"records": null, "done": done})
	count(task_has_records.conforms) == 0 with input as case({"records": null, "done": done})
	count(task_has_records.conforms) == 1 with input as case({"done": done})
	count(task_has_records.deviates) == 0 with input as case({"done": done})
}
