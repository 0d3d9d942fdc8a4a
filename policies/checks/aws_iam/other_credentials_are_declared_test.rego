package checks.aws_iam.other_credentials_are_declared_test

import data.checks.aws_iam.other_credentials_are_declared as check
import data.lib.fixture
import data.lib.fixture_iam

ssh(id, active) := {"id": id, "active": active, "uploaded": fixture.days_ago(40)}

none := {"service_credentials": [], "ssh_public_keys": [], "signing_certificates": []}

case(parts, declared) := fixture.case(fixture_iam.with_parts(parts), {"credentials": declared})

with_key(active) := object.union(none, {"ssh_public_keys": [ssh("APKA1", active)]})

test_does_not_apply_without_any if {
	given := case(none, [])
	count(check.not_applicable) == 1 with input as given
	count(check.conforms) == 0 with input as given
	count(check.deviates) == 0 with input as given
}

test_does_not_apply_to_an_inactive_one if {
	given := case(with_key(false), [])
	count(check.not_applicable) == 1 with input as given
	count(check.deviates) == 0 with input as given
}

test_conforms_when_declared if {
	given := case(with_key(true), ["APKA1"])
	count(check.conforms) == 1 with input as given
	count(check.deviates) == 0 with input as given
	count(check.not_applicable) == 0 with input as given
}

test_deviates_when_not_declared if {
	given := case(with_key(true), ["APKA2"])
	count(check.deviates) == 1 with input as given
	count(check.conforms) == 0 with input as given
}

test_deviates_for_each_kind if {
	service := {"id": "ACCA1", "service": "codecommit.amazonaws.com", "active": true}
	certificate := {"id": "C1", "active": true, "sha256": "00"}
	parts := object.union(with_key(true), {"service_credentials": [service], "signing_certificates": [certificate]})
	count(check.deviates) == 3 with input as case(parts, [])
	count(check.deviates) == 2 with input as case(parts, ["ACCA1"])
}

test_says_nothing_of_what_was_not_read if {
	given := case(object.remove(none, ["signing_certificates"]), [])
	count(check.not_applicable) == 0 with input as given
	count(check.conforms) == 0 with input as given
	count(check.deviates) == 0 with input as given
}

test_deviates_though_another_part_was_not_read if {
	given := case(object.remove(with_key(true), ["service_credentials"]), [])
	count(check.deviates) == 1 with input as given
	count(check.conforms) == 0 with input as given
}
