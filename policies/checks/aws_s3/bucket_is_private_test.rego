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

undetermined(bucket) if {
	count(bucket_is_private.undetermined) == 1 with input as case(bucket)
	count(bucket_is_private.deviates) == 0 with input as case(bucket)
	count(bucket_is_private.conforms) == 0 with input as case(bucket)
}

account(id) := fixture.by(fixture.party("account", id))

listed(bucket, grants) := object.union(object.remove(bucket, ["acl"]), {"acl": grants})

test_conforms_without_a_policy if conforming(fixture_s3.bucket)

test_conforms_for_inside if {
	conforming(policy([fixture.allows([account("111122223333"), account("444455556666")])]))
	conforming(policy([fixture.allows([fixture.by(fixture.party("organization", "o-abcdefghij"))])]))
	conforming(policy([fixture.allows([fixture.by(fixture.party("service", "logging.s3.amazonaws.com"))])]))
	conforming(policy([fixture.statement("Deny", ["s3:*"], [fixture.everyone], [])]))
}

test_deviates_for_others if {
	deviating(policy([fixture.allows([account("999999999999")])]))
	deviating(policy([fixture.allows([fixture.let_in([])])]))
	deviating(policy([fixture.allows([fixture.by(fixture.party("service", "cloudtrail.amazonaws.com"))])]))
	deviating(policy([fixture.allows_others(fixture.let_in([]))]))
}

test_undetermined_for_what_is_not_understood if {
	undetermined(policy([fixture.allows([fixture.unclear(account("999999999999"))])]))
	undetermined(policy([{"effect": "Allow", "actions": ["s3:*"], "conditions": []}]))
}

test_deviates_when_s3_says_public if deviating(fixture_s3.replaced("policy_is_public", true))

# A11: a policy that lets others in deviates, whatever else was read.
test_deviates_by_what_was_read_alone if {
	only_policy := {"policy": fixture.document([fixture.allows([account("999999999999")])])}
	count(bucket_is_private.deviates) == 1 with input as case(only_policy)
	only_list := {"acl": [fixture_s3.stranger], "ownership": null}
	count(bucket_is_private.deviates) == 1 with input as case(only_list)
	unowned := {"acl": [fixture_s3.stranger]}
	count(bucket_is_private.deviates) == 0 with input as case(unowned)
}

test_lists_count_unless_they_are_off if {
	grants := [fixture_s3.owner, fixture_s3.everyone]
	deviating(listed(fixture_s3.open, grants))
	conforming(listed(fixture_s3.open, [fixture_s3.owner]))
	conforming(listed(fixture_s3.open, [fixture_s3.owner, fixture_s3.log_delivery]))
	deviating(listed(fixture_s3.open, [fixture_s3.owner, fixture_s3.stranger]))
	deviating(listed(fixture_s3.open, [fixture_s3.owner, fixture_s3.address]))
	conforming(listed(fixture_s3.bucket, [fixture_s3.owner, fixture_s3.stranger]))
	conforming(listed(fixture_s3.bucket, grants))
	blocked := object.union(object.remove(fixture_s3.open, ["public_access_block"]), {"public_access_block": fixture_s3.block(true)})
	conforming(listed(blocked, grants))
	account := object.union(object.remove(fixture_s3.open, ["account_public_access_block"]), {"account_public_access_block": fixture_s3.block(true)})
	conforming(listed(account, grants))

	# A block ignores lists that let in everybody, not those that name another account.
	deviating(listed(blocked, [fixture_s3.owner, fixture_s3.stranger]))
	deviating(listed(account, [fixture_s3.owner, fixture_s3.stranger]))
}
