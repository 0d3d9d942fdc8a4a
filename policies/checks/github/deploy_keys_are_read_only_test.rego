package checks.github.deploy_keys_are_read_only_test

import data.checks.github.deploy_keys_are_read_only
import data.lib.fixture
import data.lib.fixture_github

case(title, read_only) := fixture.case(fixture_github.deploy_key(title, read_only), {"may_write": ["release"]})

test_conforms_when_it_reads if {
	count(deploy_keys_are_read_only.conforms) == 1 with input as case("mirror", true)
	count(deploy_keys_are_read_only.deviates) == 0 with input as case("mirror", true)
}

test_deviates_when_it_writes if {
	count(deploy_keys_are_read_only.deviates) == 1 with input as case("mirror", false)
	count(deploy_keys_are_read_only.conforms) == 0 with input as case("mirror", false)
}

test_is_not_about_declared_keys if {
	count(deploy_keys_are_read_only.not_applicable) == 1 with input as case("release", false)
	count(deploy_keys_are_read_only.deviates) == 0 with input as case("release", false)
}
