package checks.aws_kms.declared_keys_are_there_test

import data.checks.aws_kms.declared_keys_are_there
import data.lib.fixture_kms

hot := object.union(fixture_kms.key, {"aliases": ["alias/hot-signing"]})

region := {"region": "eu-west-1"}

at(id, target, name) := {"id": id, "class": "operational", "at": {"target": target, "key": name}}

case(keys, declared) := {
	"now": 1800000000,
	"target": {"id": "prod", "collector": "aws-kms"},
	"parameters": {},
	"declaration": {"keys": declared},
	"resources": {"aws-kms/key": keys, "aws-kms/region": [region]},
}

conforming(name) if {
	count(declared_keys_are_there.conforms) == 1 with input as case([hot], [at("hot", "prod", name)])
	count(declared_keys_are_there.deviates) == 0 with input as case([hot], [at("hot", "prod", name)])
}

deviating(name) if {
	count(declared_keys_are_there.conforms) == 0 with input as case([hot], [at("hot", "prod", name)])
	count(declared_keys_are_there.deviates) == 1 with input as case([hot], [at("hot", "prod", name)])
}

test_a_key_has_four_names if {
	conforming("1234abcd-12ab-34cd-56ef-1234567890ab")
	conforming("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
	conforming("alias/hot-signing")
	conforming("arn:aws:kms:eu-west-1:111122223333:alias/hot-signing")
}

test_deviates_when_it_is_not_there if {
	deviating("alias/cold-signing")
	count(declared_keys_are_there.deviates) == 1 with input as case([object.union(hot, {"aliases": null})], [at("hot", "prod", "alias/hot-signing")])
	deviating("hot-signing")
	deviating("arn:aws:kms:eu-west-2:111122223333:alias/hot-signing")
	deviating("arn:aws:kms:eu-west-1:999999999999:alias/hot-signing")
	count(declared_keys_are_there.deviates) == 1 with input as case([], [at("hot", "prod", "alias/hot-signing")])
}

test_keys_of_other_targets_do_not_count if {
	count(declared_keys_are_there.not_applicable) == 1 with input as case([hot], [at("hot", "other", "alias/x")])
	count(declared_keys_are_there.deviates) == 0 with input as case([hot], [at("hot", "other", "alias/x")])
	count(declared_keys_are_there.not_applicable) == 1 with input as case([hot], [{"id": "paper", "class": "backup"}])
}
