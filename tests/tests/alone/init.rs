//! `witnessmark init`: a first declaration from what can be seen, which can be used as it is.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;

use fakes::aws::{AwsFake, Size, World};
use fakes::github::{GithubFake, World as Organisation};
use fakes::kubernetes::K8sFake;
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Answer, Desk};

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::bare();
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

/// What a person writes in place of what only they know.
fn written(desk: &Desk) {
    let text = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    let text = text.replace("\"CHANGE: ", "\"Northbank: ").replace("id: change-me ", "id: hot-wallet");
    fs::write(desk.path("witnessmark.yaml"), text).unwrap();
}

fn init(desk: &Desk) -> (Answer, String) {
    let answer = desk.witnessmark(&["init", "--quiet"]);
    let text = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap_or_default();
    (answer, text)
}

#[test]
fn what_is_written_can_be_used_at_once() {
    let world = World::new(Size::SMALL);
    let (account, aliases): (String, Vec<String>) = (
        world.account.clone(),
        world.kms.values().flat_map(|r| &r.aliases).filter(|a| a.target.is_some()).map(|a| a.name.clone()).collect(),
    );
    let server = Server::http(AwsFake::new(world));
    let desk = desk(&server);
    let (answer, text) = init(&desk);
    assert!([0, 3].contains(&answer.code), "{answer:?}");
    assert!(text.contains(&format!("account: \"{account}\"")), "{text}");
    assert!(
        text.contains("collector: [aws-cloudtrail, aws-iam, aws-kms, aws-organizations]"),
        "one target for all: {text}"
    );
    assert!(!aliases.is_empty() && aliases.iter().any(|alias| text.contains(alias)), "{aliases:?}\n{text}");
    for needed in ["use: aws-iam/root-has-mfa", "use: aws-kms/aliases-resolve", "CHANGE", "T-INSIDER"] {
        assert!(text.contains(needed), "`{needed}` is missing:\n{text}");
    }
    // What the account lets in from outside is offered to be named, where it was seen.
    for needed in [
        "What was seen",
        ": issuers of identities that may become roles\n",
        "token.actions.githubusercontent.com",
        ": buckets that trails deliver to",
    ] {
        assert!(text.contains(needed), "`{needed}` is missing:\n{text}");
    }

    // As it is, nothing runs: what only a person knows would be sealed for ever.
    for command in ["validate", "run", "rights", "preflight"] {
        let refused = desk.witnessmark(&[command]);
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert_eq!(refused.code, 2, "{refused:?}");
        for needed in [
            "error[placeholder]: `CHANGE: your organisation` is still to be written",
            "witnessmark.yaml:",
            "`change-me`",
            "help: write what only you know",
        ] {
            assert!(said.contains(needed), "`{needed}` is not said: {said}");
        }
    }
    written(&desk);
    let validated = desk.witnessmark(&["validate"]);
    assert_eq!(validated.code, 0, "{validated:?}");
    let text = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();

    // The whole way with it: every shipped check of what was found is put to it.
    assert_eq!(desk.witnessmark(&["keys", "new", "--out", "keys", "--origin", "northbank.example/hot-wallet"]).code, 0);
    assert_eq!(desk.witnessmark(&["ledger", "init", "--store", "evidence"]).code, 0);
    let (_, sealed) = desk.seal();
    let used: std::collections::BTreeSet<String> = sealed.findings().into_iter().map(|f| f.check).collect();
    let shipped = assess::CheckSet::stock().unwrap();
    let of_aws = shipped
        .checks()
        .map(|check| check.id.as_str())
        .filter(|id| id.starts_with("aws-") && !id.starts_with("aws-s3/"));
    for check in of_aws {
        assert!(used.contains(check), "`{check}` is put to nothing: {used:?}");
    }

    let again = desk.witnessmark(&["init", "--quiet"]);
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stderr.contains("never overwritten"), "{again:?}");
    assert_eq!(fs::read_to_string(desk.path("witnessmark.yaml")).unwrap(), text);
}

#[test]
fn an_account_and_a_cluster_stand_in_one_declaration() {
    let (account, cluster) = (Server::http(AwsFake::new(World::new(Size::SMALL))), Server::http(K8sFake::small()));
    let mut desk = desk(&account);
    let kubeconfig = desk.path("kubeconfig");
    fs::write(
        &kubeconfig,
        format!(
            "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u}}}}], \
             clusters: [{{name: c, cluster: {{server: \"{}\"}}}}], users: [{{name: u, user: {{token: t}}}}]}}",
            cluster.url()
        ),
    )
    .unwrap();
    desk.set("KUBECONFIG", kubeconfig.to_str().unwrap());
    let (answer, text) = init(&desk);
    assert!([0, 3].contains(&answer.code), "{answer:?}");
    for needed in [
        "collector: [kubernetes-rbac]",
        "uid: \"5f3c1a52-7c1b-4c1e-9a57-0d8f0f6a2b11\"",
        "use: kubernetes-rbac/nobody-reads-all-secrets",
        "authorizers",
        "T-CLUSTER",
        "collector: [aws-cloudtrail, aws-iam, aws-kms, aws-organizations]",
        "SelfSubjectRulesReview",
        "pkcs11: it cannot find",
    ] {
        assert!(text.contains(needed), "`{needed}` is missing:\n{text}");
    }
    assert_eq!(text.matches("- id: T-INSIDER").count(), 1, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 200), "a reason is one long line: {text}");
    written(&desk);
    let validated = desk.witnessmark(&["validate"]);
    assert_eq!(validated.code, 0, "{validated:?}");
}

#[test]
fn the_organisation_that_a_job_of_github_belongs_to_is_found() {
    const TOKEN: &str = "token-of-a-test-000000000000";
    let server = Server::http(GithubFake::new(Organisation::small(TOKEN)));
    let mut desk = Desk::bare();
    desk.set("GITHUB_TOKEN", TOKEN);
    desk.set("GITHUB_API_URL", &server.url());
    let (answer, text) = init(&desk);
    assert_eq!((answer.code, text.as_str()), (2, ""), "{answer:?}");
    assert!(answer.stderr.contains("GITHUB_REPOSITORY_OWNER"), "{answer:?}");

    desk.set("GITHUB_REPOSITORY_OWNER", "northbank");
    desk.set("GITHUB_REPOSITORY", "northbank/signer");
    let (answer, text) = init(&desk);
    assert!([0, 3].contains(&answer.code), "{answer:?}");
    for needed in [
        "id: github-northbank",
        "collector: [github]",
        "organization: \"northbank\"",
        "organization_id: 4711201",
        "repositories: [\"signer\"]",
        "use: github/members-have-2fa",
    ] {
        assert!(text.contains(needed), "`{needed}` is missing:\n{text}");
    }
    assert!(!text.contains(TOKEN), "{text}");
    written(&desk);
    assert_eq!(desk.witnessmark(&["validate"]).code, 0, "{text}");

    // A name that GitHub does not know is no target.
    let mut elsewhere = Desk::bare();
    for (name, value) in
        [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", &server.url()), ("GITHUB_REPOSITORY_OWNER", "nobody")]
    {
        elsewhere.set(name, value);
    }
    let (answer, text) = init(&elsewhere);
    assert_eq!((answer.code, text.as_str()), (2, ""), "{answer:?}");
    assert!(answer.stderr.contains("github: HTTP status 404"), "{answer:?}");
}

#[test]
fn what_could_not_be_seen_is_marked() {
    let rules =
        vec![Rule::always("kms:ListKeys", Fault::Deny), Rule::always("iam:GenerateCredentialReport", Fault::Deny)];
    let server = Server::http(Faulty::new(AwsFake::new(World::new(Size::SMALL)), rules));
    let desk = desk(&server);
    let (answer, text) = init(&desk);
    assert_eq!(answer.code, 3, "{answer:?}");
    let marked: Vec<&str> = text.lines().filter(|line| line.contains("NOT SEEN")).collect();
    for right in ["kms:ListKeys", "iam:GenerateCredentialReport"] {
        assert!(marked.iter().any(|line| line.contains(right)), "{right}: {marked:#?}");
    }
    assert!(marked.iter().any(|line| line.contains("no key was found")), "{marked:#?}");
    written(&desk);
    assert_eq!(desk.witnessmark(&["validate"]).code, 0, "{text}");
}

#[test]
fn where_the_account_does_not_say_its_regions_they_are_asked_for() {
    let rules = vec![Rule::always("account:ListRegions", Fault::Deny)];
    let server = Server::http(Faulty::new(AwsFake::new(World::new(Size::SMALL)), rules));
    let desk = desk(&server);
    let (answer, text) = init(&desk);
    assert_eq!(answer.code, 3, "{answer:?}");
    for said in [&answer.stdout, &text] {
        assert!(said.contains("`account:ListRegions`") && said.contains("--region"), "{said}");
    }
    fs::remove_file(desk.path("witnessmark.yaml")).unwrap();
    let named = desk.witnessmark(&["init", "--quiet", "--region", "eu-west-1"]);
    let text = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    assert!(text.contains("regions: [\"eu-west-1\"]"), "{named:?}\n{text}");
    assert!(text.contains("\nkeys:\n") && !text.contains("no key was found"), "{text}");
    written(&desk);
    assert_eq!(desk.witnessmark(&["validate"]).code, 0, "{text}");
}

/// A listener that accepts connections and never says a word: two seconds are the whole time that is given to look.
#[test]
fn a_source_that_never_answers_keeps_nobody_waiting() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let account = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let mut desk = desk(&account);
    let kubeconfig = desk.path("kubeconfig");
    fs::write(
        &kubeconfig,
        format!(
            "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u}}}}], \
             clusters: [{{name: c, cluster: {{server: \"http://{}\"}}}}], users: [{{name: u, user: {{token: t}}}}]}}",
            silent.local_addr().unwrap()
        ),
    )
    .unwrap();
    desk.set("KUBECONFIG", kubeconfig.to_str().unwrap());
    let answer = desk.witnessmark(&["init", "--quiet", "--deadline", "2", "--source", "kubernetes-rbac"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    let said = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("kubernetes-rbac: ") && said.contains("no target was found"), "{said}");
    assert!(!said.contains("aws-iam"), "only the named source is asked: {said}");
    let unknown = desk.witnessmark(&["init", "--source", "kubernetes"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(
        unknown.stderr.contains("no collector `kubernetes`") && unknown.stderr.contains("kubernetes-rbac"),
        "{unknown:?}"
    );

    // The others are found beside it.
    let (answer, text) = init(&desk);
    assert!([0, 3].contains(&answer.code), "{answer:?}");
    assert!(
        text.contains("collector: [aws-cloudtrail, aws-iam, aws-kms, aws-organizations]")
            && text.contains("kubernetes-rbac: no answer within 8 s"),
        "{text}"
    );
}

#[test]
fn without_credentials_nothing_is_written() {
    let desk = Desk::bare();
    let (answer, text) = init(&desk);
    assert_eq!((answer.code, text.as_str()), (2, ""), "{answer:?}");
    assert!(answer.stderr.contains("no target was found") && answer.stderr.contains("credentials"), "{answer:?}");
}
