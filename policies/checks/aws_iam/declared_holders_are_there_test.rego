package checks.aws_iam.declared_holders_are_there_test

import data.checks.aws_iam.declared_holders_are_there
import data.lib.fixture_iam

user := {"identity": fixture_iam.identity("user", "kh-1", "/")}

role := {"identity": fixture_iam.identity("role", "signer", "/")}

case(users, roles, identities) := {
	"now": 1800000000,
	"target": {"id": "prod", "collector": "aws-iam"},
	"parameters": {},
	"declaration": {"key_holders": [{"id": "kh-1", "identities": identities}]},
	"resources": {"aws-iam/user": users, "aws-iam/role": roles},
}

both := ["arn:aws:iam::111122223333:user/kh-1", "arn:aws:iam::111122223333:role/signer"]

test_conforms_when_each_is_there if {
	count(declared_holders_are_there.conforms) == 1 with input as case([user], [role], {"prod": both})
	count(declared_holders_are_there.deviates) == 0 with input as case([user], [role], {"prod": both})
}

test_deviates_for_each_that_is_not if {
	count(declared_holders_are_there.conforms) == 0 with input as case([user], [], {"prod": both})
	count(declared_holders_are_there.deviates) == 1 with input as case([user], [], {"prod": both})
	count(declared_holders_are_there.deviates) == 2 with input as case([], [], {"prod": both})
	some evidence in declared_holders_are_there.deviates with input as case([user], [], {"prod": both})
	contains(evidence.because, "no user or role here has this ARN")
}

test_undetermined_when_it_lives_elsewhere if {
	elsewhere := case([user], [role], {"prod": ["arn:aws:sts::111122223333:assumed-role/x/ada"]})
	count(declared_holders_are_there.undetermined) == 1 with input as elsewhere
	count(declared_holders_are_there.conforms) == 0 with input as elsewhere
	count(declared_holders_are_there.deviates) == 0 with input as elsewhere
}

test_not_applicable_without_an_identity if {
	count(declared_holders_are_there.not_applicable) == 1 with input as case([user], [role], {"other": both})
	count(declared_holders_are_there.not_applicable) == 1 with input as case([user], [role], {})
}
