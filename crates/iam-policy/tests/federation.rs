//! Whose tokens a trust policy accepts, by issuer and form of subject.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use witnessmark_iam_policy::federation::{ISSUERS, Shape, known};
use witnessmark_iam_policy::{Answer, PolicyDocument, Scope};

const OWN: &str = "111122223333";
const GITHUB: &str = "token.actions.githubusercontent.com";
const GHE: &str = "token.actions.octocorp.ghe.com";
const EKS: &str = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const CIRCLECI: &str = "oidc.circleci.com/org/6ad5e0a1-0a65-4f3c-a7f4-0f7c3b7d9a11";
const BITBUCKET: &str = "api.bitbucket.org/2.0/workspaces/northbank/pipelines-config/identity/oidc";

fn scope() -> Scope {
    let tenants = [
        (
            "github",
            &[
                "northbank",
                "8150",
                "name:1234",
                "enterprise:northbank-group",
                "repository_id:99112233",
                "job_workflow_ref:northbank/private",
            ][..],
        ),
        ("gitlab", &["northbank/platform"]),
        ("terraform", &["Northbank"]),
        ("circleci", &["6ad5e0a1-0a65-4f3c-a7f4-0f7c3b7d9a11"]),
        ("bitbucket", &["northbank"]),
        ("buildkite", &["northbank"]),
        ("pulumi", &["northbank"]),
        ("vercel", &["northbank"]),
        ("cognito", &["eu-west-1:1234abcd"]),
        ("google", &["117283746501928374650"]),
        ("login.example.org", &["robot"]),
        ("idp.example.org/ours", &["*"]),
    ];
    Scope {
        own: OWN.to_owned(),
        tenants: tenants
            .into_iter()
            .map(|(key, names)| (key.to_owned(), names.iter().map(|&n| n.to_owned()).collect::<BTreeSet<_>>()))
            .collect::<BTreeMap<_, _>>(),
        ..Scope::default()
    }
}

fn trust(issuer: &str, conditions: &Value) -> Answer {
    let provider = if issuer.starts_with("cognito-identity")
        || ["accounts.google.com", "graph.facebook.com", "www.amazon.com"].contains(&issuer)
    {
        issuer.to_owned()
    } else {
        format!("arn:aws:iam::{OWN}:oidc-provider/{issuer}")
    };
    answer(&provider, conditions)
}

fn answer(provider: &str, conditions: &Value) -> Answer {
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}, "Condition": conditions}});
    let document = PolicyDocument::parse(&document.to_string()).unwrap();
    document.statements[0].lets_in.as_ref().unwrap()[0].outside(&scope())
}

fn letter(answer: &Answer) -> char {
    match answer {
        Answer::Yes(_) => 'y',
        Answer::No(_) => 'n',
        Answer::Undetermined(_) => '?',
    }
}

fn claim(issuer: &str, operator: &str, claim: &str, value: &Value) -> Value {
    json!({operator: {format!("{issuer}:{claim}"): value}})
}

/// Rows of issuer, operator, claim, value and answer.
fn table(rows: &[(&str, &str, &str, &str, char)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(issuer, operator, name, value, expected)| {
            let answer = trust(issuer, &claim(issuer, operator, name, &json!(value)));
            (letter(&answer) != *expected)
                .then(|| format!("{issuer} {operator} {name} {value}: expected {expected}, {answer:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

// A6
#[test]
fn github_in_all_its_forms() {
    table(&[
        (GITHUB, "StringEquals", "sub", "repo:northbank/app:ref:refs/heads/main", 'n'),
        (GITHUB, "StringEquals", "sub", "repo:Northbank/app:ref:refs/heads/main", 'n'),
        (GITHUB, "StringEquals", "sub", "repo:northbank@4711201/app@99112233:ref:refs/heads/main", 'n'),
        (GITHUB, "StringEquals", "sub", "repo:renamed@8150/app@99112233:ref:refs/heads/main", 'n'),
        // A name of digits only is no id.
        (GITHUB, "StringEquals", "sub", "repo:8150/app:ref:refs/heads/main", 'y'),
        (GITHUB, "StringLike", "sub", "repo:8150@77/*", 'y'),
        (GITHUB, "StringLike", "sub", "repository:8150/app:*", 'y'),
        (GITHUB, "StringLike", "sub", "repository_owner:8150:*", 'y'),
        (GITHUB, "StringLike", "workflow_ref", "8150/app/.github/workflows/x.yml@*", 'y'),
        (GITHUB, "StringEquals", "repository", "8150/app", 'y'),
        (GITHUB, "StringEquals", "repository_owner", "8150", 'y'),
        (GITHUB, "StringEquals", "repository_owner", "1234", 'n'),
        (GITHUB, "StringLike", "sub", "repo:1234/app:*", 'n'),
        (GITHUB, "StringEquals", "repository_owner_id", "1234", 'y'),
        // An id that is none names nobody.
        (GITHUB, "StringLike", "sub", "repo:somebody@northbank/app:*", 'y'),
        // A repository's id is no owner's.
        (GITHUB, "StringEquals", "sub", "repo:somebody@1/app@8150:ref:refs/heads/main", 'y'),
        (GITHUB, "StringLike", "sub", "repo:northbank/*", 'n'),
        // An enterprise with a host of its own.
        (GHE, "StringLike", "sub", "repo:northbank/*", 'n'),
        (GHE, "StringLike", "sub", "repo:somebody/*", 'y'),
        (GHE, "StringLike", "sub", "repo:*", 'y'),
        // Whose host begins like one of GitHub's is somebody's.
        ("token.actions.octocorp.ghe.com.example.org", "StringLike", "sub", "repo:northbank/*", 'y'),
        ("token.actions.a.octocorp.ghe.com", "StringLike", "sub", "repo:northbank/*", 'y'),
        (GITHUB, "StringLike", "sub", "repo:northbank@*/*", 'n'),
        (GITHUB, "StringLike", "sub", "repo:northbank@4711201*", 'n'),
        (GITHUB, "StringLike", "sub", "repo:renamed@8150*", 'y'),
        (GITHUB, "StringLike", "sub", "repo:northbank@4711201/*", 'n'),
        (GITHUB, "StringLike", "sub", "repo:northbank/app:*", 'n'),
        (GITHUB, "StringLike", "sub", "repo:*", 'y'),
        (GITHUB, "StringLike", "sub", "repo:northbank*", 'y'),
        (GITHUB, "StringLike", "sub", "repo:northbank*/app:*", 'y'),
        (GITHUB, "StringLike", "sub", "repo:northban?/app:*", 'y'),
        (GITHUB, "StringLike", "sub", "repo:*/app:ref:refs/heads/main", 'y'),
        (GITHUB, "StringLike", "sub", "*:northbank/app:*", 'y'),
        (GITHUB, "StringLike", "sub", "*", 'y'),
        (GITHUB, "StringEquals", "sub", "repo:somebody/app:ref:refs/heads/main", 'y'),
        (GITHUB, "StringEquals", "sub", "repo:", 'y'),
        (GITHUB, "StringEqualsIgnoreCase", "sub", "REPO:northbank/app:x", 'y'),
        (GITHUB, "StringEqualsIgnoreCase", "sub", "repo:NorthBank/app:x", 'n'),
        (GITHUB, "StringEqualsIfExists", "sub", "repo:northbank/app:x", 'y'),
        (GITHUB, "ForAllValues:StringEquals", "sub", "repo:northbank/app:x", 'y'),
        (GITHUB, "ForAnyValue:StringEquals", "sub", "repo:northbank/app:x", 'n'),
        (GITHUB, "StringNotEquals", "sub", "repo:somebody/app:x", 'y'),
        // The subject as an organisation made it.
        (GITHUB, "StringEquals", "sub", "repository_owner_id:8150", 'n'),
        (GITHUB, "StringLike", "sub", "repository_owner_id:8150:*", 'n'),
        (GITHUB, "StringLike", "sub", "repository_owner_id:8150*", 'y'),
        (GITHUB, "StringEquals", "sub", "repository_owner_id:4711", 'y'),
        (GITHUB, "StringLike", "sub", "repository_owner:northbank:*", 'n'),
        (GITHUB, "StringLike", "sub", "repository_owner:*:repository:northbank/app", 'y'),
        (GITHUB, "StringLike", "sub", "repository:northbank/app:*", 'n'),
        (GITHUB, "StringEquals", "sub", "repository_id:99112233", 'n'),
        // Whose workflow is called does not say who calls it.
        (GITHUB, "StringLike", "sub", "job_workflow_ref:northbank/shared/.github/workflows/deploy.yml@*", '?'),
        (GITHUB, "StringLike", "sub", "job_workflow_ref:northbank/private/.github/workflows/deploy.yml@*", 'n'),
        (GITHUB, "StringLike", "sub", "job_workflow_ref:*/deploy.yml@*", 'y'),
        (GITHUB, "StringLike", "sub", "enterprise:northbank-group:*", 'n'),
        (GITHUB, "StringLike", "sub", "enterprise:northbank:*", 'y'),
        (GITHUB, "StringLike", "sub", "environment:prod:*", 'y'),
        (GITHUB, "StringLike", "sub", "ref:refs/heads/main:*", 'y'),
        // Conditions on claims of their own.
        (GITHUB, "StringEquals", "repository", "northbank/app", 'n'),
        (GITHUB, "StringLike", "repository", "northbank/*", 'n'),
        (GITHUB, "StringLike", "repository", "northbank*", 'y'),
        (GITHUB, "StringEquals", "repository_owner", "northbank", 'n'),
        (GITHUB, "StringLike", "repository_owner", "northbank*", 'y'),
        (GITHUB, "StringEquals", "repository_owner_id", "8150", 'n'),
        (GITHUB, "StringEquals", "repository_id", "8150", 'y'),
        (
            GITHUB,
            "StringLike",
            "job_workflow_ref",
            "northbank/shared/.github/workflows/deploy.yml@refs/heads/main",
            '?',
        ),
        (GITHUB, "StringLike", "job_workflow_ref", "northbank/private/.github/workflows/deploy.yml@*", 'n'),
        (GITHUB, "StringLike", "job_workflow_ref", "northbank/private*", '?'),
        (GITHUB, "StringLike", "job_workflow_ref", "somebody/shared/.github/workflows/deploy.yml@*", '?'),
        (GITHUB, "StringLike", "workflow_ref", "northbank/app/.github/workflows/deploy.yml@*", 'n'),
        (GITHUB, "StringLike", "job_workflow_ref", "*/.github/workflows/deploy.yml@refs/heads/main", 'y'),
        (GITHUB, "StringEquals", "aud", "sts.amazonaws.com", 'y'),
        (GITHUB, "StringEquals", "environment", "production", 'y'),
        (GITHUB, "StringEquals", "actor", "octocat", '?'),
        (GITHUB, "SomethingNew", "sub", "repo:northbank/app:x", '?'),
    ]);
    let enterprise = "token.actions.githubusercontent.com/northbank-group";
    assert_eq!(letter(&trust(enterprise, &claim(enterprise, "StringLike", "sub", &json!("repo:northbank/*")))), 'n');
    assert_eq!(letter(&trust(enterprise, &claim(enterprise, "StringLike", "sub", &json!("repo:*")))), 'y');
    let one_of_two = claim(GITHUB, "StringEquals", "sub", &json!(["repo:northbank/a:x", "repo:somebody/a:x"]));
    assert_eq!(letter(&trust(GITHUB, &one_of_two)), 'y');
}

// A4
#[test]
fn the_tenant_of_each_known_issuer_is_literal_and_declared() {
    let gitlab = "gitlab.com";
    let terraform = "app.terraform.io";
    table(&[
        (gitlab, "StringEquals", "sub", "project_path:northbank/platform/app:ref_type:branch:ref:main", 'n'),
        (gitlab, "StringLike", "sub", "project_path:northbank/platform/*", 'n'),
        (gitlab, "StringLike", "sub", "project_path:northbank/platform*", 'y'),
        (gitlab, "StringLike", "sub", "project_path:northbank/*", 'y'),
        (gitlab, "StringLike", "sub", "project_path*", 'y'),
        (gitlab, "StringLike", "sub", "project_path:*", 'y'),
        (gitlab, "StringLike", "sub", "project_path:somebody/platform/app:*", 'y'),
        (gitlab, "StringEquals", "aud", "https://gitlab.com", 'y'),
        (terraform, "StringLike", "sub", "organization:Northbank:project:*:workspace:*:run_phase:*", 'n'),
        (terraform, "StringLike", "sub", "organization:northbank:project:*:workspace:*:run_phase:*", 'y'),
        (terraform, "StringLike", "sub", "organization:*:project:*:workspace:*:run_phase:*", 'y'),
        (terraform, "StringLike", "sub", "organization:Northbank*:project:*", 'y'),
        (
            terraform,
            "StringEqualsIgnoreCase",
            "sub",
            "organization:Northbank:project:a:workspace:b:run_phase:plan",
            '?',
        ),
        (terraform, "StringEquals", "aud", "aws.workload.identity", 'y'),
        ("app.eu.terraform.io", "StringLike", "sub", "organization:Northbank:*", 'n'),
        (CIRCLECI, "StringLike", "sub", "org/*", 'n'),
        ("oidc.circleci.com/org/00000000-0a65-4f3c-a7f4-0f7c3b7d9a11", "StringLike", "sub", "org/*", 'y'),
        (BITBUCKET, "StringEquals", "aud", "ari:cloud:bitbucket::workspace/x", 'n'),
        (
            "api.bitbucket.org/2.0/workspaces/somebody/pipelines-config/identity/oidc",
            "StringLike",
            "sub",
            "{abc}:*",
            'y',
        ),
        ("agent.buildkite.com", "StringLike", "sub", "organization:northbank:pipeline:*", 'n'),
        ("agent.buildkite.com", "StringLike", "sub", "organization:*:pipeline:deploy:*", 'y'),
        ("agent.buildkite.com", "StringLike", "sub", "organization:northbank*", 'y'),
        ("api.pulumi.com/oidc", "StringLike", "sub", "pulumi:deploy:org:northbank:*", 'n'),
        ("api.pulumi.com/oidc", "StringEquals", "aud", "aws:northbank", 'n'),
        ("api.pulumi.com/oidc", "StringLike", "sub", "pulumi:deploy:org:*", 'y'),
        ("oidc.vercel.com", "StringLike", "sub", "owner:northbank:project:*", 'n'),
        ("oidc.vercel.com/northbank", "StringLike", "sub", "*", 'n'),
        ("oidc.vercel.com", "StringLike", "sub", "owner:*:project:signer:*", 'y'),
        ("oidc.vercel.com", "StringEquals", "aud", "https://vercel.com/northbank", 'n'),
        ("oidc.vercel.com", "StringEquals", "aud", "https://vercel.com/others", 'y'),
        ("studio.datachain.ai/api", "StringLike", "sub", "credentials:northbank/*", 'y'),
        ("studio.datachain.ai/api", "StringEquals", "sub", "credentials:northbank/app", '?'),
        (EKS, "StringEquals", "sub", "system:serviceaccount:signer:signer", 'n'),
        (EKS, "StringLike", "sub", "system:serviceaccount:signer:*", 'n'),
        (EKS, "StringLike", "sub", "system:serviceaccount:signer*", 'y'),
        (EKS, "StringLike", "sub", "system:serviceaccount:*:signer", 'y'),
        (EKS, "StringLike", "sub", "system:*", 'y'),
        (EKS, "StringLike", "sub", "*", 'y'),
        (EKS, "StringEquals", "aud", "sts.amazonaws.com", 'y'),
    ]);
    for issuer in [GITHUB, gitlab, terraform, "agent.buildkite.com", EKS, "accounts.google.com", "nobody.example.org"] {
        assert_eq!(letter(&trust(issuer, &json!({}))), 'y', "{issuer} without a condition");
    }
}

#[test]
fn an_unknown_issuer_needs_an_exact_and_declared_subject() {
    let (idp, ours) = ("login.example.org", "idp.example.org/ours");
    table(&[
        (idp, "StringEquals", "sub", "robot", 'n'),
        (idp, "StringLike", "sub", "robot", 'n'),
        (idp, "StringEquals", "sub", "another", '?'),
        (idp, "StringLike", "sub", "robot*", 'y'),
        (idp, "StringLike", "sub", "*", 'y'),
        (idp, "StringEqualsIgnoreCase", "sub", "robot", '?'),
        (idp, "StringEquals", "aud", "sts.amazonaws.com", 'y'),
        (idp, "StringEquals", "groups", "signers", '?'),
        (ours, "StringLike", "sub", "anybody*", 'n'),
        ("accounts.google.com", "StringEquals", "sub", "117283746501928374650", 'n'),
        ("accounts.google.com", "StringEquals", "sub", "1", '?'),
        ("accounts.google.com", "StringEquals", "aud", "4711.apps.googleusercontent.com", 'y'),
        // Not GitHub, whatever it is called.
        ("token.actions.githubusercontent.com.example.org", "StringLike", "sub", "repo:northbank/*", 'y'),
        ("example.org/token.actions.githubusercontent.com", "StringLike", "sub", "repo:northbank/*", 'y'),
    ]);
}

// A5
#[test]
fn guests_of_cognito_are_everybody() {
    let cognito = "cognito-identity.amazonaws.com";
    let key = |claim: &str| format!("{cognito}:{claim}");
    let pool = |amr: Option<(&str, Value)>, pool: &str, operator: &str| {
        let mut conditions = json!({operator: {key("aud"): pool}});
        if let Some((operator, value)) = amr {
            conditions[operator] = json!({key("amr"): value});
        }
        trust(cognito, &conditions)
    };
    let any = "ForAnyValue:StringLike";
    for (amr, name, operator, expected) in [
        (None, "eu-west-1:1234abcd", "StringEquals", 'y'),
        (Some((any, json!("unauthenticated"))), "eu-west-1:1234abcd", "StringEquals", 'y'),
        (Some((any, json!("*authenticated"))), "eu-west-1:1234abcd", "StringEquals", 'y'),
        (Some((any, json!(["authenticated", "unauthenticated"]))), "eu-west-1:1234abcd", "StringEquals", 'y'),
        (Some((any, json!("authenticated"))), "eu-west-1:1234abcd", "StringEquals", 'n'),
        (Some(("ForAnyValue:StringEquals", json!("authenticated"))), "eu-west-1:1234abcd", "StringEquals", 'n'),
        (Some(("ForAllValues:StringLike", json!("authenticated"))), "eu-west-1:1234abcd", "StringEquals", 'y'),
        (Some((any, json!("authenticated"))), "eu-west-1:somebody", "StringEquals", '?'),
        (Some((any, json!("authenticated"))), "*", "StringLike", 'y'),
    ] {
        let answer = pool(amr.clone(), name, operator);
        assert_eq!(letter(&answer), expected, "{amr:?} {name} {answer:?}");
    }
    assert_eq!(letter(&trust(cognito, &json!({}))), 'y');
    assert_eq!(letter(&trust(cognito, &json!({any: {key("amr"): "authenticated"}}))), 'y');
}

#[test]
fn a_provider_of_another_account_is_outside() {
    let subject = claim(GITHUB, "StringEquals", "sub", &json!("repo:northbank/app:x"));
    assert_eq!(letter(&answer(&format!("arn:aws:iam::999999999999:oidc-provider/{GITHUB}"), &subject)), 'y');
    assert_eq!(letter(&answer(&format!("arn:aws-us-gov:iam::{OWN}:oidc-provider/{GITHUB}"), &subject)), 'n');
}

/// Each row: without a condition, and with a wildcard for the tenant, nobody is kept out; with a declared tenant, all others are.
#[test]
fn every_row_keeps_its_tenants_apart() {
    let mut places = 0;
    for row in ISSUERS {
        assert!(row.source.starts_with("https://"), "{}", row.issuer);
        let issuer = row.issuer.replace("{tenant}", "acme").replace("{}", "x").replace("**", "rest");
        let found = known(&issuer).unwrap();
        assert_eq!(found.row.key, row.key, "{issuer}");
        assert!(known(&format!("{issuer}.example.org")).is_none_or(|k| k.row.issuer.contains('{')), "{issuer}");
        let ask = |claim: &str, value: &str, tenant: &str| {
            let provider = format!("arn:aws:iam::{OWN}:oidc-provider/{issuer}");
            let document = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": provider}, "Condition": {"StringLike": {format!("{issuer}:{claim}"): value}}}});
            let document = PolicyDocument::parse(&document.to_string()).unwrap();
            let tenants = BTreeMap::from([(row.key.to_owned(), BTreeSet::from([tenant.to_owned()]))]);
            letter(&document.statements[0].lets_in.as_ref().unwrap()[0].outside(&Scope {
                own: OWN.to_owned(),
                tenants,
                ..Scope::default()
            }))
        };
        match &row.shape {
            Shape::Claims(list) => {
                for place in *list {
                    places += 1;
                    let end = place.end.map_or(String::new(), |end| format!("{end}rest"));
                    let value = |tenant: &str| format!("{}{tenant}{end}", place.before);
                    let declared = format!("{}acme", place.label);
                    assert_eq!(ask(place.claim, &value("acme"), &declared), 'n', "{issuer} {}", value("acme"));
                    let others = if place.of_code { '?' } else { 'y' };
                    assert_eq!(ask(place.claim, &value("acme"), "other"), others, "{issuer} {}", value("acme"));
                    for pattern in ["*", "acme*", "acm?", "*acme"] {
                        assert_eq!(ask(place.claim, &value(pattern), &declared), 'y', "{issuer} {}", value(pattern));
                    }
                    assert_eq!(ask(place.claim, &format!("{}acme*", place.before), &declared), 'y', "{issuer}");
                }
            }
            Shape::OfTenant => {
                places += 1;
                assert_eq!(ask("sub", "*", "acme"), 'n', "{issuer}");
                assert_eq!(ask("sub", "*", "other"), 'y', "{issuer}");
            }
            Shape::Cluster => {
                places += 1;
                assert_eq!(ask("sub", "system:serviceaccount:a:*", "acme"), 'n', "{issuer}");
                assert_eq!(ask("sub", "system:serviceaccount:a:*", "other"), 'y', "{issuer}");
                assert_eq!(ask("sub", "system:serviceaccount:*", "acme"), 'y', "{issuer}");
            }
            Shape::Subjects => {
                places += 1;
                assert_eq!(ask("sub", "somebody", "somebody"), 'n', "{issuer}");
                assert_eq!(ask("sub", "somebody", "other"), '?', "{issuer}");
                assert_eq!(ask("sub", "some*", "*"), 'y', "{issuer}");
            }
            Shape::Cognito => {}
        }
    }
    assert!(places > 40, "only {places} places");
}
