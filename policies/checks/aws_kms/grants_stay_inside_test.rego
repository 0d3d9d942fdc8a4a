package checks.aws_kms.grants_stay_inside_test

import data.checks.aws_kms.grants_stay_inside
import data.lib.fixture
import data.lib.fixture_kms

parameters := {"accounts": ["444455556666"], "services": ["rds.amazonaws.com"]}

declaration := {"targets": [{"id": "backup", "account": "777788889999"}]}

case(grants) := fixture.declared(fixture_kms.with_parts({"grants": grants}), parameters, declaration)

user(account) := sprintf("arn:aws:iam::%s:user/signer", [account])

grant(grantee) := {
	"id": "0c237476b39f8bc44e45212e08498fbe3151305030726c0590dd8d3e9f3d6a60",
	"name": null,
	"grantee": grantee,
	"grantee_form": "user",
	"grantee_service": null,
	"retiring": null,
	"retiring_form": null,
	"retiring_service": null,
	"issuing_account": "arn:aws:iam::111122223333:root",
	"operations": ["Decrypt"],
	"constraints": null,
}

context(pairs) := {
	"encryption_context_subset": pairs,
	"encryption_context_equals": null,
	"source_arn": null,
}

conforming(grants) if {
	count(grants_stay_inside.conforms) == 1 with input as case(grants)
	count(grants_stay_inside.deviates) == 0 with input as case(grants)
}

deviating(grants) if {
	count(grants_stay_inside.deviates) == 1 with input as case(grants)
	count(grants_stay_inside.conforms) == 0 with input as case(grants)
}

test_conforms_without_grants if conforming([])

test_conforms_for_inside if {
	conforming([grant(user("111122223333")), grant(user("444455556666")), grant(user("777788889999"))])
}

test_deviates_for_another_account if deviating([grant(user("111122223333")), grant(user("999999999999"))])

test_deviates_when_issued_from_outside if {
	deviating([object.union(grant(user("111122223333")), {"issuing_account": "arn:aws:iam::999999999999:root"})])
	deviating([object.union(grant(user("111122223333")), {"issuing_account": "nobody's"})])
}

test_deviates_when_retired_from_outside if {
	deviating([object.union(grant(user("111122223333")), {"retiring": user("999999999999"), "retiring_form": "user"})])
}

by_service(name) := object.union(grant(name), {"grantee_form": "service"})

deleted := object.union(grant("AROAEXAMPLEEXAMPLE12"), {"grantee_form": "unique-id"})

test_nobody_is_a_deleted_principal if {
	conforming([deleted])
	some evidence in grants_stay_inside.conforms with input as case([deleted])
	contains(evidence.because, "1 of them are held by principals that were deleted")
	conforming([object.union(grant(user("111122223333")), {"retiring": "AIDAEXAMPLEEXAMPLE12", "retiring_form": "unique-id"})])
}

# The collector tells what a text denotes: this one is a role.
test_deviates_for_an_arn_that_ends_like_a_service if {
	name := "arn:aws:iam::210987654321:role/x.amazonaws.com"
	deviating([object.union(grant(name), {"grantee_form": "role"})])
	constrained := {"grantee_form": "role", "constraints": context({"aws:dynamodb:subscriberId": "111122223333"})}
	deviating([object.union(grant(name), constrained)])
	deviating([object.union(grant(user("111122223333")), {"retiring": name, "retiring_form": "role"})])
}

test_deviates_for_a_service_without_constraints if {
	deviating([by_service("dynamodb.eu-west-1.amazonaws.com")])
	deviating([object.union(grant(null), {"grantee_service": "dynamodb.eu-west-1.amazonaws.com"})])
}

test_deviates_for_an_empty_constraint if {
	deviating([object.union(by_service("dynamodb.eu-west-1.amazonaws.com"), {"constraints": context({})})])
}

test_conforms_for_a_service_with_constraints if {
	table := context({"aws:dynamodb:subscriberId": "111122223333"})
	conforming([object.union(by_service("dynamodb.eu-west-1.amazonaws.com"), {"constraints": table})])
}

held_for(constraints) := object.union(by_service("dynamodb.eu-west-1.amazonaws.com"), {"constraints": constraints})

resource(arn) := object.union(context(null), {"source_arn": arn})

test_deviates_for_a_service_on_behalf_of_another_account if {
	deviating([held_for(context({"aws:dynamodb:subscriberId": "999999999999"}))])
	deviating([held_for(context({"table": "arn:aws:dynamodb:eu-west-1:999999999999:table/t"}))])
	deviating([held_for(resource("arn:aws:dynamodb:eu-west-1:999999999999:table/t"))])
	conforming([held_for(resource("arn:aws:dynamodb:eu-west-1:111122223333:table/t"))])
	conforming([held_for(context({"table": "arn:aws:dynamodb:eu-west-1:444455556666:table/t"}))])

	# What it means nobody says: a number that only looks like an account.
	conforming([held_for(context({"batch": "202611300730", "aws:ebs:id": "vol-0abcdef"}))])
}

test_conforms_for_a_service_that_is_named if conforming([by_service("rds.amazonaws.com")])

# Who holds it cannot be told: not inside.
test_deviates_without_a_holder if deviating([grant(null)])

test_not_applicable_to_keys_of_aws if {
	managed := fixture.declared(fixture_kms.managed, parameters, declaration)
	count(grants_stay_inside.not_applicable) == 1 with input as managed
}
