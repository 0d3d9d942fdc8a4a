//! A dishonest custodian: a store set back, another history, a head over nothing, another system in the same ledger; and what a period
//! looks like in which runs are missing, failed or only rehearsed.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use bundle::layout::Entry;
use bundle::trust::Trust;
use ledger::node_hash;
use model::record::Override;
use model::{Digest, ExitStatus, RecordType, Timestamp};
use serde_json::json;
use verify::{
    Aspect, AuditDemands, AuditReport, Class, Continuity, Demands, HeldFiles, Seen, Unobserved, Verdict, audit, verify,
};
use workspace_tests::sealed::{Book, Files, Story, tar};

fn verified(files: &Files, trust: &Trust, seen: Option<&Seen>) -> Verdict {
    let bytes = tar(files);
    let demands = Demands { seen, ..Demands::of_evidence(trust) };
    verify(&mut bundle::read::TarSource::new(bytes.as_slice(), "test"), &demands, &mut Unobserved)
}

#[track_caller]
fn refused(verdict: &Verdict, class: Class) {
    let found: Vec<_> = verdict.report.problems.iter().map(|problem| (problem.class, &problem.message)).collect();
    assert_eq!(found.first().map(|(class, _)| *class), Some(class), "{found:?}");
    assert!(!verdict.report.accepted && verdict.seen.is_none(), "nothing is learnt of what is refused: {found:?}");
}

/// What was proven of a ledger by these of its bundles.
#[track_caller]
fn having_seen(book: &Book, bundles: &[Files]) -> Seen {
    let mut seen = None;
    for files in bundles {
        let verdict = verified(files, &book.trust(), seen.as_ref());
        assert!(verdict.report.accepted, "{:?}", verdict.report.problems);
        seen = verdict.seen;
    }
    seen.unwrap()
}

/// The same history until `fork`, and another one from there on.
fn forked(fork: u64, size: u64) -> Book {
    let mut book = Book::of(fork);
    for index in fork..size {
        book.seal(Story::usual(1000 + index));
    }
    book
}

fn without_ledger(files: &Files) -> Files {
    let outside = |entry: &Entry| !matches!(entry, Entry::Checkpoint | Entry::Consistency | Entry::Since);
    files.iter().filter(|(entry, _)| outside(entry)).map(|(entry, bytes)| (entry.clone(), bytes.clone())).collect()
}

#[test]
fn a_fork_is_never_accepted_after_a_head_was_seen() {
    const SIZE: u64 = 9;
    let book = Book::of(SIZE);
    let trust = book.trust();
    let seen = having_seen(&book, &[book.exported(SIZE - 1)]);
    for fork in 1..SIZE {
        let other = forked(fork, SIZE + 2);
        for index in fork..other.size() {
            for files in
                [other.exported(index), without_ledger(&other.exported(index)), other.exported_since(index, fork)]
            {
                let verdict = verified(&files, &trust, Some(&seen));
                let class = verdict.report.problems[0].class;
                assert!([Class::Rewritten, Class::NotComparable].contains(&class), "{fork} {index}: {class}");
                refused(&verdict, class);
            }
            let mut whole = other.exported(index);
            whole.extend(other.ledger_files());
            refused(&verified(&whole, &trust, Some(&seen)), Class::Rewritten);
        }
    }
    // The true one is, wherever it can show it.
    let later = Book::of(SIZE + 4);
    refused(&verified(&later.exported(SIZE + 2), &trust, Some(&seen)), Class::NotComparable);
    let since = verified(&later.exported_since(SIZE + 2, SIZE), &trust, Some(&seen));
    assert!(since.report.accepted, "{:?}", since.report.problems);
    assert_eq!(since.report.head.unwrap().since_last_seen, Continuity::Continues);
}

/// Both bundles 3 of two histories passed under the same remembered head.
#[test]
fn two_statements_of_one_index_are_always_found() {
    let (book, trust) = (Book::of(8), Book::new().trust());
    let seen = having_seen(&book, &[book.exported(7), book.exported(3)]);
    let other = forked(2, 4);
    refused(&verified(&other.exported(3), &trust, Some(&seen)), Class::Rewritten);
    refused(&verified(&without_ledger(&other.exported(3)), &trust, Some(&seen)), Class::Rewritten);
    let again = verified(&without_ledger(&book.exported(3)), &trust, Some(&seen));
    assert_eq!(again.report.head.unwrap().since_last_seen, Continuity::Known);
}

#[test]
fn a_store_that_was_set_back_is_found() {
    let book = Book::of(6);
    let trust = book.trust();
    let seen = having_seen(&book, &[book.exported(5)]);
    let back = Book::of(3);
    refused(&verified(&back.exported(1), &trust, Some(&seen)), Class::NotComparable);
    let report = audited(&back, &trust, Some(&seen), None);
    assert_eq!((report.exit_code, report.problem.unwrap().class), (ExitStatus::Undecided, Class::NotComparable));
}

#[test]
fn a_head_over_nothing_ends_no_comparing() {
    let book = Book::of(4);
    let trust = book.trust();
    // Four entries are a perfect tree: on the way to 2^20 it has one sibling at each level, of which nobody knows a thing.
    let proof: Vec<Digest> = (2..20).map(|level: u32| Digest::of(&level.to_be_bytes())).collect();
    let root = proof.iter().fold(book.root, |root, sibling| node_hash(&root, sibling));
    let mut poisoned = book.exported(3);
    poisoned.insert(Entry::Checkpoint, book.checkpoint_of(1 << 20, root).into_bytes());
    poisoned.insert(Entry::Consistency, bundle::consistency::render(&proof).into_bytes());
    let seen = having_seen(&book, &[poisoned]);
    assert_eq!((seen.newest(), seen.unproven()), (Some(4), vec![1 << 20]));

    let next = verified(&Book::of(5).exported(4), &trust, Some(&seen));
    assert!(next.report.accepted, "{:?}", next.report.problems);
    assert!(next.report.rests_on_custodian.iter().any(|line| line.contains("1048576 entries")), "it is not forgotten");
    for fork in 1..4 {
        refused(&verified(&forked(fork, 5).exported(4), &trust, Some(&seen)), Class::Rewritten);
        let class = verified(&without_ledger(&forked(fork, 6).exported(5)), &trust, Some(&seen));
        refused(&class, Class::NotComparable);
    }
}

#[test]
fn one_ledger_holds_one_system() {
    let named = |entity: &str, system: &str| {
        let mut story = Story::usual(2);
        story.metadata.entity = entity.into();
        story.metadata.system = system.into();
        let mut book = Book::of(2);
        book.seal(story);
        book
    };
    for book in [named("Another Ltd", "hot-wallet"), named("Northbank Custody Ltd", "cold-wallet")] {
        let trust = book.trust();
        let seen = having_seen(&book, &[book.exported(1)]);
        refused(&verified(&book.exported(2), &trust, Some(&seen)), Class::Contradiction);
        let mut whole = book.exported(2);
        whole.extend(book.ledger_files());
        refused(&verified(&whole, &trust, None), Class::Contradiction);
        let report = audited(&book, &trust, None, None);
        assert_eq!((report.exit_code, report.problem.unwrap().class), (ExitStatus::NotAuthentic, Class::Contradiction));
    }
    let book = Book::of(2);
    let mut trust = book.trust();
    (trust.ledger.entity, trust.ledger.system) = (Some("Northbank Custody Ltd".into()), Some("hot-wallet".into()));
    let trust = Trust::parse(trust.render().unwrap().as_bytes()).unwrap();
    assert!(verified(&book.exported(1), &trust, None).report.accepted);
    let report = audited(&book, &trust, None, None);
    assert_eq!(
        (report.entity.as_deref(), report.system.as_deref()),
        (Some("Northbank Custody Ltd"), Some("hot-wallet"))
    );
    let other = Trust {
        ledger: bundle::trust::TrustedLedger { system: Some("cold-wallet".into()), ..trust.ledger.clone() },
        ..trust
    };
    refused(&verified(&book.exported(1), &other, None), Class::Contradiction);
}

#[test]
fn a_challenge_is_demanded() {
    let mut story = Story::usual(0);
    story.metadata.challenge = Some("n-7431".into());
    story.change(RecordType::Run, 0, |run| run["challenge"] = json!("n-7431"));
    let mut book = Book::new();
    book.seal(story);
    book.seal(Story::usual(1));
    let (trust, last) = (book.trust(), book.size() - 1);
    let asked = |index, challenge| {
        let bytes = tar(&book.exported(index));
        let demands = Demands { challenge: Some(challenge), ..Demands::of_evidence(&trust) };
        verify(&mut bundle::read::TarSource::new(bytes.as_slice(), "test"), &demands, &mut Unobserved)
    };
    assert!(asked(0, "n-7431").report.accepted);
    for verdict in [asked(0, "n-7432"), asked(last, "n-7431")] {
        refused(&verdict, Class::OtherChallenge);
        assert_eq!(verdict.report.exit_code, ExitStatus::Undecided);
    }
}

fn audited(book: &Book, trust: &Trust, seen: Option<&Seen>, period: Option<(&str, &str)>) -> AuditReport {
    let mut files = book.exported(0);
    files.extend(book.ledger_files());
    let bytes = tar(&files);
    let mut held = HeldFiles::of_bundle(&mut bundle::read::TarSource::new(bytes.as_slice(), "test")).unwrap();
    assert!(held.is_ledger());
    let time = |text: &str| Some(Timestamp::from_rfc3339(text).unwrap());
    let (from, until) = period.map_or((None, None), |(from, until)| (time(from), time(until)));
    audit(&mut held, &AuditDemands { trust, seen, from, until }).report
}

/// An export that is not what it should be is an answer of the audit, with its class, as it is to whoever verifies it.
#[test]
fn an_altered_export_is_an_answer_of_the_audit() {
    let book = Book::of(3);
    let folder = tempfile::tempdir().unwrap();
    let mut files = book.exported(0);
    files.extend(book.ledger_files());
    let good = tar(&files);
    let name = b"ledger/checkpoint";
    let header = good.windows(name.len()).position(|window| window == name).unwrap();
    let mut altered = good.clone();
    // The time in the header: it has one spelling.
    altered[header + 136] = b'1';
    std::fs::write(folder.path().join("trust.json"), book.trust().render().unwrap()).unwrap();
    // A statement that no head holds.
    files.insert(Entry::LedgerStatement(3), files[&Entry::LedgerStatement(2)].clone());
    let more = tar(&files);
    for (bytes, code, class) in
        [(&altered[..], 20, "malformed"), (&good[..header + 512], 21, "missing-part"), (&more[..], 20, "malformed")]
    {
        std::fs::write(folder.path().join("ledger.tar"), bytes).unwrap();
        let said = std::process::Command::new(workspace_tests::desk::program("witnessmark-verify"))
            .args(["audit", "ledger.tar", "--trust", "trust.json", "--format", "json"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(said.status.code(), Some(code), "{}", String::from_utf8_lossy(&said.stderr));
        let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!((&report["accepted"], &report["problem"]["class"]), (&json!(false), &json!(class)));
    }
}

/// A ledger that nothing was sealed into has a head all the same.
#[test]
fn an_empty_ledger_is_said_to_be_empty() {
    let desk = workspace_tests::desk::Desk::bare();
    for arguments in [
        &["keys", "new", "--out", "keys", "--origin", "northbank.example/vault"][..],
        &["ledger", "init", "--store", "evidence", "--keys", "keys"],
    ] {
        let answer = desk.witnessmark(arguments);
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let audit = ["audit", "evidence", "--trust", "keys/trust.json"];
    let answer = desk.verify(&audit);
    assert_eq!(answer.code, 21, "{answer:?}");
    assert!(answer.stdout.starts_with("Empty: ") && answer.stdout.contains("Nothing was sealed"), "{answer:?}");
    let report = desk.verify(&[&audit[..], &["--format", "json"]].concat()).json();
    assert_eq!((&report["accepted"], &report["problem"]), (&json!(true), &json!(null)), "{report}");
    assert_eq!((&report["entries"], &report["head"]["size"]), (&json!(0), &json!(0)), "{report}");
    // What the trust file names of a later part of the ledger, it does not name of its begin.
    let trust = std::fs::read(desk.path("keys/trust.json")).unwrap();
    let mut trust: serde_json::Value = serde_json::from_slice(&trust).unwrap();
    trust["ledger"]["sizes"] = json!([2, null]);
    std::fs::write(desk.path("later.json"), trust.to_string()).unwrap();
    let report = desk.verify(&["audit", "evidence", "--trust", "later.json", "--format", "json"]);
    assert_eq!((report.code, &report.json()["problem"]["class"]), (21, &json!("unknown-key")), "{report:?}");
}

#[test]
fn what_could_not_be_kept_is_not_said_to_be() {
    let book = Book::of(3);
    let folder = tempfile::tempdir().unwrap();
    let mut files = book.exported(0);
    files.extend(book.ledger_files());
    std::fs::write(folder.path().join("trust.json"), book.trust().render().unwrap()).unwrap();
    std::fs::write(folder.path().join("b.tar"), tar(&files)).unwrap();
    for (seen, kept) in [("none/seen", false), ("seen", true)] {
        for command in [&["b.tar"][..], &["audit", "b.tar"]] {
            let said = std::process::Command::new(workspace_tests::desk::program("witnessmark-verify"))
                .args(command)
                .args(["--trust", "trust.json", "--last-seen", seen])
                .current_dir(folder.path())
                .output()
                .unwrap();
            let (text, warned) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
            assert_eq!(said.status.code(), Some(0), "{text}{warned}");
            assert_eq!((text.contains("kept in"), warned.contains("cannot keep")), (kept, !kept), "{text}{warned}");
        }
    }
}

/// What the audit prints is what its schema says, whatever it found.
#[test]
fn the_audit_prints_what_its_schema_says() {
    let path = workspace_tests::root().join("docs/spec/outputs/ledger-audit.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let changed = of(3, |day, story| {
        story.metadata.plan = Some(Digest::of(b"plan"));
        if day == 1 {
            story.change(RecordType::Assignment, 0, |record| record["parameters"] = json!({"max_days": 9999}));
        }
    });
    let failed = of(2, |_, story| *story = story.clone().failed());
    let rehearsed = of(2, |_, story| *story = story.clone().rehearsed(&[Override::Clock]));
    let (back, seen) = (Book::of(3), having_seen(&Book::of(6), &[Book::of(6).exported(5)]));
    for (book, seen, period) in [
        (&changed, None, None),
        (&changed, None, Some(PERIOD)),
        (&failed, None, Some(PERIOD)),
        (&rehearsed, None, None),
        (&back, Some(&seen), None),
    ] {
        let report = serde_json::to_value(model::Output(audited(book, &book.trust(), seen, period))).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&report).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{report}");
        let mut more = report;
        more["more"] = json!(1);
        assert!(!validator.is_valid(&more), "the schema names every member");
    }
}

/// A ledger of one run each day, changed before it is sealed.
fn of(days: u64, change: impl Fn(u64, &mut Story)) -> Book {
    let mut book = Book::new();
    for day in 0..days {
        let mut story = Story::usual(day);
        change(day, &mut story);
        book.seal(story);
    }
    book
}

const PERIOD: (&str, &str) = ("2026-11-21T00:00:00Z", "2026-11-30T23:59:59Z");

#[test]
fn what_observed_nothing_is_no_observation() {
    let rehearsals = of(3, |_, story| *story = story.clone().rehearsed(&[Override::Clock]));
    let failed = of(3, |_, story| *story = story.clone().failed());
    for (book, missing) in [(&rehearsals, 7), (&failed, 7)] {
        let report = audited(book, &book.trust(), None, Some(PERIOD));
        let kept = &report.schedule;
        assert_eq!(
            (kept.due, kept.observed, kept.missing, kept.failed + kept.rehearsed),
            (10, 0, missing, 3),
            "{kept:?}"
        );
        assert_eq!(report.exit_code, ExitStatus::RunsMissing);
    }
    // Without a period nobody knows from when until when rehearsals should have been runs.
    let report = audited(&rehearsals, &rehearsals.trust(), None, None);
    assert_eq!((report.missing_runs, report.exit_code), (None, ExitStatus::Undecided));

    // Nobody promised anything.
    let mut book = Book::new();
    for day in 0..3 {
        let chain = bundle::statement::Chain { every_seconds: None, ..book.next_chain() };
        book.seal_at(Story::usual(day), chain);
    }
    for period in [None, Some(PERIOD)] {
        let report = audited(&book, &book.trust(), None, period);
        assert!(report.accepted);
        assert_eq!((report.missing_runs, report.exit_code), (None, ExitStatus::Undecided));
    }
}

/// Weakened for a while and then restored: between which runs that was is in the statements.
#[test]
fn every_change_of_what_was_judged_with_is_named() {
    let weak = |story: &mut Story| {
        story.change(RecordType::Assignment, 0, |record| record["parameters"] = json!({"anything": 1}));
    };
    let book = of(5, |day, story| {
        story.metadata.plan = Some(serde_json::from_value(story.records[0].1["plan"].clone()).unwrap());
        if (2..4).contains(&day) {
            weak(story);
        }
        if day == 4 {
            story.metadata.tool.version = "0.2.0".into();
            story.change(RecordType::Run, 0, |run| run["tool"]["version"] = json!("0.2.0"));
        }
    });
    let trust = book.trust();
    for index in 0..5 {
        let verdict = verified(&book.exported(index), &trust, None);
        assert!(verdict.report.accepted, "{:?}", verdict.report.problems);
    }
    let report = audited(&book, &trust, None, None);
    let changes: Vec<_> = report
        .changes
        .changes
        .iter()
        .map(|change| (change.aspect, change.before, change.entry, change.as_in))
        .collect();
    assert_eq!(
        changes,
        [(Aspect::Parameters, 1, 2, None), (Aspect::Parameters, 3, 4, Some(0)), (Aspect::Tool, 3, 4, None)]
    );
    assert_eq!((report.changes.unsaid_in_all, report.exit_code), (0, ExitStatus::Success));
    let later = audited(&book, &trust, None, Some(("2026-11-24T00:00:00Z", "2026-11-25T23:00:00Z")));
    assert_eq!(later.changes.in_all, 2, "those of the period");

    // A statement that says nothing of it leaves it unsaid; one that says something else is refused.
    let silent = of(2, |_, _| {});
    assert_eq!(audited(&silent, &silent.trust(), None, None).changes.unsaid, [0, 1]);
    let lying = of(1, |_, story| story.metadata.plan = Some(Digest::of(b"another plan")));
    refused(&verified(&lying.exported(0), &lying.trust(), None), Class::Contradiction);
}
