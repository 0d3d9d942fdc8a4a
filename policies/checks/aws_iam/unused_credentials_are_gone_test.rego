package checks.aws_iam.unused_credentials_are_gone_test

import data.checks.aws_iam.unused_credentials_are_gone
import data.lib.fixture
import data.lib.fixture_iam

case(parts) := fixture.case(fixture_iam.with_parts(parts), {"max_days": 90})

machine(keys, uses) := case({
	"access_keys": keys,
	"access_key_use": uses,
	"password_use": fixture_iam.no_password,
})

person(created, last_use, changed) := case({
	"access_keys": [],
	"access_key_use": [],
	"password_use": fixture_iam.password_used(created, last_use, changed),
})

conforming(given) if {
	count(unused_credentials_are_gone.conforms) == 1 with input as given
	count(unused_credentials_are_gone.deviates) == 0 with input as given
}

deviating(given) if {
	count(unused_credentials_are_gone.deviates) == 1 with input as given
	count(unused_credentials_are_gone.conforms) == 0 with input as given
}

test_conforms_when_everything_is_used if conforming(case({}))

test_conforms_when_a_key_is_new if {
	conforming(machine([fixture_iam.access_key("AKIA1", true, 5)], [fixture_iam.never_used("AKIA1")]))
}

test_conforms_when_a_password_is_new if {
	conforming(person(5, fixture_iam.no_use, 5))
	conforming(person(400, fixture_iam.use(300), 5))
}

# A15: the report says nothing of a password that is younger than it.
test_conforms_when_a_password_is_younger_than_the_report if {
	conforming(case({"password_use": fixture_iam.password_since_report(1)}))
}

test_deviates_when_a_key_lies_idle if {
	deviating(machine([fixture_iam.access_key("AKIA1", true, 300)], [fixture_iam.used("AKIA1", 91)]))
	deviating(machine([fixture_iam.access_key("AKIA1", true, 300)], [fixture_iam.never_used("AKIA1")]))
}

test_an_inactive_key_is_no_credential if {
	given := machine([fixture_iam.access_key("AKIA1", false, 300)], [fixture_iam.never_used("AKIA1")])
	count(unused_credentials_are_gone.not_applicable) == 1 with input as given
	count(unused_credentials_are_gone.deviates) == 0 with input as given
}

test_deviates_when_a_password_lies_idle if {
	deviating(person(400, fixture_iam.use(91), 300))
	deviating(person(400, fixture_iam.no_use, 300))
}

# What IAM does not say of a key proves nothing, either way.
test_a_key_without_its_use_proves_nothing if {
	given := machine([fixture_iam.access_key("AKIA1", true, 300)], [])
	count(unused_credentials_are_gone.conforms) == 0 with input as given
	count(unused_credentials_are_gone.deviates) == 0 with input as given
}

test_not_applicable_without_credentials if {
	count(unused_credentials_are_gone.not_applicable) == 1 with input as machine([], [])
}

undecided(given, path) if {
	paths := {one.path | some one in unused_credentials_are_gone.undetermined with input as given}
	paths == {path}
	count(unused_credentials_are_gone.conforms) == 0 with input as given
	count(unused_credentials_are_gone.deviates) == 0 with input as given
}

# Used or made in days to come: somebody's clock is wrong, and everything would look used.
test_undetermined_when_a_key_has_a_future if {
	undecided(machine([fixture_iam.access_key("AKIA1", true, -2)], [fixture_iam.never_used("AKIA1")]), "/access_keys/0/created")
	undecided(machine([fixture_iam.access_key("AKIA1", true, 300)], [fixture_iam.used("AKIA1", -2)]), "/access_key_use/0/last")
}

test_undetermined_when_a_password_has_a_future if {
	undecided(person(400, fixture_iam.use(-2), 300), "/password_use/last_used/last")
	undecided(person(-2, fixture_iam.no_use, 300), "/password_use/created")
	ahead := object.union(fixture_iam.password_used(400, fixture_iam.use(1), 300), {"as_of": fixture.days_ahead(2)})
	undecided(case({"access_keys": [], "access_key_use": [], "password_use": ahead}), "/password_use/as_of")
}

# The report cannot know of uses after it was made.
test_undetermined_when_a_password_was_used_after_the_report if {
	older := object.union(fixture_iam.password_used(400, fixture_iam.use(1), 300), {"as_of": fixture.days_ago(3)})
	undecided(case({"access_keys": [], "access_key_use": [], "password_use": older}), "/password_use/last_used/last")
}

test_a_future_that_matters_to_nobody_decides_nothing if {
	conforming(machine([fixture_iam.access_key("AKIA1", true, 5)], [fixture_iam.used("AKIA1", -2)]))
	given := machine(
		[fixture_iam.access_key("AKIA1", true, 5), fixture_iam.access_key("AKIA2", false, -2)],
		[fixture_iam.used("AKIA1", 1), fixture_iam.used("AKIA2", -2)],
	)
	conforming(given)
	count(unused_credentials_are_gone.undetermined) == 0 with input as given
}
