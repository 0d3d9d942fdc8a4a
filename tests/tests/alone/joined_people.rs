//! People and third parties: who is declared is looked for at all targets, and who is found there is looked for in the declaration.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;

use fakes::aws::{AwsFake, Role, Size, World};
use fakes::github::{GithubFake, World as Organization};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, Sealed};

const TOKEN: &str = "token-of-a-test-000000000000";

/// A holder with a code by SMS, and one who left and has a user still. `witnessmark` is an App that nobody declared.
fn declaration(api_url: &str) -> String {
    format!(
        r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {{id: hot-wallet, standard: ccss-9.0, level: 1}}
targets:
  - {{id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}}
  - {{id: code, collector: github, organization: northbank, organization_id: 4711201, repositories: [signer, deploy], api_url: "{api_url}"}}
key_holders:
  - {{id: kh-weak, identities: {{aws-prod: ["arn:aws:iam::111122223333:user/people/user-00000"], code: [CY]}}}}
  - {{id: kh-good, identities: {{aws-prod: ["arn:aws:iam::111122223333:user/people/user-00004"], code: [ada]}}}}
  - {{id: kh-left, left: 2026-05-31, identities: {{aws-prod: ["arn:aws:iam::111122223333:user/people/user-00002"], code: [gone]}}}}
third_parties:
  - {{id: aws, role: cloud, reviewed: 2026-06-01}}
  - {{id: github, role: vendor, reviewed: 2026-06-01}}
  - {{id: builders, role: vendor, reviewed: 2026-06-01, seen_as: {{apps: [ci-runner, release-bot], collaborators: [out, far, off]}}}}
exclusions:
  - {{id: staff, what: the directory of our own staff, reason: we run it ourselves, seen_as: {{issuers: ["arn:aws:iam::111122223333:saml-provider/staff"]}}}}
  - {{id: builds, what: where our own builds run, reason: they hold no key, seen_as: {{hosts: ["*.northbank.example"]}}}}
controls:
  - {{id: AC-ROOT, title: No one works as root, checks: [{{use: aws-iam/root-has-mfa}}]}}
"#
    )
}

fn account() -> World {
    let mut world = World::new(Size::SMALL);
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:role/signer"}, "Action": "sts:AssumeRole"}]});
    world.roles.push(Role {
        name: "co-signer".to_owned(),
        id: "AROAEXAMPLEEXAMPLE123".to_owned(),
        path: "/".to_owned(),
        created: "2026-01-01T00:00:00Z".to_owned(),
        trust: trust.to_string(),
        max_session_seconds: 3600,
        ..Role::default()
    });
    world
}

/// Of a check the reasons of each subject with this outcome.
fn said(sealed: &Sealed, check: &str, outcome: &str) -> BTreeMap<String, Vec<String>> {
    let of = sealed.of("finding").filter(|one| one["check"] == check && one["outcome"] == outcome);
    of.map(|finding| {
        let subject = finding["subject"]["id"].as_str().unwrap_or("all").to_owned();
        let pieces = finding["evidence"].as_array().unwrap().iter();
        (subject, pieces.map(|piece| piece["because"].as_str().unwrap_or_default().to_owned()).collect())
    })
    .collect()
}

#[test]
fn people_and_third_parties_are_looked_for_on_both_sides() {
    let faulty = Faulty::new(AwsFake::new(account()), Vec::new());
    let aws = Server::http(faulty.clone());
    let github = Server::http(GithubFake::new(Organization::small(TOKEN)));
    let mut desk = Desk::new(&declaration(&github.url()));
    desk.aws(&aws.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk.set("GITHUB_TOKEN", TOKEN);
    let (answer, sealed) = desk.seal();
    assert!(matches!(answer.code, 10 | 12), "{answer:?}");

    let factors = said(&sealed, "people/two-kinds-of-factor", "deviates");
    assert_eq!(factors.keys().collect::<Vec<_>>(), ["kh-weak"]);
    assert_eq!(factors["kh-weak"], ["`CY` at `code`: a password and a code by SMS sign in, and sms is not accepted"]);
    assert!(said(&sealed, "people/two-kinds-of-factor", "conforms").contains_key("kh-good"));
    let left = said(&sealed, "people/leavers-have-no-access", "deviates");
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(
        left["kh-left"],
        ["they left on 2026-05-31, and `arn:aws:iam::111122223333:user/people/user-00002` is still at `aws-prod`"]
    );
    assert_eq!(said(&sealed, "people/identities-are-there", "conforms").len(), 2);

    let others = said(&sealed, "third-parties/found-one-is-declared", "deviates");
    assert_eq!(others.keys().collect::<Vec<_>>(), ["account 999988887777", "app witnessmark"], "{others:?}");
    assert!(others["app witnessmark"][0].starts_with("app `witnessmark` is declared nowhere; of "), "{others:?}");
    assert!(said(&sealed, "third-parties/declared-one-is-seen", "conforms").contains_key("builders"));

    // From the finding to the role, and from the role to the bytes of the answer.
    let derived = |id: &str| sealed.of("derived").find(|one| one["target"] == "joined" && one["id"] == id).unwrap();
    let vendor = derived("account 999988887777");
    let seen = &vendor["facts"]["seen"][0];
    assert_eq!(seen["resource"]["id"], "arn:aws:iam::111122223333:role/co-signer");
    let inputs = vendor["inputs"].as_array().unwrap().iter().map(|input| input.as_str().unwrap());
    let resources: Vec<usize> =
        inputs.filter_map(|input| input.strip_prefix("resource:")).map(|at| at.parse().unwrap()).collect();
    let role = resources.iter().filter_map(|at| sealed.of("resource").nth(*at));
    let role = role.into_iter().find(|one| one["id"] == seen["resource"]["id"]).unwrap();
    let policy = seen["resource"]["path"].as_str().unwrap();
    assert_eq!(role["facts"].pointer(policy).unwrap()["account"], "999988887777");
    assert!(role["parts"]["trust_policy"][0]["exchange"].is_string(), "{role}");

    // What was not read leaves people undetermined, and says nothing of who else there is.
    faulty.set(vec![Rule::always("iam:GetAccountAuthorizationDetails", Fault::Deny)]);
    let (answer, sealed) = desk.seal();
    assert!(matches!(answer.code, 11 | 12), "{answer:?}");
    assert!(said(&sealed, "people/identities-are-there", "deviates").is_empty());
    assert!(said(&sealed, "people/leavers-have-no-access", "deviates").is_empty());
    for (check, subject) in [
        ("people/identities-are-there", "kh-good"),
        ("people/leavers-have-no-access", "kh-left"),
        ("people/two-kinds-of-factor", "kh-good"),
        ("third-parties/found-one-is-declared", "all"),
    ] {
        assert!(said(&sealed, check, "undetermined").contains_key(subject), "{check} {subject}");
    }
    // What was read elsewhere still deviates.
    assert!(said(&sealed, "people/two-kinds-of-factor", "deviates").contains_key("kh-weak"));
    let others = said(&sealed, "third-parties/found-one-is-declared", "deviates");
    assert_eq!(others["app witnessmark"], ["app `witnessmark` is declared nowhere"]);
    let unread: Vec<&Value> = sealed.of("gap").filter(|gap| gap["target"] == "joined").collect();
    assert!(unread.iter().any(|gap| gap["subject"]["id"] == "kh-good" && gap["part"] == "found"), "{unread:?}");
}
