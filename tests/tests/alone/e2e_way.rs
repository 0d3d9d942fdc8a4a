//! The way of a user from new keys to an auditor's verdict, with the programs as they are shipped: over TLS, with runs
//! that are killed, and with two at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use bundle::trust::Trust;
use fakes::aws::{AwsFake, Size, World};
use model::record::{Override, Purpose, RunStatus};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::contents::Contents;
use workspace_tests::desk::{Answer, Desk, Sealed, program, template};

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

fn fake() -> AwsFake {
    AwsFake::new(World::new(Size::SMALL).paged(3))
}

#[track_caller]
fn ended(answer: Answer, code: i32) -> Answer {
    assert_eq!(answer.code, code, "{}\n{}", answer.stdout, answer.stderr);
    answer
}

fn contents(desk: &Desk, index: u64) -> Contents {
    let trust = Trust::parse(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    Contents::of_store(&desk.path("evidence"), index, &trust)
}

#[track_caller]
fn audit(desk: &Desk, code: i32) {
    let seen = format!("seen-{}", fs::read_dir(desk.path("")).unwrap().count());
    let said =
        ended(desk.verify(&["audit", "--trust", "keys/trust.json", "--last-seen", &seen, "evidence"]), code).stdout;
    assert!(said.starts_with("Whole: 2 entries in one chain"), "{said}");
}

#[test]
fn from_new_keys_to_an_auditors_verdict_over_tls() {
    let server = Server::https(fake());
    let mut desk = desk(&server);
    fs::write(desk.path("roots.pem"), server.roots().unwrap()).unwrap();

    // Nobody is trusted who was not named.
    let (answer, _) = desk.seal();
    let strange = contents(&desk, 0);
    assert_eq!(answer.code, 11, "{answer:?}");
    let declared = strange.resources.iter().all(|one| one.target == "declaration");
    assert!(declared && strange.exchanges.iter().all(|exchange| exchange.status.is_none()));

    desk.set("AWS_CA_BUNDLE", "roots.pem");
    let _ = ended(desk.witnessmark(&["validate"]), 0);
    let policy = ended(desk.witnessmark(&["rights", "--format", "aws-policy"]), 0).json();
    let preflight = ended(desk.witnessmark(&["preflight", "--format", "json", "--quiet"]), 0).json();
    let granted = preflight.to_string();
    for action in policy["Statement"][0]["Action"].as_array().unwrap() {
        assert!(
            granted.contains(action.as_str().unwrap()),
            "{action} is printed as needed and was not tried: {granted}"
        );
    }
    let run = ["run", "--quiet", "--challenge", "nonce-4711", "--purpose", "audit", "--format", "json"];
    let said = desk.witnessmark(&run);
    assert!([0, 10].contains(&said.code), "{said:?}");
    let sealed = contents(&desk, 1);
    let about = &sealed.run[0];
    assert_eq!((about.purpose, about.challenge.as_deref()), (Purpose::Audit, Some("nonce-4711")));
    assert_eq!((about.status, about.overrides.as_slice()), (RunStatus::Complete, &[Override::Endpoint][..]));
    assert!(sealed.exchanges.iter().all(|exchange| exchange.peer.is_some()), "each answer has its peer");
    let calls: Vec<_> = server.log().into_iter().filter(|call| call.user_agent.contains(&about.id)).collect();
    assert_eq!(calls.len(), sealed.exchanges.len(), "the run's id stands in the source's own log");

    // What a person reads, down to the bytes.
    let shown = ended(desk.witnessmark(&["show"]), 0).stdout;
    assert!(shown.contains("Northbank Custody Ltd") && shown.contains("ehearsal"), "{shown}");
    let finding = sealed.findings.iter().position(|finding| finding.subject.is_some()).unwrap();
    let one = ended(desk.witnessmark(&["show", "--finding", &finding.to_string()]), 0).stdout;
    assert!(one.contains(&sealed.findings[finding].check), "{one}");
    let listed = sealed.exchanges.iter().position(|exchange| exchange.operation == "kms:ListKeys").unwrap();
    let one = ended(desk.witnessmark(&["show", "--exchange", &listed.to_string()]), 0).stdout;
    assert!(one.contains("kms:ListKeys") && one.contains("KeyArn"), "{one}");
    let log = ended(desk.witnessmark(&["ledger", "log", "--format", "json"]), 0).json();
    assert_eq!(log["bundles"].as_array().unwrap().len(), 2, "{log}");

    let _ = ended(desk.witnessmark(&["export", "--bundle", "1", "--out", "b1.tar"]), 0);
    let again = desk.witnessmark(&["export", "--bundle", "1", "--out", "b1.tar"]);
    assert!(again.code != 0 && again.stderr.contains("b1.tar"), "nothing is overwritten: {again:?}");
    let report =
        ended(desk.verify(&["b1.tar", "--trust", "keys/trust.json", "--allow-rehearsal", "--format", "json"]), 0)
            .json();
    assert_eq!((&report["level"], &report["accepted"]), (&"L2".into(), &true.into()), "{report}");
    assert!(report.to_string().contains("nonce-4711"), "{report}");
    // The run without roots was no rehearsal, and is the observation of its slot.
    audit(&desk, 0);

    // The secret of our credentials is nowhere.
    for index in 0..2 {
        let records = Sealed::read(&desk.path("evidence/bundles"), index).text();
        assert!(!records.contains("an example of a secret key"));
    }
}

/// Starts a run and waits until the source was asked for something.
fn started(desk: &Desk, server: &Server, operation: &str, faulty: &Faulty) -> Child {
    let mut command = desk.command(&program("witnessmark"));
    let child = command
        .args(["run", "--quiet", "--allow-rehearsal"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let given_up = Instant::now() + Duration::from_secs(120);
    while !faulty.hits().iter().any(|hit| hit == operation) {
        assert!(Instant::now() < given_up, "the run did not ask for `{operation}`: {:?}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn a_killed_run_is_recorded_by_the_next() {
    let faulty = Faulty::new(fake(), vec![Rule::always("kms:ListKeys", Fault::Never)]);
    let server = Server::http(faulty.clone());
    let desk = desk(&server);
    let mut child = started(&desk, &server, "kms:ListKeys", &faulty);
    child.kill().unwrap();
    let _ = child.wait().unwrap();
    assert!(!desk.path("evidence/bundles/0.tar.zst").exists(), "nothing was sealed yet");

    faulty.set(Vec::new());
    let said = desk.witnessmark(&["run", "--quiet", "--format", "json"]);
    assert_eq!(said.json()["recovered"], serde_json::json!([0]), "{said:?}");
    assert_eq!(said.json()["index"], 1);
    let failed = contents(&desk, 0);
    assert_eq!(failed.run[0].status, RunStatus::Failed);
    assert!(failed.run[0].failure.is_some() && failed.findings.is_empty());
    assert_eq!(contents(&desk, 1).run[0].status, RunStatus::Complete);

    let _ = ended(desk.witnessmark(&["export", "--bundle", "0", "--out", "b0.tar"]), 0);
    let verify = ["b0.tar", "--trust", "keys/trust.json", "--allow-rehearsal"];
    let refused = ended(desk.verify(&verify), 21);
    assert!(refused.stdout.contains("failed"), "{}", refused.stdout);
    let _ = ended(desk.verify(&[&verify[..], &["--allow-failed"]].concat()), 0);
    // A failed run and a rehearsal observed nothing, and the failed one was due.
    audit(&desk, 23);
}

#[test]
fn two_runs_at_once_are_two_bundles_of_one_ledger() {
    let slow = Rule::always("iam:GetAccountSummary", Fault::Slow(Duration::from_millis(500)));
    let faulty = Faulty::new(fake(), vec![slow]);
    let server = Server::http(faulty.clone());
    let desk = desk(&server);
    let mut one = started(&desk, &server, "iam:GetAccountSummary", &faulty);
    let other = desk.witnessmark(&["run", "--quiet"]);
    let code = one.wait().unwrap().code().unwrap();
    assert!([0, 10].contains(&code) && code == other.code, "{code}, {other:?}");
    for index in 0..2 {
        assert_eq!(contents(&desk, index).run[0].status, RunStatus::Complete);
    }
    assert!(!desk.path("evidence/bundles/2.tar.zst").exists());
    // Rehearsals keep no schedule: what was due cannot be said.
    audit(&desk, 21);
}
