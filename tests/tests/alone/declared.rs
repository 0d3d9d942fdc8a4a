//! The declaration is judged like what is read: a run names what is wrong with it, with the place where it is written.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;

use fakes::aws::{AwsFake, Size, World};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, Sealed};

/// Level 3 with one check. A certificate that expired in 2020, a threat model last reviewed in 2019, a key that is not in the
/// account, and a holder who does not exist.
const FIVE_FAULTS: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet, designation: full, standard: ccss-9.0, level: 3}
targets:
  - {id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}
third_parties:
  - id: vault-ltd
    role: qsp
    in_threats: [T-1]
    reviewed: 2026-06-01
    covers: [ccss-9.0:1.01.1.1]
    certificate: {standard: ccss-9.0, system: Vault, level: 3, expires: 2020-12-31}
key_holders:
  - {id: kh-ghost, identities: {aws-prod: ["arn:aws:iam::111122223333:user/ghost"]}, acknowledged: 2026-06-01, trained: 2026-06-01}
keys:
  - {id: hot-signing, class: operational, at: {target: aws-prod, key: alias/hot-signing}, holders: [kh-ghost]}
  - {id: usual, class: operational, at: {target: aws-prod, key: alias/key-00000}, holders: [kh-ghost]}
threat_model: {version: "1", review_every: 1y, reviews: [{on: 2019-03-01, by: CISO, looked_at: all of it, changed: nothing}]}
threats: [{id: T-1, title: A member of staff signs alone, category: insider, affects: {classes: [operational], keys: [hot-signing]}}]
controls:
  - {id: AC-ROOT, title: No one works as root, threats: [T-1], checks: [{use: aws-iam/root-has-mfa}]}
"#;

fn desk(declaration: &str, server: &Server) -> Desk {
    let mut desk = Desk::new(declaration);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

/// The exit code of a run, what it printed, and its bundle.
fn run(desk: &Desk) -> (i32, Value, Sealed) {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json"]);
    let json = answer.json();
    let sealed = Sealed::read(&desk.path("evidence/bundles"), json["index"].as_u64().unwrap());
    (answer.code, json, sealed)
}

/// Of a check the pieces of evidence of this outcome, by subject: path and reason of each.
fn pieces(sealed: &Sealed, check: &str, outcome: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = sealed.of("finding").filter(|finding| finding["check"] == check && finding["outcome"] == outcome);
    found
        .map(|finding| {
            let pieces = finding["evidence"].as_array().unwrap();
            let pieces = pieces.iter().map(|piece| (text(&piece["path"]), text(&piece["because"])));
            // A finding about a target as a whole has no other subject.
            let subject = &finding["subject"]["id"];
            (text(if subject.is_null() { &finding["target"] } else { subject }), pieces.collect())
        })
        .collect()
}

#[test]
fn a_declaration_of_faults_is_not_clean() {
    let faulty = Faulty::new(AwsFake::new(World::new(Size::SMALL)), Vec::new());
    let server = Server::http(faulty.clone());
    let desk = desk(FIVE_FAULTS, &server);
    let (code, json, sealed) = run(&desk);
    let said = |check: &str| pieces(&sealed, check, "deviates");

    let whole = &said("declaration/system-is-declared-whole")["hot-wallet"];
    assert_eq!(whole.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["/compromise_plan"]);
    let certificate = &said("declaration/certificate-covers-what-is-relied-on")["vault-ltd"];
    assert_eq!(*certificate, [("/certificate/expires".to_owned(), "the certificate has expired".to_owned())]);
    let model = &said("declaration/part-is-reviewed-on-time")["threat-model"];
    assert!(model.iter().any(|(path, because)| path == "/last/on" && because.ends_with("days ago")), "{model:?}");
    let keys = &said("aws-kms/declared-keys-are-there")["aws-prod"];
    assert!(keys.len() == 1 && keys[0].1.contains("`hot-signing`"), "{keys:?}");
    let holders = &said("people/identities-are-there")["kh-ghost"];
    assert!(holders.len() == 1 && holders[0].1.contains(":user/ghost` at `aws-prod`"), "{holders:?}");
    // Keys that sign for no wallet and have one holder; nothing else is left open.
    let open: Vec<&Value> = sealed.of("finding").filter(|finding| finding["outcome"] == "undetermined").collect();
    assert_eq!(open, [] as [&Value; 0]);
    assert_eq!(code, 10);

    // Each part of each declared thing leads to a character of the sealed file.
    let file = sealed.of("declaration").position(|file| file["path"] == "witnessmark.yaml").unwrap();
    let things: Vec<&Value> = sealed.of("resource").filter(|resource| resource["target"] == "declaration").collect();
    assert_eq!(things.len(), 9);
    for thing in &things {
        for place in thing["parts"].as_object().unwrap().values().flat_map(|places| places.as_array().unwrap()) {
            assert_eq!(place["declaration"], json!(format!("declaration:{file}")));
            let line = FIVE_FAULTS.lines().nth(place["line"].as_u64().unwrap() as usize - 1).unwrap();
            assert!(line.chars().nth(place["column"].as_u64().unwrap() as usize - 1).is_some(), "{place}");
        }
    }
    // One control of ours, no exchange for it, and everything declared is judged.
    assert!(sealed.of("exchange").all(|exchange| exchange["target"] == "aws-prod"));
    assert_eq!(json["declared"], json!({"things": 9, "judged_by_no_check": []}));

    // What was not read leaves the key undetermined: it may be there.
    faulty.set(vec![Rule::always("kms:ListKeys", Fault::Deny)]);
    let (code, _, sealed) = run(&desk);
    assert_eq!(code, 12);
    assert!(pieces(&sealed, "aws-kms/declared-keys-are-there", "deviates").is_empty());
    assert!(pieces(&sealed, "aws-kms/declared-keys-are-there", "undetermined").contains_key("aws-prod"));
}

#[test]
fn what_no_check_judges_is_said_first_and_listed() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let declaration = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: aws-prod, collector: aws-iam, account: "111122223333"}]
third_parties: [{id: aws, role: cloud}, {id: mail, role: vendor}]
controls: [{id: AC-ROOT, title: No one works as root, checks: [{use: aws-iam/root-has-mfa}]}]
"#;
    let desk = desk(declaration, &server);
    let answer = desk.witnessmark(&["run", "--quiet"]);
    let first = answer.stdout.lines().next().unwrap();
    assert_eq!(first, "4 things are declared, 2 of them judged by no check (listed below).");
    let listed: Vec<&str> =
        answer.stdout.lines().filter(|line| line.starts_with("Declared, sealed, and judged by no check")).collect();
    assert_eq!(listed, ["Declared, sealed, and judged by no check: third parties (2)."]);
}
