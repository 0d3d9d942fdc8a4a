package checks.third_parties.found_one_is_declared_test

import data.checks.third_parties.found_one_is_declared
import data.lib.fixture

day := {"date": "2026-06-01", "epoch": 1780272000}

certificate := {"standard": "ccss-9.0", "system": "Vault", "level": 3, "expires": {"date": "2027-12-31", "epoch": 1830211200}}

standing(word, more) := object.union(
	{"as": word, "id": null, "certificate": null, "reviewed": null, "reason": null},
	more,
)

party(standing, active, sure) := {
	"who": {"kind": "account", "name": "999988887777"},
	"seen": [{
		"target": "prod",
		"resource": {"kind": "aws-iam/role", "id": "arn:aws:iam::111122223333:role/signer", "path": "/trust_policy/statements/0/principals/0"},
		"says": "the trust policy of `signer`: account 999988887777 is allowed",
		"active": active,
		"sure": sure,
	}],
	"places": 1,
	"active": active,
	"sure": sure,
	"standing": standing,
	"among": {"found": 14, "undeclared": 2},
}

case(standing, active, sure) := fixture.case(party(standing, active, sure), {})

undeclared := standing("undeclared", {})

test_deviates_where_nothing_accounts_for_them if {
	count(found_one_is_declared.deviates) == 1 with input as case(undeclared, true, true)
	count(found_one_is_declared.conforms) == 0 with input as case(undeclared, true, true)
	some evidence in found_one_is_declared.deviates with input as case(undeclared, true, true)
	evidence.because == "account `999988887777` is declared nowhere; of 14 others that were found, 2 are"
}

test_says_no_number_where_not_all_was_read if {
	read := party(undeclared, true, true)
	partly := fixture.case(object.remove(read, ["among"]), {})
	some evidence in found_one_is_declared.deviates with input as partly
	evidence.because == "account `999988887777` is declared nowhere"
}

test_deviates_where_nothing_shows_that_they_may_be_relied_on if {
	named := standing("third-party", {"id": "vault-ltd"})
	count(found_one_is_declared.deviates) == 1 with input as case(named, true, true)
	count(found_one_is_declared.conforms) == 0 with input as case(named, true, true)
}

test_conforms_where_they_are_declared if {
	every one in [
		standing("third-party", {"id": "vault-ltd", "reviewed": day}),
		standing("third-party", {"id": "vault-ltd", "certificate": certificate}),
		standing("exclusion", {"id": "logs", "reason": "no key is there"}),
		standing("holder", {"id": "kh-1"}),
		standing("own", {}),
	] {
		count(found_one_is_declared.conforms) == 1 with input as case(one, true, true)
		count(found_one_is_declared.deviates) == 0 with input as case(one, true, true)
	}
}

test_undetermined_where_no_condition_is_understood if {
	count(found_one_is_declared.undetermined) == 1 with input as case(undeclared, true, false)
	count(found_one_is_declared.deviates) == 0 with input as case(undeclared, true, false)
	count(found_one_is_declared.conforms) == 0 with input as case(undeclared, true, false)
}

test_not_applicable_where_they_can_do_nothing if {
	count(found_one_is_declared.not_applicable) == 1 with input as case(undeclared, false, false)
	count(found_one_is_declared.deviates) == 0 with input as case(undeclared, false, false)
}
