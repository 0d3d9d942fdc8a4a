package checks.aws_iam.administrators_are_declared_test

import data.checks.aws_iam.administrators_are_declared
import data.lib.fixture
import data.lib.fixture_permissions as permissions

case(resource, declared) := fixture.case(resource, {"declared": declared})

jane := permissions.principal("user", "jane")

deploy := permissions.principal("role", "deploy")

holding(who, powers) := permissions.of(who, powers, [])

may := permissions.power("*", "yes")

test_conforms_without_any if {
	given := case(holding(jane, []), [])
	count(administrators_are_declared.conforms) == 1 with input as given
	count(administrators_are_declared.deviates) == 0 with input as given
}

test_deviates_when_not_declared if {
	every declared in [[], [{"user": "joe"}], [{"role": "jane"}], [{"group": "admins"}]] {
		given := case(holding(jane, [may]), declared)
		count(administrators_are_declared.deviates) == 1 with input as given
		count(administrators_are_declared.conforms) == 0 with input as given
	}
	given := case(holding(deploy, [may]), [{"user": "deploy"}])
	count(administrators_are_declared.deviates) == 1 with input as given
}

test_conforms_when_declared if {
	given := case(holding(jane, [may]), [{"user": "jane"}])
	count(administrators_are_declared.conforms) == 1 with input as given
	count(administrators_are_declared.deviates) == 0 with input as given
	role := case(holding(deploy, [may]), [{"role": "deploy"}])
	count(administrators_are_declared.conforms) == 1 with input as role
}

test_conforms_by_a_declared_group if {
	by_group := permissions.by_group("admins", may)
	given := case(holding(jane, [by_group]), [{"group": "admins"}])
	count(administrators_are_declared.conforms) == 1 with input as given

	# What they have by themselves is not the group's.
	both := case(holding(jane, [by_group, may]), [{"group": "admins"}])
	count(administrators_are_declared.deviates) == 1 with input as both
}

test_undetermined_for_what_is_not_understood if {
	unclear := permissions.power("*", "undetermined")
	given := case(holding(jane, [unclear]), [])
	count(administrators_are_declared.undetermined) == 1 with input as given
	count(administrators_are_declared.deviates) == 0 with input as given
	count(administrators_are_declared.conforms) == 0 with input as given
	declared := case(holding(jane, [unclear]), [{"user": "jane"}])
	count(administrators_are_declared.conforms) == 1 with input as declared
}

test_not_applicable_to_roles_of_services if {
	given := case(holding(permissions.service, [may]), [])
	count(administrators_are_declared.not_applicable) == 1 with input as given
	count(administrators_are_declared.deviates) == 0 with input as given
}
