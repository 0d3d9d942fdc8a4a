package checks.aws_kms.key_policy_is_bounded_test

import data.checks.aws_kms.key_policy_is_bounded
import data.lib.fixture
import data.lib.fixture_kms

parameters := {"accounts": ["444455556666"], "organizations": ["o-abcdefghij"], "services": []}

declaration := {"targets": [{"id": "prod"}, {"id": "backup", "account": "777788889999"}]}

case(statements) := fixture.declared(
	fixture_kms.replaced("policy", fixture.document(statements)),
	parameters,
	declaration,
)

own := fixture_kms.own_account

allow(principal, conditions) := fixture.statement("Allow", ["kms:decrypt"], [principal], conditions)

conforming(statements) if {
	count(key_policy_is_bounded.conforms) == 1 with input as case(statements)
	count(key_policy_is_bounded.deviates) == 0 with input as case(statements)
}

deviating(statements) if {
	count(key_policy_is_bounded.deviates) == 1 with input as case(statements)
	count(key_policy_is_bounded.conforms) == 0 with input as case(statements)
}

test_conforms_for_its_own_account if conforming([own])

test_conforms_for_declared_and_named_accounts if {
	conforming([own, allow(fixture.account("777788889999"), []), allow(fixture.role("444455556666", "signer"), [])])
}

test_conforms_for_a_deleted_principal if conforming([own, allow(fixture.deleted, [])])

test_conforms_without_any_statement if conforming([])

test_deviates_for_another_accounts_root if {
	some evidence in key_policy_is_bounded.deviates with input as case([own, allow(fixture.account("999999999999"), [])])
	evidence.path == "/policy/statements/1/principals/0"
}

test_deviates_for_another_accounts_role if deviating([own, allow(fixture.role("999999999999", "x"), [])])

test_deviates_for_a_principal_without_an_account if deviating([own, allow(fixture.nobodys_account, [])])

test_deviates_for_who_cannot_be_told if {
	deviating([own, allow({"type": "CanonicalUser", "form": "canonical-user", "value": "79a5"}, [])])
	deviating([own, allow({"type": "AWS", "form": "other", "value": "somebody"}, [])])
	deviating([own, {"effect": "Allow", "actions": ["kms:*"], "conditions": []}])
}

test_a_condition_does_not_bring_another_account_inside if {
	tagged := fixture.condition("StringEquals", "aws:PrincipalTag/team", ["signing"])
	deviating([allow(fixture.account("999999999999"), [tagged])])
}

test_deviates_for_everyone if deviating([own, allow(fixture.everyone, [])])

test_everyone_may_be_narrowed_to_inside if {
	conforming([allow(fixture.everyone, [fixture.condition("StringEquals", "kms:CallerAccount", ["111122223333"])])])
	conforming([allow(fixture.everyone, [fixture.condition("StringEquals", "aws:PrincipalOrgID", ["o-abcdefghij"])])])
	conforming([allow(fixture.everyone, [fixture.condition("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::111122223333:role/*"])])])
}

test_everyone_is_not_narrowed_by_what_says_nothing_of_the_account if {
	deviating([allow(fixture.everyone, [fixture.condition("StringEquals", "kms:ViaService", ["s3.eu-west-1.amazonaws.com"])])])
	deviating([allow(fixture.everyone, [fixture.condition("IpAddress", "aws:SourceIp", ["203.0.113.0/24"])])])
	deviating([allow(fixture.everyone, [fixture.condition("StringEquals", "aws:PrincipalOrgID", ["o-zzzzzzzzzz"])])])
	deviating([allow(fixture.everyone, [fixture.condition("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/admin"])])])
	deviating([allow(fixture.everyone, [fixture.condition("StringEquals", "kms:CallerAccount", ["111122223333", "999999999999"])])])
	deviating([allow(fixture.everyone, [fixture.condition("StringNotEquals", "kms:CallerAccount", ["111122223333"])])])
}

test_everyone_is_not_narrowed_by_a_condition_that_may_be_missing if {
	plain := fixture.condition("StringEquals", "aws:PrincipalAccount", ["111122223333"])
	deviating([allow(fixture.everyone, [fixture.if_exists(plain)])])
	deviating([allow(fixture.everyone, [fixture.for_values("all", plain)])])
	conforming([allow(fixture.everyone, [fixture.for_values("any", plain)])])
}

test_deviates_for_everyone_except if {
	deviating([own, fixture.everyone_except(["kms:decrypt"], [fixture.account("999999999999")], [])])
}

test_deviates_for_a_service_on_behalf_of_anybody if {
	deviating([own, allow(fixture.service("cloudtrail.amazonaws.com"), [])])
}

test_conforms_for_a_service_on_behalf_of_inside if {
	trail := "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
	logs := "arn:aws:logs:eu-west-1:111122223333:*"
	conforming([allow(fixture.service("cloudtrail.amazonaws.com"), [fixture.condition("StringEquals", "aws:SourceArn", [trail])])])
	conforming([allow(fixture.service("logs.eu-west-1.amazonaws.com"), [fixture.condition("ArnLike", "kms:EncryptionContext:aws:logs:arn", [logs])])])
}

# The ARN of a bucket names no account: alone it narrows nothing, as AWS' documentation warns.
test_deviates_for_a_service_on_behalf_of_a_bucket if {
	bucket := fixture.condition("ArnLike", "aws:SourceArn", ["arn:aws:s3:::logs"])
	deviating([allow(fixture.service("s3.amazonaws.com"), [bucket])])
	conforming([allow(fixture.service("s3.amazonaws.com"), [bucket, fixture.condition("StringEquals", "aws:SourceAccount", ["111122223333"])])])
}

test_deviates_for_an_identity_provider if {
	deviating([own, allow(fixture.provider("111122223333", "login.example.org"), [])])
}

test_what_denies_is_not_weighed if {
	deny := fixture.statement("Deny", ["kms:*"], [fixture.everyone], [])
	conforming([own, deny])
}

test_not_applicable_to_keys_of_aws if {
	managed := fixture.declared(fixture_kms.managed, parameters, declaration)
	count(key_policy_is_bounded.not_applicable) == 1 with input as managed
}
