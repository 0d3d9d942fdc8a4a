package checks.declaration.task_is_justified_test

import data.checks.declaration.task_is_justified
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.task, parts), {})

test_conforms_when_justified if {
	count(task_is_justified.conforms) == 1 with input as case({})
	count(task_is_justified.deviates) == 0 with input as case({})
}

test_deviates_without_a_frequency if {
	without := case({"every": null, "window_covers_every": null})
	count(task_is_justified.conforms) == 0 with input as without
	some evidence in task_is_justified.deviates with input as without
	evidence.path == "/every"
}

test_deviates_without_a_threat_in_the_reason if {
	vague := case({"because": "best practice", "because_of": []})
	count(task_is_justified.conforms) == 0 with input as vague
	some evidence in task_is_justified.deviates with input as vague
	evidence.path == "/because"
	count(task_is_justified.deviates) == 1 with input as case({"because": null, "because_of": []})
}

test_deviates_when_the_window_is_shorter if {
	short := case({"detection_window": "30d", "window_covers_every": false})
	count(task_is_justified.conforms) == 0 with input as short
	some evidence in task_is_justified.deviates with input as short
	evidence.path == "/detection_window"
	evidence.because == "the detection window is shorter than the interval"
}

test_deviates_without_a_window if {
	without := case({"detection_window": null, "window_covers_every": null})
	count(task_is_justified.conforms) == 0 with input as without
	count(task_is_justified.deviates) == 1 with input as without
}
