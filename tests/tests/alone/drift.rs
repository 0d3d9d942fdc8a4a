//! Drift between bundles that were really sealed: each cause on a signed bundle, what withheld records hide, histories that are no one chain, and both
//! programs with their exit codes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;

use bundle::read::TarSource;
use drift::{Because, Cause, Causes, Drift, FindingWhat, Keeper, What};
use model::record::Override;
use model::{Digest, ExitStatus, RecordType};
use serde_json::{Value, json};
use verify::Demands;
use workspace_tests::desk::{Answer, Desk};
use workspace_tests::sealed::{Book, Files, Story, tar};

use crate::demo;

/// A usual run, and another one the day after, changed before it is sealed.
fn book(change: impl FnOnce(&mut Story)) -> Book {
    let mut book = Book::of(1);
    let mut story = Story::usual(1);
    change(&mut story);
    book.seal(story);
    book
}

fn between(book: &Book, before: &Files, after: &Files) -> Drift {
    let trust = book.trust();
    let demands = Demands { allow_rehearsal: true, allow_failed: true, ..Demands::of_evidence(&trust) };
    let verified = |bytes: &[u8], observer: &mut (dyn verify::Observer + Send)| {
        verify::verify(&mut TarSource::new(bytes, "test"), &demands, observer)
    };
    let (before, after) = (tar(before), tar(after));
    let mut keeper = Keeper::default();
    let (one, other, alike) =
        drift::between(|observer| verified(&before, observer), |observer| verified(&after, observer), &mut keeper);
    for verdict in [&one, &other] {
        assert!(verdict.report.accepted, "{:?}", verdict.report.problems);
    }
    verify::one_chain(&one, &other).unwrap();
    keeper.finish(alike)
}

fn drifted(change: impl FnOnce(&mut Story)) -> Drift {
    let book = book(change);
    between(&book, &book.exported(0), &book.exported(1))
}

/// The first finding deviates now.
fn deviates(story: &mut Story) {
    story.change(RecordType::Finding, 0, |finding| {
        finding["outcome"] = json!("deviates");
        finding["evidence"][0]["actual"] = json!(false);
    });
    story.change(RecordType::Control, 0, |control| {
        control["outcome"] = json!("deviates");
        control["counts"]["conforms"] = json!(0);
        control["counts"]["deviates"] = json!(1);
    });
    story.metadata.summary.conforms = 0;
    story.metadata.summary.deviates = 2;
}

fn only_finding(drift: &Drift) -> (FindingWhat, Causes) {
    assert_eq!(drift.findings.in_all, 1, "{drift:#?}");
    (drift.findings.named[0].what, drift.findings.named[0].causes)
}

#[test]
fn two_days_alike_do_not_drift() {
    let drift = drifted(|_| {});
    assert_eq!((drift.changed(), drift.incomparable()), (0, 0), "{drift:#?}");
    // The gap of both: what is behind it was read in neither.
    assert_eq!((drift.alike.gaps, drift.exit_status()), (1, ExitStatus::NotAllRead));
}

#[test]
fn the_environment() {
    let drift = drifted(|story| {
        deviates(story);
        story.raw.insert(2, br#"{"KeyRotationEnabled":false}"#.to_vec());
        let bytes = story.raw[&2].clone();
        story.change(RecordType::Body, 1, |body| {
            body["size"] = json!(bytes.len());
            body["sha256"] = json!(Digest::of(&bytes));
        });
        story.change(RecordType::Resource, 0, |key| key["facts"]["rotation"]["enabled"] = json!(false));
    });
    assert_eq!(only_finding(&drift), (FindingWhat::Outcome, Cause::Environment.into()));
    assert_eq!(drift.deviating_anew, 1);
    let key = &drift.objects.named[0];
    assert_eq!((key.what, key.causes), (What::Changed, Cause::Environment.into()));
    assert_eq!(key.fields[0].path, "/rotation/enabled");
    assert_eq!(drift.controls.named[0].causes, Cause::Environment.into());
    assert_eq!(drift.basis.in_all, 0, "{drift:#?}");
    assert_eq!(drift.exit_status(), ExitStatus::Changed);
}

#[test]
fn the_declaration() {
    let drift = drifted(|story| {
        deviates(story);
        story.change(RecordType::Assignment, 0, |one| one["parameters"]["max_days"] = json!(90));
        story.raw.insert(0, b"witnessmark: 1\nentity: Northbank Custody Ltd\n# 90 days\n".to_vec());
        let bytes = story.raw[&0].clone();
        story.change(RecordType::Declaration, 0, |file| {
            file["size"] = json!(bytes.len());
            file["sha256"] = json!(Digest::of(&bytes));
        });
    });
    assert_eq!(only_finding(&drift), (FindingWhat::Outcome, Cause::Declaration.into()));
    let said: Vec<&str> = drift.basis.named.iter().map(|one| one.aspect.as_str()).collect();
    assert_eq!(said, ["file", "use"]);
    assert_eq!(drift.basis.named[1].to.as_deref(), Some(r#"{"max_days":90}"#));
    assert_eq!(drift.objects.in_all, 0);
}

#[test]
fn the_checks() {
    let drift = drifted(|story| {
        deviates(story);
        let text = "package checks.aws_kms.key_rotates\n\n# stricter\n";
        story.change(RecordType::Check, 0, |check| {
            check["text"] = json!(text);
            check["sha256"] = json!(Digest::of(text.as_bytes()));
        });
    });
    assert_eq!(only_finding(&drift), (FindingWhat::Outcome, Cause::Checks.into()));
}

#[test]
fn the_tool() {
    let drift = drifted(|story| {
        deviates(story);
        let sha256 = Digest::of(b"another program");
        story.change(RecordType::Run, 0, |run| run["tool"]["sha256"] = json!(sha256));
        story.metadata.tool.sha256 = sha256;
    });
    assert_eq!(only_finding(&drift), (FindingWhat::Outcome, Cause::Tool.into()));
    // The same bytes, read otherwise: it was not the source.
    let drift = drifted(|story| {
        let sha256 = Digest::of(b"another program");
        story.change(RecordType::Run, 0, |run| run["tool"]["sha256"] = json!(sha256));
        story.metadata.tool.sha256 = sha256;
        story.change(RecordType::Resource, 0, |key| key["facts"]["rotation"]["enabled"] = json!("yes"));
    });
    assert_eq!(drift.objects.named[0].causes, Cause::Tool.into());
}

#[test]
fn the_day() {
    let drift = drifted(deviates);
    // Nothing differs that this check asks for: no cause is made up.
    assert_eq!(only_finding(&drift).1, Causes::NONE);
    let asks = "package checks.aws_kms.key_rotates\n\nx := input.now\n";
    let mut book = Book::new();
    for index in 0..2 {
        let mut story = Story::usual(index);
        story.change(RecordType::Check, 0, |check| {
            check["text"] = json!(asks);
            check["sha256"] = json!(Digest::of(asks.as_bytes()));
        });
        if index == 1 {
            deviates(&mut story);
        }
        book.seal(story);
    }
    let drift = between(&book, &book.exported(0), &book.exported(1));
    assert_eq!(only_finding(&drift), (FindingWhat::Outcome, Cause::Time.into()));
}

/// What was denied yesterday is denied no more; and the other way round.
#[test]
fn what_could_be_seen() {
    let seen = |story: &mut Story| {
        story.records.retain(|(kind, _)| *kind != RecordType::Gap);
        story.change(RecordType::Run, 0, |run| run["status"] = json!("complete"));
        story.metadata.status = model::record::RunStatus::Complete;
        story.metadata.summary.gaps = 0;
        story.change(RecordType::Resource, 1, |key| {
            key["facts"] = json!({"id": "k-2", "rotation": {"enabled": true}});
            key["parts"]["rotation"] = key["parts"]["id"].clone();
        });
        story.change(RecordType::Finding, 1, |finding| {
            finding["outcome"] = json!("conforms");
            finding["reason"] = Value::Null;
            finding["rests_on"] = json!(["assignment:0", "resource:1"]);
            finding["evidence"] = json!([{"path": "/rotation/enabled", "actual": true, "expected": true}]);
        });
        story.change(RecordType::Control, 0, |control| {
            control["outcome"] = json!("conforms");
            control["counts"] =
                json!({"conforms": 2, "deviates": 0, "undetermined": 0, "not_applicable": 0, "accepted": 0});
        });
        story.metadata.summary.conforms = 2;
        story.metadata.summary.undetermined = 0;
    };
    let book = book(seen);
    let there = between(&book, &book.exported(0), &book.exported(1));
    assert_eq!(only_finding(&there), (FindingWhat::Incomparable, Cause::Visibility.into()));
    let key = &there.objects.named[0];
    assert_eq!((key.what, key.causes), (What::Incomparable, Cause::Visibility.into()));
    assert_eq!(key.unclear.as_ref().unwrap().because, Because::NotRead);
    assert_eq!((there.gaps.in_all, there.changed()), (1, 0), "{there:#?}");
    assert_eq!(there.exit_status(), ExitStatus::Undecided);
    let back = between(&book, &book.exported(1), &book.exported(0));
    assert_eq!((back.changed(), back.incomparable()), (0, there.incomparable()));
}

#[test]
fn what_is_withheld_is_not_removed() {
    let book = book(|_| {});
    let less = book.redacted(1, |_, kind, text| {
        kind == RecordType::Resource && text.windows(10).any(|window| window == b"\"id\":\"k-1\"")
            || kind == RecordType::Declaration
    });
    let drift = between(&book, &book.exported(0), &less);
    assert_eq!(drift.changed(), 0, "{drift:#?}");
    let key = &drift.objects.named[0];
    assert_eq!((key.id.as_str(), key.what), ("k-1", What::Incomparable));
    assert_eq!(key.unclear.as_ref().unwrap().because, Because::Withheld);
    let file = &drift.basis.named[0];
    assert_eq!((file.what, file.causes), (What::Incomparable, Cause::Visibility.into()));
    assert_eq!(drift.alike.withheld_after, 2);
    assert_eq!(drift.exit_status(), ExitStatus::Undecided);
}

#[test]
fn evidence_is_not_compared_with_a_rehearsal() {
    let mut book = Book::of(1);
    book.seal(Story::usual(1).rehearsed(&[Override::Endpoint]));
    let drift = between(&book, &book.exported(0), &book.exported(1));
    assert_eq!(drift.changed(), 0, "nothing differs in what they say: {drift:#?}");
    book.seal({
        let mut story = Story::usual(2).rehearsed(&[Override::Endpoint]);
        story.change(RecordType::Resource, 0, |key| key["facts"]["rotation"]["enabled"] = json!(false));
        story
    });
    let drift = between(&book, &book.exported(0), &book.exported_since(2, 1));
    assert_eq!(drift.objects.named[0].unclear.as_ref().unwrap().because, Because::Rehearsal);
}

/// A desk with two bundles by themselves.
fn desk(book: &Book, of: [&Files; 2]) -> Desk {
    let desk = Desk::bare();
    fs::write(desk.path("trust.json"), book.trust().render().unwrap()).unwrap();
    for (name, files) in ["old.tar", "new.tar"].into_iter().zip(of) {
        fs::write(desk.path(name), tar(files)).unwrap();
    }
    desk
}

fn verifier(desk: &Desk, arguments: &[&str]) -> Answer {
    fs::remove_file(desk.path("trust.json.seen")).ok();
    desk.verify(&[&["drift", "old.tar", "new.tar", "--trust", "trust.json"], arguments].concat())
}

#[test]
fn the_verifier_says_it_offline() {
    let book = book(|story| {
        deviates(story);
        story.change(RecordType::Assignment, 0, |one| one["parameters"]["max_days"] = json!(90));
    });
    let (old, new) = (book.exported(0), book.exported(1));
    let at = desk(&book, [&old, &new]);
    let said = verifier(&at, &["--format", "json"]);
    assert_eq!(said.code, 25, "{said:?}");
    let said = said.json();
    assert_eq!((&said["form"], &said["exit_code"]), (&"witnessmark-drift/1".into(), &25.into()));
    assert_eq!((&said["since"]["bundle"]["index"], &said["from"]["bundle"]["index"]), (&0.into(), &1.into()));
    assert_eq!(said["findings"]["named"][0]["causes"], json!(["declaration"]));
    let text = verifier(&at, &[]);
    for words in ["Deviates, and did not so before (1)", "conforms → deviates", "cause: declaration"] {
        assert!(text.stdout.contains(words), "`{words}`: {}", text.stdout);
    }
    let markdown = verifier(&at, &["--format", "markdown"]);
    assert!(markdown.stdout.contains("| **conforms → deviates** | `AC-ROT aws-kms/key-rotates` |"), "{markdown:?}");
    // The wrong way round.
    let at = desk(&book, [&new, &old]);
    assert_eq!(verifier(&at, &[]).code, 2);
    // Nothing is said of what is not accepted.
    let mut altered = new;
    altered.get_mut(&bundle::layout::Entry::Records).unwrap()[700] ^= 1;
    let at = desk(&book, [&old, &altered]);
    let said = verifier(&at, &["--format", "json"]);
    assert_eq!((said.code, &said.json()["form"]), (20, &"witnessmark-verify-report/2".into()));
}

/// Both bundles are signed, and each is what it says; they are of two histories under one name.
#[test]
fn two_histories_are_not_compared() {
    let one = book(|_| {});
    let mut other = Book::new();
    other.seal({
        let mut story = Story::usual(0);
        story.metadata.bundle = "run-x".into();
        story.change(RecordType::Run, 0, |run| run["id"] = json!("run-x"));
        story
    });
    other.seal(Story::usual(1));
    let at = desk(&one, [&one.exported(0), &other.exported(1)]);
    let said = verifier(&at, &[]);
    assert_eq!(said.code, 20, "{said:?}");
    assert!(said.stderr.contains("cannot be held against each other"), "{said:?}");
    // Of one ledger, and nothing that they show meets: it cannot be told.
    let mut book = Book::of(1);
    let alone = book.exported(0);
    book.seal(Story::usual(1));
    book.seal(Story::usual(2));
    let at = desk(&book, [&alone, &book.exported(2)]);
    assert_eq!(verifier(&at, &[]).code, 21);
    let at = desk(&book, [&alone, &book.exported_since(2, 1)]);
    assert_eq!(verifier(&at, &[]).code, 3);
}

const STORE: [&str; 5] = ["--store", "d/evidence", "--trust", "d/keys/trust.json", "--allow-rehearsal"];

fn demonstrated(arguments: &[&str]) -> Value {
    let said = demo::desk().witnessmark(&[&["drift", "--format", "json"], &STORE[..], arguments].concat());
    assert!([3, 21, 25].contains(&said.code), "{said:?}");
    let said_code = said.code;
    let said = said.json();
    assert_eq!(said["exit_code"], said_code);
    said
}

fn causes(entry: &Value) -> Vec<&str> {
    entry["causes"].as_array().unwrap().iter().map(|cause| cause.as_str().unwrap()).collect()
}

fn about<'v>(said: &'v Value, section: &str, check: &str) -> &'v Value {
    let named = said[section]["named"].as_array().unwrap();
    named.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("no `{check}` in {named:#?}"))
}

#[test]
fn the_second_day_is_the_environment_and_the_declaration() {
    let said = demonstrated(&["--since", "0", "--bundle", "1"]);
    assert_eq!(said["exit_code"], 25);
    let intruder = about(&said, "findings", "aws-iam/console-users-have-mfa");
    assert_eq!((causes(intruder), &intruder["what"]), (vec!["environment"], &"new".into()), "{intruder}");
    let grants = about(&said, "findings", "aws-kms/grants-stay-inside");
    assert_eq!((causes(grants), &grants["what"]), (vec!["environment"], &"outcome".into()), "{grants}");
    // The threat model was changed by people.
    let bridge = about(&said, "findings", "declaration/threat-is-answered");
    assert_eq!(causes(bridge), ["declaration"], "{bridge}");
    assert!(said["by_cause"]["visibility"].is_null(), "{}", said["by_cause"]);
}

#[test]
fn the_third_day_is_what_could_be_seen() {
    // The newest against the one before it.
    let said = demonstrated(&[]);
    assert_eq!((&said["since"]["bundle"]["index"], &said["from"]["bundle"]["index"]), (&1.into(), &2.into()));
    let grants = about(&said, "findings", "aws-kms/grants-stay-inside");
    assert_eq!((causes(grants), &grants["what"]), (vec!["visibility"], &"incomparable".into()), "{grants}");
    let text = demo::desk().witnessmark(&[&["drift"], &STORE[..]].concat());
    assert!(text.stdout.contains("not read any more: access denied"), "{}", text.stdout);
}

#[test]
fn the_page_has_it_on_top() {
    let page = |bundle: &str, out: &str| {
        let usual =
            ["report", "--store", "d/evidence", "--trust", "d/keys/trust.json", "--bundle", bundle, "--out", out];
        let said = demo::desk().witnessmark(&usual);
        assert_eq!(said.code, 0, "{said:?}");
        fs::read_to_string(demo::desk().path(out)).unwrap()
    };
    let third = page("2", "drift-2.html");
    let (before, from) = third.split_once("<h2 id=\"drift\">").unwrap();
    assert!(!before.contains("<h2 id=\"controls\">"), "it comes first");
    let section = from.split("</section>").next().unwrap();
    // The intruder's grant is not seen any more.
    for words in [
        "bundle 1 of northbank.example/hot-wallet",
        "deviates → undetermined",
        "visibility",
        "aws-kms/grants-stay-inside",
    ] {
        assert!(section.contains(words), "`{words}`: {section}");
    }
    assert!(!page("0", "drift-0.html").contains("<h2 id=\"drift\">"), "the first has none before it");
    // The same for who has two exports and no store.
    let desk = demo::desk();
    let mine = desk.path("drift-exports");
    fs::create_dir_all(&mine).unwrap();
    for index in ["1", "2"] {
        let out = format!("drift-exports/{index}.tar");
        let usual =
            ["export", "--store", "d/evidence", "--trust", "d/keys/trust.json", "--bundle", index, "--out", &out];
        let said = desk.witnessmark(&usual);
        assert_eq!(said.code, 0, "{said:?}");
    }
    let told = |new: &str, old: &str, out: &str, more: &[&str]| {
        let usual =
            ["report", new, "--since", old, "--trust", "d/keys/trust.json", "--last-seen", "drift-exports/seen"];
        desk.verify(&[&usual[..], &["--allow-rehearsal", "--out", out], more].concat())
    };
    let (old, new) = ("drift-exports/1.tar", "drift-exports/2.tar");
    let said = told(new, old, "drift-exports/page.html", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let page = fs::read_to_string(desk.path("drift-exports/page.html")).unwrap();
    assert_eq!(page.split_once("<h2 id=\"drift\">").unwrap().1.split("</section>").next().unwrap(), section);
    // The wrong way round, and where there is no page.
    assert_eq!(told(old, new, "drift-exports/other.html", &[]).code, 2);
    assert_eq!(told(new, old, "drift-exports/other.sarif", &["--format", "sarif"]).code, 2);
    assert!(!desk.path("drift-exports/other.html").exists() && !desk.path("drift-exports/other.sarif").exists());
}

#[test]
fn only_evidence_is_compared_unless_it_is_asked_for() {
    let plain = &STORE[..4];
    let said = demo::desk().witnessmark(&[&["drift"], plain].concat());
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.stderr.contains("holds no bundle that is evidence"), "{said:?}");
    assert!(said.stderr.contains("bundle 2 is passed over") || said.stderr.contains("--allow-rehearsal"), "{said:?}");
    let said = demo::desk().witnessmark(&[&["drift", "--bundle", "2"], plain].concat());
    assert!(said.code == 2 && said.stderr.contains("bundle 2 is not compared: it is a rehearsal"), "{said:?}");
    for (arguments, words) in [
        (&["--since", "2", "--bundle", "1"][..], "is not before bundle 1"),
        (&["--since", "2020-01-01"], "holds no bundle from 2020-01-01 or before"),
        (&["--bundle", "7"], "has no bundle 7"),
        (&["--bundle", "0"], "holds no earlier bundle"),
    ] {
        let said = demo::desk().witnessmark(&[&["drift"], &STORE[..], arguments].concat());
        assert!(said.code == 2 && said.stderr.contains(words), "{arguments:?}: {said:?}");
    }
}
