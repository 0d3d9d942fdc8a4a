//! The procedures of `docs/operating.md`, run out of the document itself.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use fakes::aws::{AwsFake, Size, World};
use testkit::Server;
use workspace_tests::desk::{Answer, Desk, template};
use workspace_tests::procedures::{followed, procedures};

use crate::held_keys;

/// Runs one as a person does, and stops at the first command that fails.
#[track_caller]
fn follow(desk: &Desk, name: &str) -> String {
    let text = procedures().remove(name).unwrap_or_else(|| panic!("the page has no procedure `{name}`"));
    let answer = followed(desk, &text);
    // The runs of these tests are rehearsals: their ledger is whole, and what was due cannot be said.
    let audits = text.lines().last().is_some_and(|line| line.starts_with("witnessmark-verify audit "));
    assert_eq!(answer.code, if audits { 21 } else { 0 }, "`{name}`: {answer:?}");
    assert_eq!(answer.stdout.lines().any(|line| line.starts_with("Whole: ")), audits, "`{name}`: {answer:?}");
    answer.stdout
}

fn server() -> Server {
    Server::http(AwsFake::new(World::new(Size::SMALL)))
}

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

#[track_caller]
fn accepted(desk: &Desk, index: u64, store: &str, trust: &str) {
    let number = index.to_string();
    let out = format!("{store}-{index}.tar");
    fs::remove_file(desk.path(&out)).ok();
    let exported =
        desk.witnessmark(&["export", "--store", store, "--trust", trust, "--bundle", &number, "--out", &out]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let seen = format!("seen-{store}");
    let verified = desk.verify(&[&out, "--trust", trust, "--allow-rehearsal", "--last-seen", &seen]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// A run in another store than the usual one.
#[track_caller]
fn sealed(desk: &Desk, store: &str, keys: &str) -> u64 {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json", "--store", store, "--keys", keys]);
    assert!(!answer.stdout.is_empty(), "{answer:?}");
    answer.json()["index"].as_u64().unwrap()
}

#[test]
fn every_procedure_is_followed_by_a_test() {
    // Those that need a system beside this program stand with it.
    let followers = ["alone/operating.rs", "systems/object_store.rs"];
    let own: String = followers
        .iter()
        .map(|file| fs::read_to_string(workspace_tests::root().join("tests/tests").join(file)).unwrap())
        .collect();
    let names = procedures();
    assert!(names.len() > 8, "{names:?}");
    for name in names.keys() {
        assert!(own.contains(&format!("follow(&desk, \"{name}\")")), "nothing follows `{name}`");
    }
}

#[test]
fn a_key_is_rotated_and_a_passphrase_changed() {
    let server = server();
    let mut desk = desk(&server);
    let _ = desk.seal();
    let _ = follow(&desk, "rotate");
    let _ = desk.seal();
    fs::write(desk.path("new-passphrase"), "battery staple\n").unwrap();
    fs::set_permissions(desk.path("new-passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let _ = follow(&desk, "passphrase");
    desk.set("WITNESSMARK_PASSPHRASE", "battery staple");
    assert_eq!(desk.seal().1.index, 2);
    (0..=2).for_each(|index| accepted(&desk, index, "evidence", "keys/trust.json"));
}

#[test]
fn an_agent_holds_the_keys() {
    let server = server();
    let mut desk = desk(&server);
    let _agent = held_keys::agent(&mut desk);
    for name in ["collector", "ledger"] {
        let _ = held_keys::held(&desk, name, "ed25519");
    }
    desk.set("WITNESSMARK_PASSPHRASE", "");
    let _ = follow(&desk, "ssh-agent");
    assert_eq!(sealed(&desk, "evidence-2", "keys-2"), 0);
    desk.set("WITNESSMARK_KEYS", "keys-2");
    accepted(&desk, 0, "evidence-2", "keys-2/trust.json");
}

#[test]
fn what_changed_is_said() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let (answer, _) = desk.seal();
    assert_eq!(answer.json()["drift"]["changed"], 0, "{answer:?}");
    let said = follow(&desk, "drift");
    assert!(said.contains("Nothing that both read differs."), "{said}");
}

#[test]
fn an_approver_is_followed_by_another() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let mut declaration = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    declaration.push_str(
        "\nacceptances:\n  - id: AC-7\n    target: aws-prod\n    right: kms:ListKeys\n    reason: an example\n    approved_by: CISO\n    approved: 2020-01-01\n    expires: 2099-12-31\n    signature: acceptances/AC-7.sig\n",
    );
    fs::write(desk.path("witnessmark.yaml"), declaration).unwrap();
    let done = |arguments: &[&str]| {
        let answer = desk.witnessmark(arguments);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer
    };
    let _ = done(&["keys", "approver", "--out", "ciso.pem"]);
    let _ = done(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]);
    let trust = done(&["keys", "trust", "--approver", "ciso.pem.pub"]).stdout;
    fs::write(desk.path("keys/trust.json"), trust).unwrap();
    let approver = |answer: &Answer| answer.json()["acceptances"][0]["approver"].clone();
    let run = || desk.witnessmark(&["run", "--quiet", "--format", "json"]);
    assert_eq!(approver(&run()), "shown");
    let old = fs::read(desk.path("acceptances/AC-7.sig")).unwrap();
    let _ = follow(&desk, "approver");
    assert_eq!(approver(&run()), "shown");
    let new = fs::read(desk.path("acceptances/AC-7.sig")).unwrap();
    assert_ne!(old, new);
    // What the one before signs shows nobody any more; what it signed then still does.
    fs::write(desk.path("acceptances/AC-7.sig"), old).unwrap();
    assert_eq!(approver(&run()), "claimed");
    let before = desk.witnessmark(&["show", "--bundle", "1", "--format", "json"]);
    assert_eq!(approver(&before), "shown");
}

#[test]
fn a_person_who_seals_records_gets_another_key() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let made = desk.witnessmark(&["keys", "recorder", "--out", "officer.pem"]);
    assert_eq!(made.code, 0, "{made:?}");
    let trust =
        desk.witnessmark(&["keys", "trust", "--recorder", "officer.pem.pub", "--holder", "Paul", "--as", "entity"]);
    fs::write(desk.path("keys/trust.json"), trust.stdout).unwrap();
    let _ = follow(&desk, "recorder");
    let trust: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    let of: Vec<_> = trust["keys"].as_array().unwrap().iter().filter(|key| key["role"] == "record").collect();
    assert_eq!(of.len(), 2, "{of:?}");
    assert!(of.iter().all(|key| key["holder"]["name"] == "Paul"), "{of:?}");
    assert_eq!((&of[0]["indices"][1], &of[1]["indices"][0]), (&0.into(), &1.into()));
}

#[test]
fn a_copy_says_less() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let _ = follow(&desk, "redactor");
    let said = follow(&desk, "redact");
    assert!(said.contains("Nothing was written") && said.contains("Wrote less.tar, signed by Northbank"), "{said}");
    let verified = desk.verify(&["less.tar", "--trust", "keys/trust.json", "--allow-rehearsal", "--format", "json"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let report = verified.json();
    let reasons = report["records"]["redaction"]["reasons"].as_array().unwrap();
    for reason in ["personal data of staff", "answers that name staff", "how we run it"] {
        assert!(reasons.iter().any(|one| one == reason), "no record is withheld for `{reason}`: {reasons:?}");
    }
}

#[test]
fn readers_of_other_people_get_their_files() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let said = follow(&desk, "exports");
    for (file, begins) in [("b0.sarif", "{"), ("b0.xml", "<?xml"), ("b0.md", "## Witnessmark: ")] {
        assert!(said.contains(&format!("Wrote {file}: ")), "{said}");
        let text = fs::read_to_string(desk.path(file)).unwrap();
        assert!(text.starts_with(begins), "{file}: {text}");
    }
}

#[test]
fn a_ledger_ends_and_another_begins() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let _ = follow(&desk, "close");
    assert_eq!(desk.witnessmark(&["run", "--quiet"]).code, 1, "the old one takes nothing more");
    assert_eq!(sealed(&desk, "evidence-2", "keys-2"), 0);
    accepted(&desk, 0, "evidence", "keys/trust.json");
    accepted(&desk, 0, "evidence-2", "keys-2/trust.json");
}

#[test]
fn a_store_is_restored_or_its_ledger_ends() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    fs::create_dir(desk.path("backup")).unwrap();
    let copied =
        std::process::Command::new("cp").args(["-a", "evidence", "backup/"]).current_dir(desk.path("")).status();
    assert!(copied.unwrap().success());
    fs::remove_dir_all(desk.path("evidence")).unwrap();
    let _ = follow(&desk, "restore");
    assert_eq!(desk.seal().1.index, 1);

    // The copy is older than what was seen.
    fs::remove_dir_all(desk.path("evidence")).unwrap();
    fs::remove_file(desk.path("seen")).unwrap();
    let _ = follow(&desk, "restore");
    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("the store was rolled back"), "{refused:?}");
    let again = desk.witnessmark(&["ledger", "init", "--store", "evidence-3", "--keys", "keys"]);
    assert_eq!(again.code, 1, "the same ledger is not begun again: {again:?}");
    let _ = follow(&desk, "close-lost");
    assert_eq!(sealed(&desk, "evidence-2", "keys-2"), 0);
}

#[test]
fn a_lost_memory_of_the_head_is_given_back() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let _ = desk.seal();
    fs::remove_file(desk.path("keys/last-head")).unwrap();
    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("witnessmark ledger remember --size"), "{refused:?}");
    let other = desk.witnessmark(&["ledger", "remember", "--size", "3"]);
    assert!(other.code != 0 && !desk.path("keys/last-head").exists(), "{other:?}");
    let said = follow(&desk, "remember");
    assert!(said.contains("Remembered the head of 2 bundles"), "{said}");
    assert!(desk.seal().1.index >= 2);
    accepted(&desk, 1, "evidence", "keys/trust.json");
}

#[test]
fn everything_moves_to_another_machine_and_to_another_version() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let _ = follow(&desk, "pack");
    for gone in ["keys", "evidence"] {
        fs::remove_dir_all(desk.path(gone)).unwrap();
    }
    fs::remove_file(desk.path("witnessmark.yaml")).unwrap();
    let _ = follow(&desk, "unpack");
    assert_eq!(desk.seal().1.index, 1);
    let said = follow(&desk, "upgrade");
    assert!(said.contains("witnessmark 0."), "{said}");
}

#[test]
fn an_old_bundle_goes_and_the_ledger_stays_whole() {
    let server = server();
    let desk = desk(&server);
    let _ = desk.seal();
    let _ = desk.seal();
    let _ = follow(&desk, "retention");
    assert_eq!(desk.seal().1.index, 2);
    let compared = desk.witnessmark(&["run", "--quiet", "--fail-on", "new"]);
    assert!([0, 3].contains(&compared.code), "{compared:?}");
    accepted(&desk, 1, "evidence", "keys/trust.json");
}
