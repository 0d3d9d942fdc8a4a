//! Ctrl-C and SIGTERM, sent to the program: the first ends the reading, and what was read is sealed; the second ends the program at
//! once, and nothing is half-published.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use fakes::aws::{AwsFake, Size, World};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Answer, Desk, Sealed, program, template};

/// Far more than anything here takes; a test that would wait for it fails by it.
const MOST: Duration = Duration::from_secs(120);

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

/// A source that gives no answer to an operation.
fn hanging(operation: &str) -> (Faulty, Server) {
    let faulty = Faulty::new(AwsFake::new(World::new(Size::SMALL)), vec![Rule::always(operation, Fault::Never)]);
    (faulty.clone(), Server::http(faulty))
}

fn start(desk: &Desk) -> Child {
    desk.command(&program("witnessmark"))
        .args(["run", "--allow-rehearsal", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(File::create(desk.path("stderr")).unwrap())
        .spawn()
        .unwrap()
}

fn stderr(desk: &Desk) -> String {
    fs::read_to_string(desk.path("stderr")).unwrap()
}

/// Waits for something to be so.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let step = Duration::from_millis(5);
    for _ in 0..MOST.as_millis() / step.as_millis() {
        if so() {
            return;
        }
        sleep(step);
    }
    panic!("`{what}` never came to be");
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The ledger is whole, and its audit ends with this code.
#[track_caller]
fn verifies(desk: &Desk, code: i32) {
    let audited = desk.verify(&["audit", "--trust", "keys/trust.json", "--last-seen", "seen", "evidence"]);
    assert_eq!(audited.code, code, "{audited:?}");
    assert!(audited.stdout.starts_with("Whole: "), "{audited:?}");
}

/// A run that was stopped before it asked anybody is no rehearsal.
fn rehearsed(sealed: &Sealed) -> bool {
    sealed.of("run").next().unwrap()["overrides"].as_array().is_some_and(|overrides| !overrides.is_empty())
}

/// A run that was told to stop, and what it sealed.
fn ended(desk: &Desk, child: Child, by: &str) -> Sealed {
    let answer = Answer::of(&child.wait_with_output().unwrap());
    assert!(!answer.stdout.is_empty(), "{answer:?} {}", stderr(desk));
    assert_eq!(answer.json()["stopped"], by, "{answer:?}");
    let sealed = Sealed::read(&desk.path("evidence/bundles"), answer.json()["index"].as_u64().unwrap());
    // One rehearsal, and nothing else: what was due cannot be said.
    verifies(desk, if rehearsed(&sealed) { 21 } else { 0 });
    sealed
}

#[test]
fn what_was_read_by_then_is_sealed() {
    for (signal, name, operation) in [
        ("TERM", "SIGTERM", "sts:GetCallerIdentity"),
        ("INT", "SIGINT", "kms:DescribeKey"),
        ("TERM", "SIGTERM", "iam:GetAccountAuthorizationDetails"),
    ] {
        let (faulty, server) = hanging(operation);
        let desk = desk(&server);
        let child = start(&desk);
        until(operation, || faulty.hits().iter().any(|hit| hit == operation));
        send(signal, &child);
        let sealed = ended(&desk, child, name);
        let run = sealed.of("run").next().unwrap();
        assert_eq!((&run["status"], &run["failure"]), (&"partial".into(), &serde_json::Value::Null), "{operation}");
        let of_targets = |gap: &&serde_json::Value| gap["target"] != "joined" && gap["reason"] == "deadline";
        let stopped: Vec<_> = sealed.of("gap").filter(of_targets).collect();
        let words = format!("the run was told to stop ({name})");
        assert!(!stopped.is_empty(), "{operation}: {:?}", sealed.of("gap").collect::<Vec<_>>());
        assert!(
            stopped.iter().all(|gap| gap["detail"].as_str().unwrap().starts_with(&words)),
            "{operation}: {stopped:?}"
        );
        assert!(sealed.findings().iter().any(|finding| finding.outcome == "undetermined"), "{operation}");
        if operation == "kms:DescribeKey" {
            // What other calls gave before is there, and the call that was waited for is an exchange without an answer.
            assert!(sealed.of("resource").count() > 0);
            let waited = sealed.of("exchange").find(|exchange| exchange["operation"] == operation).unwrap();
            assert!(waited["status"].is_null(), "{waited}");
        }
        let said = stderr(&desk);
        assert!(said.contains("told to stop") && said.contains(name), "{said}");
    }
}

/// A collector in a process of its own is told too: what it waits for is recorded as waited for, and nothing that it had read is lost.
#[test]
fn a_collector_in_a_process_of_its_own_ends_in_order() {
    let (faulty, server) = hanging("kms:DescribeKey");
    let desk = desk(&server);
    let text = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    let apart = text.replace("    regions: [eu-west-1]", "    regions: [eu-west-1]\n    isolate: true");
    assert_ne!(text, apart);
    fs::write(desk.path("witnessmark.yaml"), apart).unwrap();
    let child = start(&desk);
    until("a hit", || faulty.hits().iter().any(|hit| hit == "kms:DescribeKey"));
    send("TERM", &child);
    let sealed = ended(&desk, child, "SIGTERM");
    let waited = sealed.of("exchange").find(|exchange| exchange["operation"] == "kms:DescribeKey").unwrap();
    assert!(waited["status"].is_null(), "{waited}");
    let stopped: Vec<_> = sealed.of("gap").filter(|gap| gap["reason"] == "deadline").collect();
    let by_the_collector = stopped.iter().filter(|gap| gap["right"] == "kms:DescribeKey").count();
    assert!(by_the_collector > 0, "{stopped:?}");
    assert!(!sealed.of("gap").any(|gap| gap["reason"] == "collector-failed"));
}

#[test]
fn the_second_ends_at_once_and_the_next_run_recovers() {
    let (faulty, server) = hanging("kms:ListKeys");
    let desk = desk(&server);
    let mut child = start(&desk);
    until("a hit", || !faulty.hits().is_empty());
    // Both before it can have sealed: the first is handled by its own thread, in order.
    send("STOP", &child);
    send("INT", &child);
    send("TERM", &child);
    send("CONT", &child);
    let status = child.wait().unwrap();
    assert!(matches!(status.signal(), Some(2 | 15)), "{status:?} {}", stderr(&desk));
    assert_eq!(fs::read_dir(desk.path("evidence/bundles")).unwrap().count(), 0, "half a bundle");

    faulty.set(Vec::new());
    let next = desk.witnessmark(&["run", "--format", "json"]);
    assert!(next.stderr.contains("an earlier run was interrupted: its bundle 0 is sealed now (failed)"), "{next:?}");
    assert_eq!(next.json()["index"], 1, "{next:?}");
    // A failed run and a rehearsal observed nothing, and the failed one was due.
    verifies(&desk, 23);
}

/// At whatever moment it comes, from the first lock to the last rename: the run ends by itself with its bundle sealed whole, or it
/// had not listened yet and nothing is there.
#[test]
fn at_any_moment_nothing_is_half_published() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(&server);
    let mut observed = false;
    for phase in ["reading the declared targets", "judging", "writing and sealing"] {
        let before = fs::read_dir(desk.path("evidence/bundles")).unwrap().count();
        let child = start(&desk);
        until(phase, || stderr(&desk).lines().any(|line| line == phase));
        send("TERM", &child);
        let answer = Answer::of(&child.wait_with_output().unwrap());
        // A signal that comes when the last thing is done changes nothing.
        assert!([0, 3, 10, 11, 12].contains(&answer.code), "{phase}: {answer:?} {}", stderr(&desk));
        let index = answer.json()["index"].as_u64().unwrap();
        assert_eq!(fs::read_dir(desk.path("evidence/bundles")).unwrap().count(), before + 1, "{phase}");
        let sealed = Sealed::read(&desk.path("evidence/bundles"), index);
        let status = sealed.of("run").next().unwrap()["status"].clone();
        if phase != "reading the declared targets" {
            assert_eq!(sealed.of("gap").filter(|gap| gap["reason"] == "deadline").count(), 0, "{phase}");
        }
        assert_ne!(status, "failed", "{phase}");
        observed |= !rehearsed(&sealed);
        verifies(&desk, if observed { 0 } else { 21 });
    }
}
