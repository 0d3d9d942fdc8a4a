package checks.aws_iam.role_trust_is_bounded_test

import data.checks.aws_iam.role_trust_is_bounded
import data.lib.fixture
import data.lib.fixture_iam

parameters := {
	"accounts": ["444455556666"],
	"vendors": ["555566667777"],
	"organizations": ["o-abcdefghij"],
	"services": ["ec2.amazonaws.com", "lambda.amazonaws.com"],
	"tenants": {
		"gitlab": ["Northbank/platform"],
		"terraform": ["Northbank"],
		"eks": ["OURS"],
		"login.example.org": ["robot"],
		"idp.example.org": ["*"],
	},
	"github_organizations": ["other-bank"],
}

declaration := {"targets": [{"id": "backup", "account": "777788889999"}, {"id": "code", "organization": "Northbank"}]}

at(path, statements) := fixture.declared(fixture_iam.role(path, statements), parameters, declaration)

case(answers) := at("/", [fixture.allows(answers)])

conforming(answer) if {
	count(role_trust_is_bounded.conforms) == 1 with input as case([answer])
	count(role_trust_is_bounded.deviates) == 0 with input as case([answer])
	count(role_trust_is_bounded.undetermined) == 0 with input as case([answer])
}

deviating(answer) if {
	count(role_trust_is_bounded.deviates) == 1 with input as case([answer])
	count(role_trust_is_bounded.conforms) == 0 with input as case([answer])
}

undetermined(answer) if {
	count(role_trust_is_bounded.undetermined) == 1 with input as case([answer])
	count(role_trust_is_bounded.deviates) == 0 with input as case([answer])
	count(role_trust_is_bounded.conforms) == 0 with input as case([answer])
}

account(id) := fixture.by(fixture.party("account", id))

anyone := fixture.by(fixture.party("anyone", "everyone"))

test_conforms_for_inside if {
	conforming(account("111122223333"))
	conforming(account("444455556666"))
	conforming(account("777788889999"))
	conforming(fixture.by(fixture.party("organization", "o-abcdefghij")))
	conforming(fixture.by(fixture.party("service", "ec2.amazonaws.com")))
	conforming(fixture.nobody(account("999999999999")))
}

test_deviates_for_outside if {
	deviating(account("999999999999"))
	deviating(anyone)
	deviating(fixture.by(fixture.party("service", "cloudtrail.amazonaws.com")))
	given := at("/", [fixture.allows_others(anyone)])
	some evidence in role_trust_is_bounded.deviates with input as given
	evidence.path == "/trust_policy/statements/0/not_principals"
}

test_a_vendor_needs_an_external_id if {
	deviating(account("555566667777"))
	conforming(fixture.with_external_id(account("555566667777")))
	deviating(fixture.with_external_id(account("999999999999")))
	deviating(fixture.with_external_id(anyone))
}

test_undetermined_for_what_is_not_understood if {
	undetermined(fixture.unclear(account("999999999999")))
	conforming(fixture.unclear(account("111122223333")))
	conforming(fixture.with_external_id(fixture.unclear(account("555566667777"))))
	nobody_named := at("/", [{"effect": "Allow", "actions": ["sts:assumerole"], "conditions": []}])
	count(role_trust_is_bounded.undetermined) == 1 with input as nobody_named
	count(role_trust_is_bounded.conforms) == 0 with input as nobody_named
}

tenant(issuer, names) := fixture.by(fixture.party_of("tenant", names, issuer))

loose(issuer, name) := fixture.by(object.union(fixture.party_of("tenant", [name], issuer), {"ignore_case": true}))

test_tenants_of_issuers if {
	conforming(loose("github", "NORTHBANK"))
	conforming(loose("github", "other-bank"))
	deviating(loose("github", "somebody"))
	conforming(tenant("gitlab", ["Northbank", "Northbank/platform", "Northbank/platform/app"]))
	deviating(tenant("gitlab", ["Northbank"]))
	conforming(tenant("terraform", ["Northbank"]))
	deviating(tenant("terraform", ["northbank"]))
	deviating(tenant("buildkite", ["Northbank"]))
}

by_name(name) := fixture.declared(
	fixture_iam.role("/", [fixture.allows([tenant("github", [name])])]),
	object.union(parameters, {"github_organizations": ["4711"], "tenants": {"github": ["8150"]}}),
	{"targets": [{"id": "code", "organization": "4712"}]},
)

test_a_name_of_digits_is_no_id if {
	every name in ["name:4711", "name:4712", "8150"] {
		count(role_trust_is_bounded.conforms) == 1 with input as by_name(name)
	}
	every name in ["4711", "4712", "name:8150"] {
		count(role_trust_is_bounded.deviates) == 1 with input as by_name(name)
	}
}

test_whose_workflow_is_called_does_not_say_who_calls_it if {
	undetermined(fixture.by(fixture.party_of("subject", ["job_workflow_ref:Northbank"], "github")))
}

test_subjects_of_unknown_issuers if {
	conforming(fixture.by(fixture.party_of("subject", ["robot"], "login.example.org")))
	undetermined(fixture.by(fixture.party_of("subject", ["another"], "login.example.org")))
	undetermined(fixture.by(fixture.party_of("subject", ["robot"], "elsewhere.example.org")))
	conforming(fixture.by(fixture.party_of("issuer", ["idp.example.org"], "idp.example.org")))
	deviating(fixture.by(fixture.party_of("issuer", ["login.example.org"], "login.example.org")))
}

test_clusters if {
	conforming(fixture.by(fixture.party_of("cluster", ["OURS"], "eks")))
	deviating(fixture.by(fixture.party_of("cluster", ["THEIRS"], "eks")))
	conforming(fixture.by(fixture.party_of("cluster", ["ANY"], "gke")))
}

foreign(answer) := fixture.by(object.union(answer, {"account": "999999999999"}))

test_providers_of_another_account if {
	saml := {"kind": "saml-provider", "names": ["arn:aws:iam::111122223333:saml-provider/idp"], "account": "111122223333"}
	conforming(fixture.by(saml))
	deviating(foreign(saml))
	deviating(foreign(fixture.party_of("tenant", ["Northbank"], "terraform")))
	deviating(foreign(fixture.party_of("cluster", ["OURS"], "eks")))
	deviating(foreign(fixture.party_of("subject", ["robot"], "login.example.org")))
}

test_a_provider_that_aws_has_built_in_has_no_account if {
	pool := {"kind": "subject", "names": ["eu-west-1:1234abcd"], "issuer": "cognito"}
	undetermined(fixture.by(pool))
}

test_not_applicable_to_roles_of_services if {
	given := at("/aws-service-role/guardduty.amazonaws.com/", [fixture.allows([anyone])])
	count(role_trust_is_bounded.not_applicable) == 1 with input as given
	count(role_trust_is_bounded.deviates) == 0 with input as given
}
