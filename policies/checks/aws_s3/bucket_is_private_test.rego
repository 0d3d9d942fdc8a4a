package checks.aws_s3.bucket_is_private_test

import data.checks.aws_s3.bucket_is_private
import data.lib.fixture
import data.lib.fixture_s3

parameters := {"accounts": ["444455556666"], "organizations": ["o-abcdefghij"], "services": ["logging.s3.amazonaws.com"]}

declaration := {"targets": [{"id": "prod", "account": "111122223333"}]}

case(bucket) := fixture.declared(bucket, parameters, declaration)

policy(statements) := fixture_s3.replaced("policy", fixture.document(statements))

conforming(bucket) if {
	count(bucket_is_private.conforms) == 1 with input as case(bucket)
	count(bucket_is_private.deviates) == 0 with input as case(bucket)
}

deviating(bucket) if {
	count(bucket_is_private.deviates) > 0 with input as case(bucket)
	count(bucket_is_private.conforms) == 0 with input as case(bucket)
}

allow(principal, conditions) := fixture.statement("Allow", ["s3:getobject"], [principal], conditions)

listed(bucket, grants) := object.union(object.remove(bucket, ["acl"]), {"acl": grants})

test_conforms_without_a_policy if conforming(fixture_s3.bucket)

test_conforms_for_accounts_inside if {
	conforming(policy([allow(fixture.account("111122223333"), []), allow(fixture.role("444455556666", "reader"), [])]))
	conforming(policy([allow(fixture.everyone, [fixture.condition("StringEquals", "aws:PrincipalOrgID", ["o-abcdefghij"])])]))
	conforming(policy([fixture.statement("Deny", ["s3:*"], [fixture.everyone], [])]))
}

test_deviates_for_others if {
	deviating(policy([allow(fixture.account("999999999999"), [])]))
	deviating(policy([allow(fixture.everyone, [])]))
	deviating(policy([allow(fixture.provider("111122223333", "login.example.org"), [])]))
	deviating(policy([fixture.everyone_except(["s3:*"], [fixture.account("999999999999")], [])]))
}

test_services_say_on_whose_behalf if {
	trail := fixture.service("cloudtrail.amazonaws.com")
	source := fixture.condition("StringEquals", "aws:SourceArn", ["arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"])
	deviating(policy([allow(trail, [])]))
	conforming(policy([allow(trail, [source])]))
	conforming(policy([allow(fixture.service("logging.s3.amazonaws.com"), [])]))
}

test_deviates_when_s3_says_public if deviating(fixture_s3.replaced("policy_is_public", true))

test_lists_count_unless_they_are_off if {
	grants := [fixture_s3.owner, fixture_s3.everyone]
	deviating(listed(fixture_s3.open, grants))
	conforming(listed(fixture_s3.open, [fixture_s3.owner]))
	conforming(listed(fixture_s3.bucket, grants))
	blocked := object.union(object.remove(fixture_s3.open, ["public_access_block"]), {"public_access_block": fixture_s3.block(true)})
	conforming(listed(blocked, grants))
	account := object.union(object.remove(fixture_s3.open, ["account_public_access_block"]), {"account_public_access_block": fixture_s3.block(true)})
	conforming(listed(account, grants))
}
