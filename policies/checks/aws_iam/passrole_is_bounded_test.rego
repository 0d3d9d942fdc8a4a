package checks.aws_iam.passrole_is_bounded_test

import data.checks.aws_iam.passrole_is_bounded as check
import data.lib.fixture
import data.lib.fixture_iam

statement(actions, resources) := {"effect": "Allow", "actions": actions, "resources": resources, "conditions": []}

to_service(operator, if_exists, values) := {
	"operator": "x",
	"base": operator,
	"if_exists": if_exists,
	"key": "iam:passedtoservice",
	"values": values,
}

managed(one) := {
	"identity": fixture_iam.identity("policy", "deploy", "/"),
	"document": fixture.document([one]),
}

role(one) := {
	"identity": fixture_iam.identity("role", "deploy", "/"),
	"inline_policies": [{"name": "own", "document": fixture.document([one])}],
}

case(policies, roles, except) := {
	"now": 1800000000,
	"target": {"id": "prod", "collector": "aws-iam"},
	"parameters": {"except": except},
	"declaration": {},
	"resources": {"aws-iam/user": [], "aws-iam/group": [], "aws-iam/role": roles, "aws-iam/policy": policies},
}

outcomes(given) := [c, d] if {
	c := count(check.conforms) with input as given
	d := count(check.deviates) with input as given
}

any_role := statement(["iam:PassRole"], ["*"])

one_role := statement(["iam:PassRole"], ["arn:aws:iam::111122223333:role/app"])

test_conforms_when_roles_or_services_are_named if {
	outcomes(case([managed(one_role)], [role(one_role)], [])) == [1, 0]
	outcomes(case([], [], [])) == [1, 0]
	to_ec2 := to_service("stringequals", false, ["ec2.amazonaws.com"])
	outcomes(case([managed(object.union(any_role, {"conditions": [to_ec2]}))], [], [])) == [1, 0]
	outcomes(case([managed(statement(["s3:*"], ["*"]))], [], [])) == [1, 0]
	outcomes(case([managed(statement(["iam:PassRole"], ["arn:aws:iam::111122223333:role/app-*"]))], [], [])) == [1, 0]
	outcomes(case([managed(object.union(any_role, {"effect": "Deny"}))], [], [])) == [1, 0]

	# An administrator's.
	outcomes(case([managed(statement(["*"], ["*"]))], [], [])) == [1, 0]
}

test_deviates_for_any_role_to_any_service if {
	every one in [
		any_role,
		statement(["iam:*"], ["*"]),
		statement(["IAM:pass*"], ["arn:aws:iam::111122223333:role/*"]),
		statement(["iam:PassRol?"], ["arn:aws:iam::*:*"]),
		{"effect": "Allow", "not_actions": ["kms:*"], "resources": ["*"], "conditions": []},
		{"effect": "Allow", "actions": ["iam:PassRole"], "not_resources": ["arn:aws:iam::111122223333:role/x"], "conditions": []},
		object.union(any_role, {"conditions": [to_service("stringlike", false, ["*"])]}),
		object.union(any_role, {"conditions": [to_service("stringequals", true, ["ec2.amazonaws.com"])]}),
		object.union(any_role, {"conditions": [to_service("stringnotequals", false, ["ec2.amazonaws.com"])]}),
	] {
		outcomes(case([managed(one)], [], [])) == [0, 1]
		outcomes(case([], [role(one)], [])) == [0, 1]
	}
	outcomes(case([managed(any_role)], [role(any_role)], [])) == [0, 2]
}

test_conforms_when_it_is_excepted if {
	outcomes(case([managed(any_role)], [], ["arn:aws:iam::111122223333:policy/deploy"])) == [1, 0]
}

test_nothing_is_concluded_from_what_was_not_read if {
	some kind in ["aws-iam/user", "aws-iam/group", "aws-iam/role", "aws-iam/policy"]
	given := case([managed(one_role)], [], [])
	less := object.union(object.remove(given, ["resources"]), {"resources": object.remove(given.resources, [kind])})
	outcomes(less) == [0, 0]
}
