package checks.github.deploy_keys_are_read_only_test

import data.checks.github.deploy_keys_are_read_only
import data.lib.fixture
import data.lib.fixture_github

case(key, read_only) := fixture.case(
	object.union(fixture_github.deploy_key("release", read_only), {"key": key}),
	{"may_write": ["ssh-ed25519 BBBB release@northbank.example", "release"]},
)

test_conforms_when_it_reads if {
	count(deploy_keys_are_read_only.conforms) == 1 with input as case("ssh-ed25519 AAAA", true)
	count(deploy_keys_are_read_only.deviates) == 0 with input as case("ssh-ed25519 AAAA", true)
	count(deploy_keys_are_read_only.conforms) == 1 with input as case("ssh-ed25519 BBBB", true)
}

# K6: its title is as declared, and anybody can have chosen it.
test_deviates_when_it_writes if {
	count(deploy_keys_are_read_only.deviates) == 1 with input as case("ssh-ed25519 AAAA", false)
	count(deploy_keys_are_read_only.conforms) == 0 with input as case("ssh-ed25519 AAAA", false)
	count(deploy_keys_are_read_only.not_applicable) == 0 with input as case("ssh-ed25519 AAAA", false)
}

test_is_not_about_declared_keys if {
	every key in ["ssh-ed25519 BBBB", "ssh-ed25519 BBBB another comment"] {
		count(deploy_keys_are_read_only.not_applicable) == 1 with input as case(key, false)
		count(deploy_keys_are_read_only.deviates) == 0 with input as case(key, false)
	}
}
