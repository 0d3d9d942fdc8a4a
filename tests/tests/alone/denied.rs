//! Refusals that stand for many, seen from outside: what nothing can be concluded of, and what is not even asked. The
//! whole matrix of rights and checks is `matrix.rs`.

use std::collections::{BTreeMap, BTreeSet};

use assess::CheckSet;
use fakes::aws::{AwsFake, Size, World};
use serde_json::Value;
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, template};

const ACCOUNT: &str = "111122223333";

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template(ACCOUNT, "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAEXAMPLE000000000", "an example of a secret key");
    desk
}

#[test]
fn without_list_keys_nothing_is_concluded_of_keys() {
    let mut world = World::new(Size::SMALL);
    for trail in &mut world.trails {
        // The fake's own dates lie in the past, and that would deviate by itself.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
        trail.delivered = Some(now.as_secs_f64());
    }
    let faulty = Faulty::new(AwsFake::new(world), vec![Rule::always("kms:ListKeys", Fault::Deny)]);
    let server = Server::http(faulty);
    let (answer, sealed) = desk(&server).seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in sealed.findings().into_iter().filter(|finding| finding.check.starts_with("aws-kms/")) {
        assert_eq!(finding.outcome, "undetermined", "{finding:?}");
        said.entry(finding.check).or_default().push(finding.reason);
    }
    let shipped = CheckSet::stock().unwrap();
    // What judges computed objects is used where keys are declared at the target.
    let of_keys: BTreeSet<&str> = shipped
        .checks()
        .filter(|check| !check.meta.custom.subject.kind().is_some_and(|kind| kind.starts_with("joined/")))
        .map(|check| check.id.as_str())
        .filter(|id| id.starts_with("aws-kms/"))
        .collect();
    assert_eq!(said.keys().map(String::as_str).collect::<BTreeSet<_>>(), of_keys, "every check of keys speaks");
    for (check, reasons) in said {
        assert!(
            reasons.iter().all(|reason| reason.contains("kms:ListKeys")),
            "`{check}` names the refused call: {reasons:?}"
        );
    }
}

#[test]
fn another_account_is_not_read() {
    let mut world = World::new(Size::SMALL);
    world.account = "444455556666".to_owned();
    let server = Server::http(AwsFake::new(world));
    let (answer, sealed) = desk(&server).seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    assert_eq!(sealed.of("resource").filter(|one| one["target"] != "declaration").count(), 0);
    assert!(
        sealed.of("gap").any(|gap| gap["reason"] == "wrong-identity"),
        "{:#?}",
        sealed.of("gap").collect::<Vec<_>>()
    );
    let asked: BTreeSet<String> = server.log().into_iter().map(|one| one.operation).collect();
    assert_eq!(asked, BTreeSet::from(["sts:GetCallerIdentity".to_owned()]));
}

#[test]
fn the_auditors_program_accepts_what_was_sealed() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL).paged(3)));
    let desk = desk(&server);
    let (_, sealed) = desk.seal();
    let index = sealed.index.to_string();
    let answer = desk.witnessmark(&["export", "--bundle", &index, "--out", "b.tar"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let refused = desk.verify(&["b.tar", "--trust", "keys/trust.json"]);
    assert_eq!(refused.code, 21, "an emulator's answers are a rehearsal: {refused:?}");
    let accepted = desk.verify(&["b.tar", "--trust", "keys/trust.json", "--allow-rehearsal", "--format", "json"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(matches!(accepted.json(), Value::Object(_)));
}
