package checks.aws_iam.role_trust_is_bounded_test

import data.checks.aws_iam.role_trust_is_bounded
import data.lib.fixture
import data.lib.fixture_iam

parameters := {
	"accounts": ["444455556666"],
	"vendors": ["555566667777"],
	"organizations": ["o-abcdefghij"],
	"services": ["ec2.amazonaws.com", "lambda.amazonaws.com"],
	"github_organizations": [],
}

declaration := {"targets": [{"id": "backup", "account": "777788889999"}, {"id": "code", "organization": "Northbank"}]}

at(path, statements) := fixture.declared(fixture_iam.role(path, statements), parameters, declaration)

case(statements) := at("/", statements)

allow(principal, conditions) := fixture.statement("Allow", ["sts:assumerole"], [principal], conditions)

by_token(principal, conditions) := fixture.statement("Allow", ["sts:assumerolewithwebidentity"], [principal], conditions)

conforming(statements) if {
	count(role_trust_is_bounded.conforms) == 1 with input as case(statements)
	count(role_trust_is_bounded.deviates) == 0 with input as case(statements)
}

deviating(statements) if {
	count(role_trust_is_bounded.deviates) == 1 with input as case(statements)
	count(role_trust_is_bounded.conforms) == 0 with input as case(statements)
}

mfa := fixture.condition("Bool", "aws:MultiFactorAuthPresent", ["true"])

test_conforms_for_inside if {
	conforming([allow(fixture.account("111122223333"), [mfa])])
	conforming([allow(fixture.role("444455556666", "deploy"), [])])
	conforming([allow(fixture.account("777788889999"), [])])
	conforming([allow(fixture.deleted, [])])
}

test_deviates_for_another_account if {
	deviating([allow(fixture.account("999999999999"), [])])
	deviating([allow(fixture.role("999999999999", "x"), [])])
	deviating([allow(fixture.nobodys_account, [])])
	deviating([{"effect": "Allow", "actions": ["sts:assumerole"], "conditions": []}])
}

# A second factor says nothing about the account, however it is asked for.
test_a_second_factor_does_not_bring_another_account_inside if {
	deviating([allow(fixture.account("999999999999"), [mfa])])
	deviating([allow(fixture.everyone, [mfa])])
	deviating([allow(fixture.everyone, [fixture.if_exists(mfa)])])
}

test_an_account_of_the_organisation_is_inside if {
	ours := fixture.condition("StringEquals", "aws:PrincipalOrgID", ["o-abcdefghij"])
	conforming([allow(fixture.account("999999999999"), [ours])])
	deviating([allow(fixture.account("999999999999"), [fixture.if_exists(ours)])])
}

test_deviates_for_everyone if {
	deviating([allow(fixture.everyone, [])])
	deviating([fixture.everyone_except(["sts:assumerole"], [fixture.account("999999999999")], [])])
}

test_an_external_id_alone_narrows_nothing if {
	external := fixture.condition("StringEquals", "sts:ExternalId", ["4711"])
	deviating([allow(fixture.everyone, [external])])
	deviating([allow(fixture.account("999999999999"), [external])])
}

test_a_vendor_needs_an_external_id if {
	deviating([allow(fixture.account("555566667777"), [])])
	conforming([allow(fixture.account("555566667777"), [fixture.condition("StringEquals", "sts:ExternalId", ["4711"])])])
	deviating([allow(fixture.account("555566667777"), [fixture.condition("StringLike", "sts:ExternalId", ["*"])])])
	deviating([allow(fixture.account("555566667777"), [fixture.if_exists(fixture.condition("StringEquals", "sts:ExternalId", ["4711"]))])])
}

test_conforms_for_a_service_of_its_own_account if conforming([allow(fixture.service("ec2.amazonaws.com"), [])])

test_deviates_for_a_service_on_behalf_of_anybody if {
	deviating([allow(fixture.service("cloudtrail.amazonaws.com"), [])])
	deviating([allow(fixture.service("cloudtrail.amazonaws.com"), [fixture.condition("ArnLike", "aws:SourceArn", ["arn:aws:cloudtrail:*:*:trail/*"])])])
}

test_conforms_for_a_service_on_behalf_of_inside if {
	conforming([allow(fixture.service("cloudtrail.amazonaws.com"), [fixture.condition("StringEquals", "aws:SourceAccount", ["111122223333"])])])
}

github := fixture.provider("111122223333", "token.actions.githubusercontent.com")

subject(operator, values) := fixture.condition(operator, "token.actions.githubusercontent.com:sub", values)

audience := fixture.condition("StringEquals", "token.actions.githubusercontent.com:aud", ["sts.amazonaws.com"])

test_github_without_a_subject_lets_every_repository_in if deviating([by_token(github, [audience])])

test_github_of_a_declared_organisation if {
	conforming([by_token(github, [audience, subject("StringEquals", ["repo:northbank/signer:ref:refs/heads/main"])])])
	conforming([by_token(github, [audience, subject("StringLike", ["repo:northbank/*"])])])
}

test_github_of_anybody if {
	deviating([by_token(github, [subject("StringLike", ["repo:*"])])])
	deviating([by_token(github, [subject("StringLike", ["repo:northbank*/signer:*"])])])
	deviating([by_token(github, [subject("StringLike", ["*"])])])
	deviating([by_token(github, [subject("StringEquals", ["repo:somebody-else/signer:ref:refs/heads/main"])])])
	deviating([by_token(github, [subject("StringEquals", ["repo:northbank/a:x", "repo:somebody-else/a:x"])])])
	deviating([by_token(github, [fixture.for_values("all", subject("StringEquals", ["repo:northbank/a:x"]))])])
	deviating([by_token(github, [fixture.if_exists(subject("StringEquals", ["repo:northbank/a:x"]))])])
}

cluster_issuer := "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"

cluster := fixture.provider("111122223333", cluster_issuer)

workload(operator, value) := fixture.condition(operator, sprintf("%s:sub", [cluster_issuer]), [value])

test_workloads_of_a_cluster if {
	deviating([by_token(cluster, [])])
	conforming([by_token(cluster, [workload("StringEquals", "system:serviceaccount:signer:signer")])])
	conforming([by_token(cluster, [workload("StringLike", "system:serviceaccount:signer:*")])])
	deviating([by_token(cluster, [workload("StringLike", "system:serviceaccount:*:signer")])])
}

built_in(name) := {"type": "Federated", "form": "identity-provider", "value": name}

test_cognito_needs_its_pool if {
	cognito := built_in("cognito-identity.amazonaws.com")
	deviating([by_token(cognito, [])])
	conforming([by_token(cognito, [fixture.condition("StringEquals", "cognito-identity.amazonaws.com:aud", ["eu-west-1:1234abcd"])])])
}

saml(account) := {
	"type": "Federated",
	"form": "identity-provider",
	"account": account,
	"value": sprintf("arn:aws:iam::%s:saml-provider/idp", [account]),
}

test_saml_of_its_own_account_and_of_another if {
	conforming([fixture.statement("Allow", ["sts:assumerolewithsaml"], [saml("111122223333")], [])])
	deviating([fixture.statement("Allow", ["sts:assumerolewithsaml"], [saml("999999999999")], [])])
}

test_tagging_alone_lets_nobody_in if {
	conforming([fixture.statement("Allow", ["sts:tagsession"], [fixture.account("999999999999")], [])])
	deviating([fixture.statement("Allow", ["sts:tagsession", "sts:*"], [fixture.account("999999999999")], [])])
}

test_not_applicable_to_roles_of_services if {
	given := at("/aws-service-role/guardduty.amazonaws.com/", [allow(fixture.service("guardduty.amazonaws.com"), [])])
	count(role_trust_is_bounded.not_applicable) == 1 with input as given
	count(role_trust_is_bounded.deviates) == 0 with input as given
}
