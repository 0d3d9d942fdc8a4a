//! Copies of bundles that say less: what a plan withholds and nothing else, what then rests on the custodian's word, and that every copy
//! verifies or is refused as the format says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bundle::approval::{ApprovedProgram, ApprovedTarget};
use bundle::layout::Entry;
use bundle::limits;
use bundle::read::source::read_all;
use bundle::read::{Source as _, TarSource};
use bundle::trust::{Range, Trust};
use model::record::Override;
use model::{Digest, RecordType};
use serde_json::{Value, json};
use sign::Ed25519Signer;
use workspace_tests::desk::{Answer, Desk};
use workspace_tests::sealed::{Book, Files, Story, tar};

use crate::{exec, format_cli};

const TRUST: [&str; 2] = ["--trust", "keys/trust.json"];
const PLAN: &str = "witnessmark_redaction: 1\nwithhold:\n  - {records: body, operation: kms:List*, reason: answers about all keys}\n  - {subject: k-1, reason: a key of a customer}\n";

/// A desk with a bundle that lies by itself, and a key that may sign for what is withheld.
fn desk(book: &Book, index: u64) -> Desk {
    let desk = Desk::bare();
    fs::create_dir(desk.path("keys")).unwrap();
    fs::write(desk.path("b.tar"), tar(&book.exported(index))).unwrap();
    keys(&desk, &book.trust());
    desk
}

fn keys(desk: &Desk, trust: &Trust) {
    fs::write(desk.path("keys/trust.json"), trust.render().unwrap()).unwrap();
    named(desk, "keys/redactor.key.pem", "Northbank Custody Ltd");
}

/// Makes a key, and names it in the trust file.
fn named(desk: &Desk, file: &str, holder: &str) {
    done(desk, &["keys", "recorder", "--out", file]);
    let public = format!("{file}.pub");
    let trust = done(desk, &["keys", "trust", "--recorder", &public, "--holder", holder, "--as", "entity"]);
    fs::write(desk.path("keys/trust.json"), trust.stdout).unwrap();
}

#[track_caller]
fn done(desk: &Desk, arguments: &[&str]) -> Answer {
    let answer = desk.witnessmark(arguments);
    assert_eq!(answer.code, 0, "{arguments:?}: {answer:?}");
    answer
}

#[track_caller]
fn refused(desk: &Desk, arguments: &[&str], said: &[&str]) -> Answer {
    let answer = desk.witnessmark(arguments);
    assert_eq!(answer.code, 2, "{arguments:?}: {answer:?}");
    for part in said {
        assert!(answer.stderr.contains(part), "`{part}` is not in {answer:?}");
    }
    answer
}

/// Redacts `b.tar` by a plan.
#[track_caller]
fn redacted(desk: &Desk, plan: &str, out: &str) -> Answer {
    fs::write(desk.path("plan.yaml"), plan).unwrap();
    done(desk, &["redact", "b.tar", "--plan", "plan.yaml", "--out", out])
}

/// Verifies without memory of what was seen.
#[track_caller]
fn verified(desk: &Desk, code: i32, arguments: &[&str]) -> Answer {
    fs::remove_file(desk.path("keys/trust.json.seen")).ok();
    let answer = desk.verify(&[arguments, &TRUST].concat());
    assert_eq!(answer.code, code, "{arguments:?}: {answer:?}");
    answer
}

/// The files of a tar.
fn files(path: &PathBuf) -> Files {
    let bytes = fs::read(path).unwrap();
    let mut source = TarSource::new(bytes.as_slice(), "a copy");
    let mut files = Files::new();
    while let Some(item) = source.next_item().unwrap() {
        let bytes = read_all(&mut source, &item).unwrap();
        files.insert(item.entry, bytes);
    }
    files
}

/// Words without the breaks of lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `5 of 31 records` is in what is said, before anything was counted.
#[track_caller]
fn says_first(text: &str, words: &str, before: &str) {
    let text = flat(text);
    let at = text.find(words).unwrap_or_else(|| panic!("`{words}` is not in {text}"));
    assert!(text.find(before).is_none_or(|other| at < other), "`{words}` comes after `{before}`: {text}");
}

#[test]
fn a_copy_says_what_is_withheld_and_verifies() {
    let book = Book::of(2);
    let desk = desk(&book, 1);
    let said = redacted(&desk, PLAN, "less.tar").stdout;
    // Of k-1: parameters, the answer about it, the resource, two findings, the acceptance. And the list of keys.
    let first = said.lines().next().unwrap();
    assert!(first.starts_with("The copy withholds 7 of 31 records of bundle 1 (run-1): "), "{said}");
    let words = flat(&said);
    for part in [
        "3 of 3 findings rest on your word then",
        "1 of 4: a key of a customer",
        "1 of 4: answers about all keys",
        "2 answers with",
        "2 of 3 findings not shown: 1 conform, 1 deviate, 0 undetermined",
        "AC-ROT (ccss-9.0:1.01.1.1), undetermined: 2 findings, 1 not shown, 1 without their source",
        "AC-USE, deviates: 1 finding, 1 not shown",
        "signed by Northbank Custody Ltd for what is withheld, and verified: accepted, level L2",
        "Next: witnessmark-verify less.tar --trust keys/trust.json",
    ] {
        assert!(words.contains(part), "`{part}` is not in {words}");
    }

    let report = verified(&desk, 0, &["less.tar", "--format", "json"]).json();
    let records = &report["records"];
    assert_eq!((&records["count"], &records["withheld"]), (&31.into(), &7.into()));
    assert_eq!(records["redaction"]["by"], "Northbank Custody Ltd");
    let text = verified(&desk, 0, &["less.tar"]).stdout;
    says_first(&text, "7 of 31 records", "What still rests");
    let shown = verified(&desk, 0, &["show", "less.tar"]);
    assert!(shown.stdout.contains("k-2") && !shown.stdout.contains("k-1"), "{shown:?}");
    verified(&desk, 0, &["report", "less.tar", "--out", "page.html"]);
    let page = fs::read_to_string(desk.path("page.html")).unwrap();
    assert!(page.contains("This is a redacted copy."));

    // What is not withheld is there as it was, and no raw file that belongs to what is.
    let (whole, less) = (files(&desk.path("b.tar")), files(&desk.path("less.tar")));
    let gone: Vec<_> = whole.keys().filter(|entry| !less.contains_key(*entry)).cloned().collect();
    assert_eq!(gone, [Entry::Raw(1), Entry::Raw(2)]);
    let lines = |files: &Files| String::from_utf8(files[&Entry::Records].clone()).unwrap();
    let (before, after) = (lines(&whole), lines(&less));
    let kept = before.lines().zip(after.lines()).filter(|(a, b)| a == b).count();
    assert_eq!((kept, after.matches("\n~").count()), (24, 7));
    for entry in [Entry::Statement, Entry::Leaves, Entry::Checkpoint, Entry::Raw(0), Entry::Raw(3)] {
        assert_eq!(whole[&entry], less[&entry], "{entry:?}");
    }
}

#[test]
fn what_the_copy_says_all_the_same_is_said() {
    let desk = desk(&Book::of(1), 0);
    // The resource alone: its answers are left, what was computed of it, what asked and was found about it.
    let resource = ["redact", "b.tar", "--dry-run", "--records", "resource", "--subject", "k-1", "--reason", "r"];
    let said = flat(&done(&desk, &resource).stdout);
    for part in [
        "A copy would withhold 1 of 31 records",
        "answers 2 shown whole from which withheld resources were read: exchange:0, exchange:1",
        "derived 1 shown, computed of withheld objects: derived:0",
        "acceptance 1 shown with the id of something that is withheld: acceptance:0",
        "finding 2 shown with the id of something that is withheld: finding:0, finding:2",
        "params 1 shown with the id of something that is withheld: params:1",
        "whole files 1 shown with the id of something that is withheld inside: body:0",
        "1 of 3 findings shown without what they rest on, so that nobody can judge again: finding:0",
        "1 of 3 findings shown with their facts, without the answers, files or objects from which these come: finding:2",
        "Nothing was written",
    ] {
        assert!(said.contains(part), "`{part}` is not in {said}");
    }
    // With its answers, another resource has lost the bytes it was read from.
    let answers = flat(&done(&desk, &[&resource[..], &["--answers"]].concat()).stdout);
    assert!(
        answers.contains("A copy would withhold 3 of 31 records") && answers.contains("2 answers with"),
        "{answers}"
    );
    assert!(
        answers.contains("resource 1 shown, read from answers or files that are withheld: resource:1"),
        "{answers}"
    );
    let gap = flat(&done(&desk, &["redact", "b.tar", "--dry-run", "--subject", "k-2", "--reason", "r"]).stdout);
    assert!(gap.contains("gap 1 with the id of something that is withheld; always disclosed: gap:0"), "{gap}");

    // Where nothing is said to be left of it, nothing is.
    let all = ["--subject", "k-1", "--answers", "--reason", "r"];
    let said = done(&desk, &[&["redact", "b.tar", "--out", "less.tar"][..], &all].concat()).stdout;
    let left = said.split("What the copy says all the same\n").nth(1).unwrap().lines();
    let labels: Vec<&str> =
        left.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|label| !label.is_empty()).collect();
    assert_eq!(labels, ["resource", "derived", "always"], "{said}");
    let bytes = fs::read(desk.path("less.tar")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds("k-1\"") && holds("k-2\""), "what is withheld is in the copy");
}

/// What the program says before it writes is what an auditor's program counts afterwards.
#[test]
fn every_type_is_withheld_alone_and_counted_alike() {
    let book = Book::of(1);
    let desk = desk(&book, 0);
    for kind in RecordType::ALL {
        let kind = kind.as_str();
        let rule = ["--records", kind, "--reason", "by type"];
        let dry = desk.witnessmark(&[&["redact", "b.tar", "--dry-run"][..], &rule].concat());
        if kind.parse::<RecordType>().unwrap().always_disclosed() {
            assert!(dry.code == 2 && dry.stderr.contains("always disclosed"), "{dry:?}");
            continue;
        }
        if kind == "recorded" {
            assert!(dry.code == 2 && dry.stderr.contains("has no record"), "{dry:?}");
            continue;
        }
        let out = format!("{kind}.tar");
        let said = flat(&done(&desk, &[&["redact", "b.tar", "--out", &out][..], &rule].concat()).stdout);
        let report = verified(&desk, 0, &[&out, "--format", "json"]).json();
        let records = &report["records"];
        let (all, withheld) = (records["count"].as_u64().unwrap(), records["withheld"].as_u64().unwrap());
        assert!(said.starts_with(&format!("The copy withholds {withheld} of {all} records")), "{said}");
        assert!(
            flat(&dry.stdout).starts_with(&format!("A copy would withhold {withheld} of {all} records")),
            "{dry:?}"
        );
        let on = records["findings_on_withheld"].as_u64().unwrap();
        let told = said.contains(&format!("{on} of 3 findings shown without what they rest on"));
        assert_eq!(told, on > 0, "{kind}: {on} of {said}");
    }
}

/// Of a copy that says less nobody says that all of it came out again.
#[test]
fn reassessing_a_copy_counts_what_is_withheld() {
    let (book, _) = format_cli::judged("deviates");
    let desk = desk(&book, 0);
    verified(&desk, 0, &["reassess", "b.tar"]);
    for kind in ["declaration", "resource", "finding"] {
        let out = format!("{kind}.tar");
        done(&desk, &["redact", "b.tar", "--out", &out, "--records", kind, "--reason", "by type"]);
        let records = verified(&desk, 0, &[&out, "--format", "json"]).json()["records"].clone();
        let again = verified(&desk, 21, &["reassess", &out, "--format", "json"]).json();
        assert_eq!((&again["records"], &again["withheld"]), (&records["count"], &records["withheld"]), "{again}");
        let words = format!("{} of {} records are withheld", records["withheld"], records["count"]);
        says_first(&verified(&desk, 21, &["reassess", &out]).stdout, &words, "findings were judged again");
    }
}

#[test]
fn without_its_signature_a_copy_is_not_accepted() {
    let desk = desk(&Book::of(1), 0);
    redacted(&desk, PLAN, "less.tar");
    let mut less = files(&desk.path("less.tar"));
    less.remove(&Entry::Redaction);
    fs::write(desk.path("silent.tar"), tar(&less)).unwrap();
    let silent = verified(&desk, 21, &["silent.tar"]);
    assert!(silent.stdout.starts_with("Not accepted (unsigned-redaction)"), "{silent:?}");
    verified(&desk, 0, &["silent.tar", "--allow-unsigned-redaction"]);
    // Nobody makes it a signed one by redacting it once more.
    let again = ["redact", "silent.tar", "--records", "host", "--reason", "r", "--out", "more.tar"];
    let answer = desk.witnessmark(&again);
    assert!(answer.code == 1 && answer.stderr.contains("is not accepted"), "{answer:?}");
    assert!(!desk.path("more.tar").exists());
}

#[test]
fn a_copy_is_redacted_once_more() {
    let desk = desk(&Book::of(1), 0);
    redacted(&desk, PLAN, "less.tar");
    let more = [
        "redact",
        "less.tar",
        "--records",
        "host",
        "--records",
        "declaration",
        "--reason",
        "who runs it",
        "--out",
        "least.tar",
    ];
    let said = flat(&done(&desk, &more).stdout);
    for words in [
        // Two findings are not there any more, and one lost its source: they do not count for less now.
        "withholds 9 of 31 records of bundle 0 (run-0): 3 of 3 findings rest on your word then",
        "7 of these were withheld before",
        "2 of 3 findings not shown in what is copied either: withheld before",
        "1 of 3 findings shown with their facts, without the answers",
        "AC-ROT (ccss-9.0:1.01.1.1), undetermined: 2 findings, 1 withheld before, 1 without their source",
        "AC-USE, deviates: 1 finding, 1 withheld before",
    ] {
        assert!(said.contains(words), "`{words}` is not in {said}");
    }
    let report = verified(&desk, 0, &["least.tar", "--format", "json"]).json();
    let reasons: BTreeSet<&str> =
        report["records"]["redaction"]["reasons"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(reasons, BTreeSet::from(["a key of a customer", "answers about all keys", "who runs it"]));
    // A rule about nothing that is still shown is about nothing.
    let nothing = ["redact", "less.tar", "--subject", "k-1", "--reason", "r", "--dry-run"];
    refused(&desk, &nothing, &["has no record that these options are about"]);
}

/// A bundle with an approver who is shown, and in which a program reads a target beside. `approved`: whoever approved it signed for that, too.
fn approved_beside_a_program(argument: &str, approved: bool) -> Desk {
    let approver = Ed25519Signer::from_seed(&[71; 32]);
    let (sha256, arguments) = (Digest::of(b"program"), vec![argument.to_owned()]);
    let mut story = Story::usual(0).approved(&approver, |approval| {
        let program = ApprovedProgram { collector: "openssh".to_owned(), sha256, arguments: arguments.clone() };
        approval.targets.extend(approved.then(|| ApprovedTarget {
            target: "bastion".to_owned(),
            found: vec!["a host".to_owned()],
            programs: vec![program],
            parameters: None,
        }));
    });
    if approved {
        let found = json!({"target": "bastion", "collector": "openssh", "caller": "me", "found": "a host"});
        story.change(RecordType::Host, 0, |host| host["identities"].as_array_mut().unwrap().push(found));
    }
    story.insert(RecordType::Route, 1, json!({"target": "bastion", "collector": "openssh"}));
    let mut start = story.records.iter().find(|(kind, _)| *kind == RecordType::Exchange).unwrap().1.clone();
    for (name, value) in
        [("target", "bastion"), ("collector", "openssh"), ("endpoint", "local:exec"), ("operation", "describe")]
    {
        start[name] = json!(value);
    }
    for absent in ["peer", "population", "status", "request_id"] {
        start.as_object_mut().unwrap().remove(absent);
    }
    story.insert(RecordType::Exchange, 4, start);
    let parameters = json!({"sha256": sha256, "arguments": arguments});
    story.insert(RecordType::Params, 2, json!({"exchange": "exchange:4", "parameters": parameters}));
    let mut book = Book::new();
    book.seal(story);
    let desk = Desk::bare();
    fs::create_dir(desk.path("keys")).unwrap();
    fs::write(desk.path("b.tar"), tar(&book.exported(0))).unwrap();
    keys(&desk, &book.trust_with(&approver, Range::from(0)));
    desk
}

/// Whether the approver of the one acceptance is shown.
fn approver(desk: &Desk, file: &str) -> Value {
    verified(desk, 0, &[file, "--format", "json"]).json()["acceptances"][0]["approver"].clone()
}

/// What shows an approver is said before it is withheld, and counted afterwards; nothing else is.
#[test]
fn whoever_withholds_what_shows_an_approver_is_told() {
    let desk = approved_beside_a_program("--all", true);
    assert_eq!(approver(&desk, "b.tar"), "shown");
    let mut turning = Vec::new();
    for kind in RecordType::ALL.into_iter().filter(|kind| !kind.always_disclosed() && *kind != RecordType::Recorded) {
        let (kind, out) = (kind.as_str(), format!("{kind}.tar"));
        let rule = ["--records", kind, "--reason", "by type"];
        let dry = flat(&done(&desk, &[&["redact", "b.tar", "--dry-run"][..], &rule].concat()).stdout);
        let said = flat(&done(&desk, &[&["redact", "b.tar", "--out", &out][..], &rule].concat()).stdout);
        let turned = approver(&desk, &out) == "claimed";
        let may = dry.contains("approvers 1 acceptance with an approver who is shown, and who is only claimed where");
        let did = said.contains("approvers 1 acceptance: shown in the bundle, and only claimed in the copy");
        assert_eq!((may, did), (turned, turned), "{kind}: {dry}\n{said}");
        turning.extend(turned.then_some(kind));
    }
    assert_eq!(turning, ["host", "declaration", "acceptance", "params"]);
}

/// Where a reader compares nothing because there is too much of it, the approver is claimed. A copy without what was too much would show them.
#[test]
fn a_copy_shows_no_approver_more() {
    let rule = ["--records", "params", "--reference", "params:2", "--reason", "r"];
    let copy = [&["redact", "b.tar", "--out", "less.tar"][..], &rule].concat();
    let desk = approved_beside_a_program("--all", false);
    assert_eq!(approver(&desk, "b.tar"), "shown");
    done(&desk, &copy);
    assert_eq!(approver(&desk, "less.tar"), "shown", "what another target was read by is no matter");

    let desk = approved_beside_a_program(&"x".repeat(limits::LINE_MAX - 320), false);
    assert_eq!(approver(&desk, "b.tar"), "claimed");
    refused(
        &desk,
        &copy,
        &["`less.tar` is removed", "would show who approved `acceptance:0`", "withhold these acceptances"],
    );
    assert!(!desk.path("less.tar").exists());
    done(&desk, &[&copy[..], &["--records", "acceptance", "--reference", "acceptance:0"]].concat());
}

/// A program is told the same as a person, before and after.
#[test]
fn the_same_is_said_as_json() {
    let desk = approved_beside_a_program("--all", true);
    let rule = ["--records", "host", "--records", "finding", "--reason", "who runs it", "--format", "json"];
    let dry = done(&desk, &[&["redact", "b.tar", "--dry-run"][..], &rule].concat()).json();
    let written = done(&desk, &[&["redact", "b.tar", "--out", "less.tar"][..], &rule].concat()).json();
    for member in ["form", "from", "withheld", "effect"] {
        assert_eq!(dry[member], written[member], "{member}");
    }
    assert_eq!(dry["form"], "witnessmark-redaction/1");
    assert_eq!((&dry["from"]["entity"], &dry["from"]["bundle"]["index"]), (&"Northbank Custody Ltd".into(), &0.into()));
    let withheld = json!([
        {"type": "host", "count": 1, "of": 1, "reason": "who runs it"},
        {"type": "finding", "count": 3, "of": 3, "reason": "who runs it"},
    ]);
    assert_eq!(dry["withheld"], withheld);
    let word = &dry["effect"]["word"];
    assert_eq!((&word["findings"], &word["withheld_before"]), (&3.into(), &0.into()), "{word}");
    let outcomes = ["conforms", "deviates", "undetermined", "not_applicable"].iter();
    assert_eq!(outcomes.map(|one| word["withheld"][one].as_u64().unwrap()).sum::<u64>(), 3, "{word}");
    assert_eq!(dry["approvers"], json!({"shown": 1, "shown_by": ["host"], "claimed": null}));
    assert_eq!(written["approvers"], json!({"shown": 1, "shown_by": ["host"], "claimed": 1}));

    assert_eq!(dry["copy"], Value::Null);
    let copy = &written["copy"];
    assert_eq!(
        (&copy["file"], &copy["by"], &copy["level"]),
        (&"less.tar".into(), &"Northbank Custody Ltd".into(), &"L2".into())
    );
    let report = verified(&desk, 0, &["less.tar", "--format", "json"]).json();
    assert_eq!(report["records"]["withheld"], written["effect"]["withheld"]);
    assert_eq!(report["records"]["redaction"]["by"], copy["by"]);
    let records = files(&desk.path("less.tar"))[&Entry::Records].clone();
    assert_eq!(copy["records_sha256"], json!(Digest::of(&records)));

    // Of a copy: what was withheld before is counted, too.
    let more = ["redact", "less.tar", "--dry-run", "--records", "resource", "--reason", "r", "--format", "json"];
    let again = done(&desk, &more).json();
    assert_eq!(
        (&again["from"]["findings_withheld"], &again["effect"]["word"]["withheld_before"]),
        (&3.into(), &3.into())
    );
    let left: Vec<&str> =
        again["effect"]["left"].as_array().unwrap().iter().filter_map(|one| one["what"].as_str()).collect();
    assert_eq!(left, ["answers", "derived", "named-inside"], "{again}");
    // What is wrong goes to the other stream.
    let wrong = ["redact", "b.tar", "--dry-run", "--records", "gap", "--reason", "r", "--format", "json"];
    assert_eq!(refused(&desk, &wrong, &["always disclosed"]).stdout, "");
}

#[test]
fn two_copies_are_of_one_statement() {
    let desk = desk(&Book::of(3), 1);
    redacted(&desk, PLAN, "one.tar");
    named(&desk, "other.pem", "Paul Roe");
    let other =
        ["redact", "b.tar", "--records", "resource", "--reason", "other", "--key", "other.pem", "--out", "two.tar"];
    done(&desk, &other);
    let report = |file: &str| desk.verify(&[&[file, "--format", "json"][..], &TRUST].concat());
    let (one, two) = (report("one.tar"), report("two.tar"));
    assert_eq!((one.code, two.code), (0, 0), "the memory of the first accepts the second: {two:?}");
    let (one, two) = (one.json(), two.json());
    assert_eq!(one["bundle"]["statement_sha256"], two["bundle"]["statement_sha256"]);
    assert_eq!(two["records"]["redaction"]["by"], "Paul Roe");
    assert_eq!((&one["records"]["withheld"], &two["records"]["withheld"]), (&7.into(), &2.into()));
    // The signature of one is none of the other.
    let mut mixed = files(&desk.path("two.tar"));
    mixed.insert(Entry::Redaction, files(&desk.path("one.tar"))[&Entry::Redaction].clone());
    fs::write(desk.path("mixed.tar"), tar(&mixed)).unwrap();
    assert!(verified(&desk, 20, &["mixed.tar"]).stdout.contains("not the redacted ones"));
}

#[test]
fn rehearsals_failed_runs_and_records_of_persons_stay_what_they_are() {
    let mut book = Book::new();
    book.seal(Story::usual(0).rehearsed(&[Override::Replay]));
    book.seal(Story::usual(1).failed());
    book.seal(Story::recorded(2));
    for (index, allowed, class) in
        [(0, Some("--allow-rehearsal"), "rehearsal"), (1, Some("--allow-failed"), "failed-run"), (2, None, "")]
    {
        let desk = desk(&book, index);
        let kind = if index == 2 { "declaration" } else { "finding" };
        let said = done(&desk, &["redact", "b.tar", "--records", kind, "--reason", "r", "--out", "less.tar"]).stdout;
        let next = said.lines().last().unwrap();
        let command: Vec<&str> = next.strip_prefix("Next: witnessmark-verify ").unwrap().split(' ').collect();
        assert_eq!(desk.verify(&command).code, 0, "{next}");
        if let Some(allowed) = allowed {
            assert!(next.ends_with(allowed), "{next}");
            assert!(verified(&desk, 21, &["less.tar"]).stdout.starts_with(&format!("Not accepted ({class})")));
        }
    }
}

#[test]
fn bad_input_writes_nothing_and_says_why() {
    let desk = desk(&Book::of(1), 0);
    let redact = ["redact", "b.tar", "--out", "less.tar"];
    let with = |more: &[&'static str]| [&redact[..], more].concat();
    // Of a plan: file, line, what, whose move.
    fs::write(desk.path("plan.yaml"), PLAN.to_owned() + "  - {target: nowhere, reason: r}\n").unwrap();
    let said = ["plan.yaml:5", "has no record that this rule is about", "`witnessmark show` lists what there is"];
    refused(&desk, &with(&["--plan", "plan.yaml"]), &said);
    fs::write(desk.path("plan.yaml"), "witnessmark_redaction: 1\nwithhold:\n  - {records: [body, gap], reason: r}\n")
        .unwrap();
    let said =
        ["plan.yaml:3", "records of the type `gap` are always disclosed", "unknown is not clean", "cannot be used"];
    refused(&desk, &with(&["--plan", "plan.yaml"]), &said);
    refused(&desk, &with(&["--plan", "none.yaml"]), &["cannot read `none.yaml`", "--help"]);
    // Of options.
    refused(&desk, &with(&["--reason", "r"]), &["it would withhold everything"]);
    refused(&desk, &with(&["--records", "body"]), &["--reason"]);
    refused(&desk, &with(&["--records", "assignment", "--reason", "r"]), &["`--records`: ", "how strictly was judged"]);
    refused(&desk, &with(&["--id", r"a\", "--reason", "r"]), &["`--id`: ", "is not a pattern"]);
    refused(&desk, &with(&["--records", "body", "--plan", "plan.yaml", "--reason", "r"]), &["cannot be used with"]);
    refused(&desk, &["redact", "b.tar", "--records", "body", "--reason", "r"], &["--out"]);
    // More reasons than can be signed.
    let long = "x".repeat(250);
    let kinds = [
        ("host", 1),
        ("declaration", 1),
        ("acceptance", 1),
        ("params", 2),
        ("body", 4),
        ("resource", 2),
        ("finding", 3),
    ];
    let each = kinds.iter().flat_map(|(kind, count)| (0..*count).map(move |at| format!("{kind}:{at}")));
    let rules: String =
        each.enumerate().map(|(n, at)| format!("  - {{reference: \"{at}\", reason: {n}{long}}}\n")).collect();
    fs::write(desk.path("plan.yaml"), format!("witnessmark_redaction: 1\nwithhold:\n{rules}")).unwrap();
    refused(&desk, &with(&["--plan", "plan.yaml"]), &["fewer than 4096 bytes", "give rules the same reason"]);

    // Keys and files.
    refused(
        &desk,
        &with(&["--records", "host", "--reason", "r", "--key", "none.pem"]),
        &["there is no key file `none.pem`", "keys recorder --out none.pem"],
    );
    done(&desk, &["keys", "recorder", "--out", "stranger.pem"]);
    let stranger = with(&["--records", "host", "--reason", "r", "--key", "stranger.pem"]);
    refused(
        &desk,
        &stranger,
        &[
            "does not name the key `stranger.pem`, and not in the role `record`",
            "keys trust --recorder stranger.pem.pub",
        ],
    );
    assert!(!desk.path("less.tar").exists(), "nothing of all this was written");
    fs::write(desk.path("less.tar"), "mine").unwrap();
    refused(&desk, &with(&["--records", "host", "--reason", "r"]), &["`less.tar` is there already"]);
    assert_eq!(fs::read_to_string(desk.path("less.tar")).unwrap(), "mine");
}

/// From the store, as a custodian does it, with all that an auditor needs to hold it against what they saw.
#[test]
fn a_copy_out_of_the_store_holds_the_ledger() {
    let desk = exec::desk("witnessmark: 1\n");
    let tested =
        desk.witnessmark(&["collectors", "test", "--settings", "settings.json", "--format", "json", "./openssh.py"]);
    let identity = tested.json()["identity"].as_str().unwrap().to_owned();
    let declaration = format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\npolicies: [own]\ntargets:\n  - {{id: bastion, collector: exec, name: openssh, identity: \"{identity}\", program: openssh.py, {}}}\ncontrols:\n  - {{id: AC-SSH, title: Nobody logs in as root, checks: [{{use: openssh/root-login-is-off}}]}}\n",
        exec::SETTINGS
    );
    let here = desk.path("").to_string_lossy().trim_end_matches('/').to_owned();
    fs::write(desk.path("witnessmark.yaml"), declaration.replace("DESK", &here)).unwrap();
    fs::create_dir_all(desk.path("own/checks/openssh")).unwrap();
    fs::write(desk.path("own/checks/openssh/root_login_is_off.rego"), exec::CHECK).unwrap();
    for _ in 0..2 {
        let ran = desk.witnessmark(&["run", "--quiet"]);
        assert!([0, 3, 10, 11, 12].contains(&ran.code), "{ran:?}");
    }
    named(&desk, "keys/redactor.key.pem", "Northbank Custody Ltd");
    done(&desk, &["export", "--bundle", "1", "--out", "whole.tar"]);
    let rule = ["--bundle", "0", "--records", "body", "--reason", "configuration of a server"];
    let beside = ["--with-ledger", "--since", "1", "--out", "less.tar"];
    let collectors = [&["redact", "--key", "keys/collector.key.pem"][..], &rule, &beside].concat();
    refused(&desk, &collectors, &["in the role `run`, and not in the role `record`", "one key has one role"]);
    done(&desk, &[&["redact"][..], &rule, &beside].concat());
    let seen = ["--last-seen", "seen"];
    assert_eq!(desk.verify(&[&["whole.tar"][..], &TRUST, &seen].concat()).code, 0);
    let less = desk.verify(&[&["less.tar", "--format", "json"][..], &TRUST, &seen].concat());
    assert_eq!(less.code, 0, "{less:?}");
    let report = less.json();
    assert!(report["ledger"]["accepted"] == true && report["records"]["withheld"].as_u64() > Some(0), "{report}");
    assert!(files(&desk.path("less.tar")).contains_key(&Entry::Since));
    let audited = desk.verify(&[&["audit", "less.tar", "--format", "json"][..], &TRUST, &seen].concat());
    assert_eq!(audited.json()["accepted"], Value::Bool(true), "{audited:?}");
    // The store is as it was.
    let again = desk.verify(&[&["audit", "evidence", "--format", "json"][..], &TRUST, &seen].concat());
    assert_eq!(again.json()["entries"], 2, "{again:?}");
    let dry = desk.witnessmark(&[&["redact", "--dry-run"][..], &rule].concat());
    assert!(dry.code == 0 && flat(&dry.stdout).contains("without their source"), "{dry:?}");
}
