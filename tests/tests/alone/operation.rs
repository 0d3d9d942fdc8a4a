//! Each control over a period, from the ledger's tar alone: a simulated year against what was worked out by hand, and what a dishonest custodian may
//! try with the files that show it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::path::Path;

use bundle::layout::{self, Entry};
use bundle::read::TarSource;
use bundle::trust::Trust;
use model::{ExitStatus, RecordType, Timestamp};
use serde_json::{Value, json};
use verify::{
    Aspect, AuditDemands, AuditReport, Class, ControlOperation, Demands, DueIs, HeldFiles, Observations, Operated,
    Unobserved, Why, audit_export,
};
use workspace_tests::desk::{Answer, program};
use workspace_tests::sealed::{Book, Files, Story, tar, unpack};
use workspace_tests::year::{self, GONE, Said, controls, day, exported, rehearsed_in_part, run, simulated};

fn audited(files: &Files, trust: &Trust, period: Option<(Timestamp, Timestamp)>) -> AuditReport {
    let bytes = tar(files);
    let held = HeldFiles::of_bundle(&mut TarSource::new(bytes.as_slice(), "test")).unwrap();
    let (from, until) = period.unzip();
    audit_export(held, &AuditDemands { trust, seen: None, from, until }).report
}

fn time(text: &str) -> Timestamp {
    Timestamp::from_rfc3339(text).unwrap()
}

fn of<'o>(operation: &'o Operated, id: &str) -> &'o ControlOperation {
    operation.controls.iter().find(|control| control.control == id).unwrap()
}

fn resets(control: &ControlOperation) -> Vec<(Why, u64, u64, u64)> {
    control.resets.iter().map(|reset| (reset.why, reset.entry, reset.until_entry, reset.runs)).collect()
}

#[test]
fn a_year_is_told_as_it_was_worked_out_by_hand() {
    let (book, trust) = simulated();
    // 365 days, three without a run, one with two; and a person's record.
    assert_eq!(book.size(), 364);
    let files = exported(&book, &GONE);
    let year = (time("2026-01-01T00:00:00Z"), time("2026-12-31T23:59:59.999Z"));
    let report = audited(&files, &trust, Some(year));
    assert!(report.accepted, "{:?}", report.problem);
    assert_eq!(report.exit_code, ExitStatus::RunsMissing);
    let runs = &report.schedule;
    assert_eq!((runs.due, runs.missing, runs.failed, runs.late), (365, 3, 1, 0));
    let changed = |aspect| report.changes.by_aspect.get(&aspect).copied();
    assert_eq!(
        (changed(Aspect::Collector), changed(Aspect::Parameters), changed(Aspect::Checks)),
        (Some(1), Some(2), None)
    );

    let operation = report.operation.as_ref().unwrap();
    assert_eq!(&operation.unread.entries[..], &GONE);
    assert_eq!((operation.said(), operation.unobserved()), (false, 3 * 4));
    let ids: Vec<(&str, bool)> = operation.controls.iter().map(|one| (one.control.as_str(), one.inspected)).collect();
    assert_eq!(ids, [("AC-GUARD", true), ("AC-ROOM", false), ("AC-ROT", true), ("AC-USE", true)]);
    // Three days without a run, one on which it failed, two of which the bundles are gone.
    let same = Observations { due: 365, missing: 3, failed: 1, unread: 2, ..Observations::default() };

    let rotates = of(operation, "AC-ROT");
    assert_eq!(rotates.observations, Observations { no_deviation: 351, undetermined: 8, ..same });
    // Days 210 to 216, and 230, three days without a run before them.
    assert_eq!(&rotates.undetermined.entries[..], &[207, 208, 209, 210, 211, 212, 213, 227]);
    assert_eq!(rotates.resets_in_all, 0);
    let held = rotates.in_force.as_ref().unwrap();
    assert_eq!((held.entry, held.since, held.observations), (0, day(0), rotates.observations));
    // It serves one more requirement since day 120, and asks the same.
    assert_eq!(rotates.requirements.len(), 2);

    let usable = of(operation, "AC-USE");
    assert_eq!(usable.observations, Observations { no_deviation: 172, deviates: 9, accepted: 178, ..same });
    assert_eq!(resets(usable), [(Why::Accepted, 0, 177, 178), (Why::Deviates, 178, 186, 9)]);
    let held = usable.in_force.as_ref().unwrap();
    assert_eq!((held.entry, held.since), (187, day(190)));
    let since = Observations { due: 175, no_deviation: 172, unread: 2, failed: 1, ..Observations::default() };
    assert_eq!(held.observations, since);

    let guard = of(operation, "AC-GUARD");
    assert_eq!(guard.observations, Observations { no_deviation: 359, ..same });
    assert_eq!(resets(guard), [(Why::Weaker, 247, 247, 1), (Why::Changed, 277, 277, 1)]);
    let because = guard.resets[0].because.as_deref();
    assert_eq!(
        because,
        Some("`max_days` of `aws-kms/key-rotates` at `aws-prod` became weaker than the check's default")
    );
    let held = guard.in_force.as_ref().unwrap();
    assert_eq!(
        (held.entry, held.since, held.observations.due, held.observations.no_deviation),
        (277, day(280), 85, 82)
    );

    assert_eq!(of(operation, "AC-ROOM").observations, Observations::default());

    a_task_of_each_month(operation);

    // Of a quarter the same, in force since before it.
    let quarter = (time("2026-10-01T00:00:00Z"), time("2026-12-31T23:59:59.999Z"));
    let report = audited(&files, &trust, Some(quarter));
    let usable = of(report.operation.as_ref().unwrap(), "AC-USE").clone();
    assert_eq!((usable.observations.due, usable.observations.no_deviation, usable.resets_in_all), (92, 89, 0));
    assert_eq!(usable.in_force.unwrap().since, day(190));
    // Of a month in which nothing was amiss nothing is to be said.
    let month = (time("2026-06-01T00:00:00Z"), time("2026-06-30T23:59:59.999Z"));
    assert_eq!(audited(&files, &trust, Some(month)).exit_code, ExitStatus::Success);
    let gone = (time("2026-10-26T00:00:00Z"), time("2026-10-30T23:59:59.999Z"));
    assert_eq!(audited(&files, &trust, Some(gone)).exit_code, ExitStatus::Undecided);
}

/// By hand: twelve ends of months, each counted from 31 December.
fn a_task_of_each_month(operation: &Operated) {
    let [task] = &operation.tasks[..] else { panic!("{:?}", operation.tasks) };
    assert_eq!((task.control.as_str(), task.first, task.last), ("AC-ROOM", 0, 362));
    assert_eq!(task.counted_from.map(|day| day.to_string()).as_deref(), Some("2025-12-31"));
    let days: Vec<(String, DueIs, Option<String>)> = task
        .days
        .iter()
        .map(|day| (day.due.to_string(), day.is, day.done.as_ref().map(|done| done.on.to_string())))
        .collect();
    let day = |due: &str, is, done: Option<&str>| (format!("2026-{due}"), is, done.map(|done| format!("2026-{done}")));
    assert_eq!(
        days,
        [
            day("01-31", DueIs::Made, Some("01-30")),
            day("02-28", DueIs::Late, Some("03-02")),
            day("03-31", DueIs::Made, Some("03-31")),
            day("04-30", DueIs::Unrecorded, Some("04-29")),
            day("05-31", DueIs::Made, Some("05-30")),
            day("06-30", DueIs::Made, Some("06-30")),
            day("07-31", DueIs::Backdated, Some("07-30")),
            day("08-31", DueIs::Missing, None),
            day("09-30", DueIs::Made, Some("09-30")),
            day("10-31", DueIs::Made, Some("10-31")),
            day("11-30", DueIs::Made, Some("11-30")),
            day("12-31", DueIs::Made, Some("12-30")),
        ]
    );
    assert_eq!((task.due, task.made, task.late, task.not_shown()), (12, 9, 1, 3));
    let shown = |at: usize| task.days[at].done.as_ref().unwrap();
    // Declared by the run of 31 January, and by each after it.
    assert_eq!(
        (shown(0).records.as_slice(), shown(0).first_entry, shown(0).last_entry),
        (&["R-1".to_owned()][..], Some(30), Some(362))
    );
    let [person] = &shown(11).people[..] else { panic!("{:?}", task.days[11]) };
    assert_eq!((person.entry, person.id.as_str(), shown(11).first_entry), (363, "REC-1", None));
    let withdrawn: Vec<String> = task.withdrawn.iter().map(ToString::to_string).collect();
    assert_eq!(withdrawn, ["2026-09-30"]);
}

/// Five days of one control; on the last it deviates.
fn five() -> Book {
    let mut book = Book::new();
    for number in 0..5 {
        let said = Said::conforms("AC-ROT").is(if number == 4 { "deviates" } else { "conforms" });
        book.seal(run(&format!("day-{number}"), day(number), &[said]));
    }
    book
}

#[test]
fn texts_and_uses_are_there_once_for_each_of_their_digests() {
    let files = controls(&five(), &[]);
    let has = |index: u64, kind: &str| {
        let text = String::from_utf8(files[&Entry::LedgerControls(index)].clone()).unwrap();
        text.lines().any(|line| line == kind)
    };
    assert_eq!((has(0, "check"), has(0, "assignment"), has(0, "route"), has(0, "control")), (true, true, false, true));
    assert_eq!(
        (has(1, "check"), has(1, "assignment"), has(1, "route"), has(1, "control")),
        (false, false, false, true)
    );
    // Where the first one is gone, the next has them.
    let later = controls(&five(), &[0]);
    assert!(String::from_utf8(later[&Entry::LedgerControls(1)].clone()).unwrap().contains("\nassignment\n"));
}

#[test]
fn nothing_of_these_files_can_be_changed() {
    let book = five();
    let trust = book.trust();
    let good = exported(&book, &[]);
    let refused = |files: &Files, class: Class| {
        let report = audited(files, &trust, None);
        assert_eq!(report.problem.as_ref().map(|problem| problem.class), Some(class), "{:?}", report.problem);
        assert_eq!((report.accepted, report.exit_code), (false, class.exit_status()));
    };
    assert_eq!(audited(&good, &trust, None).exit_code, ExitStatus::Success);
    let with = |index: u64, bytes: Vec<u8>| {
        let mut files = good.clone();
        files.insert(Entry::LedgerControls(index), bytes);
        files
    };
    let last = &good[&Entry::LedgerControls(4)];
    // Every byte counts.
    for at in 0..last.len() {
        let mut bytes = last.clone();
        bytes[at] ^= 1;
        let report = audited(&with(4, bytes), &trust, None);
        assert!(!report.accepted && report.exit_code == ExitStatus::NotAuthentic, "byte {at}: {:?}", report.problem);
    }
    let text = String::from_utf8(last.clone()).unwrap();
    let better = text.replace("\"outcome\":\"deviates\"", "\"outcome\":\"conforms\"");
    assert_ne!(better, text);
    refused(&with(4, better.into_bytes()), Class::Altered);
    // That of another day.
    refused(&with(4, good[&Entry::LedgerControls(3)].clone()), Class::Altered);
    // More than belongs there, and less.
    refused(&with(4, [&last[..], b"control\n"].concat()), Class::Malformed);
    refused(&with(4, last[..last.len() - 1].to_vec()), Class::Malformed);
    refused(&with(4, Vec::new()), Class::Malformed);
    let (front, _) = text.trim_end().rsplit_once('\n').unwrap();
    refused(&with(4, format!("{front}\n").into_bytes()), Class::Altered);
    refused(&with(4, good[&Entry::LedgerControls(0)].clone()), Class::Malformed);
    // Of an entry that is not there, or observed nothing.
    refused(&with(5, last.clone()), Class::Malformed);
    let mut failing = five();
    failing.seal(Story::usual(9).failed());
    let mut files = exported(&failing, &[]);
    assert!(!files.contains_key(&Entry::LedgerControls(5)));
    files.insert(Entry::LedgerControls(5), last.clone());
    assert_eq!(audited(&files, &trust, None).problem.map(|problem| problem.class), Some(Class::Malformed));
    // A bundle that is verified holds what stands beside it.
    let bytes = tar(&with(4, good[&Entry::LedgerControls(3)].clone()));
    let verdict =
        verify::verify(&mut TarSource::new(bytes.as_slice(), "test"), &Demands::of_evidence(&trust), &mut Unobserved);
    assert!(
        verdict.report.problems.iter().any(|problem| problem.class == Class::Altered),
        "{:?}",
        verdict.report.problems
    );
}

/// Leaving a file out hides the day, and never makes it one without a deviation.
#[test]
fn a_file_that_is_left_out_cannot_be_said() {
    let book = five();
    let mut files = exported(&book, &[]);
    files.remove(&Entry::LedgerControls(4));
    let report = audited(&files, &book.trust(), None);
    let operation = report.operation.unwrap();
    assert_eq!((report.exit_code, &operation.unread.entries[..]), (ExitStatus::Undecided, &[4][..]));
    let told = of(&operation, "AC-ROT");
    assert_eq!((told.observations.unread, told.observations.no_deviation, told.observations.deviates), (1, 4, 0));
    // The first one has the uses of the others: without them nothing is proven of those.
    let mut files = exported(&book, &[]);
    files.remove(&Entry::LedgerControls(0));
    assert_eq!(audited(&files, &book.trust(), None).problem.unwrap().class, Class::Malformed);
    // Without any nothing is said of controls, as ever.
    let none = audited(&exported(&book, &[0, 1, 2, 3, 4]), &book.trust(), None);
    assert_eq!((none.operation, none.exit_code), (None, ExitStatus::Success));
}

/// A signed statement whose digests are not those of its own records is found where these are.
#[test]
fn a_signed_lie_about_what_is_asked_is_found() {
    let mut book = Book::new();
    let honest = || run("day", day(0), &[Said::conforms("AC-ROT")]);
    book.seal(honest());
    let mut twice = run("day-1", day(1), &[Said::conforms("AC-ROT")]);
    let control = twice.records.last().unwrap().1.clone();
    twice.records.push((RecordType::Control, control));
    book.seal(twice);
    let problem = audited(&exported(&book, &[]), &book.trust(), None).problem.unwrap();
    assert_eq!(problem.class, Class::Contradiction, "{}", problem.message);
}

#[test]
fn a_run_that_is_a_rehearsal_in_part_observes_the_other_targets() {
    let mut book = Book::new();
    let mut other = Said::conforms("AC-OTHER");
    other.target = "aws-test";
    let both = [other, Said::conforms("AC-ROT")];
    book.seal(run("day-0", day(0), &both));
    book.seal(rehearsed_in_part(run("day-1", day(1), &both)));
    book.seal(run("day-2", day(2), &both));
    let report = audited(&exported(&book, &[]), &book.trust(), None);
    let operation = report.operation.unwrap();
    assert_eq!((of(&operation, "AC-OTHER").observations.no_deviation, report.exit_code), (3, ExitStatus::RunsMissing));
    let rotates = of(&operation, "AC-ROT").observations;
    assert_eq!((rotates.no_deviation, rotates.rehearsed), (2, 1));
}

fn said(folder: &Path, arguments: &[&str]) -> Answer {
    let output = std::process::Command::new(program("witnessmark-verify"))
        .arg("audit")
        .args(arguments)
        .args(["--trust", "trust.json"])
        .current_dir(folder)
        .output()
        .unwrap();
    Answer::of(&output)
}

#[test]
fn the_audit_prints_a_table_of_an_export_and_of_a_store() {
    let (book, trust) = simulated();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("trust.json"), trust.render().unwrap()).unwrap();
    fs::write(at("ledger.tar"), tar(&exported(&book, &GONE))).unwrap();
    let text = said(folder.path(), &["ledger.tar", "--period", "2026"]);
    assert_eq!(text.code, 23, "{}{}", text.stdout, text.stderr);
    let words = text.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Controls (2026-01-01T00:00:00.000Z to 2026-12-31T23:59:59.999Z)",
        "Cannot be said of entries 298, 299: what became of the controls is not here.",
        "AC-ROT: Control AC-ROT (every 86400 s) 365 due, 361 made: 351 without a deviation, 8 undetermined, 2 cannot be said, 3 missing, 1 failed",
        "no deviation observed in 351 of 365 due observations since 2026-01-01T01:30:00.000Z (entry 0); 10 could not be read; 4 were not made",
        "reset by entry 0 (2026-01-01T01:30:00.000Z): accepted, and so on to entry 177 (178 runs)",
        "reset by entry 247 (2026-09-08T00:30:00.000Z): weaker: `max_days` of `aws-kms/key-rotates` at `aws-prod`",
        "missing due 2026-03-29T01:30:00.000Z",
        "Tasks (2026-01-01T00:00:00.000Z to 2026-12-31T23:59:59.999Z, by days in UTC)",
        "AC-ROOM: Control AC-ROOM (every 1 month, grace 10 days) 12 due, 9 made (1 late), 1 declared without a record, 1 declared long afterwards, 1 missing",
        "missing due 2026-08-31: nothing in the ledger says that it was done",
        "backdated due 2026-07-31: done 2026-07-30: R-7 (entries 254 to 362, declared first 2026-09-15T00:30:00.000Z)",
        "made due 2026-12-31: done 2026-12-30: record REC-1 of Jane Doe (entry 363, 2026-12-31T02:30:00.000Z)",
        "declared earlier, and not by entry 362 any more: 2026-09-30",
        "One is inspected by no check in any run, so nothing of them is counted; people have to show them: AC-ROOM",
    ] {
        assert!(words.contains(part), "`{part}` is not in\n{}", text.stdout);
    }
    let report = |arguments: &[&str]| -> Value {
        let answer = said(folder.path(), &[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&answer.stdout).unwrap()
    };
    let of_tar = report(&["ledger.tar", "--period", "2026"]);
    assert_eq!(of_tar["operation"]["unread"], json!({"entries": [298, 299], "in_all": 2}));
    let dates = report(&["ledger.tar", "--from", "2026-01-01", "--until", "2026-12-31"]);
    assert_eq!(dates["operation"], of_tar["operation"]);

    // A store says the same of itself: what is gone is gone there.
    unpack(&book.ledger_files(), &at("store"));
    fs::create_dir(at("store/bundles")).unwrap();
    for index in (0..book.size()).filter(|index| !GONE.contains(index)) {
        fs::write(at("store").join(layout::bundle(index)), tar(&book.files(index))).unwrap();
    }
    assert_eq!(report(&["store", "--period", "2026"])["operation"], of_tar["operation"]);
    // So does an export that was unpacked.
    unpack(&exported(&book, &GONE), &at("unpacked"));
    assert_eq!(report(&["unpacked", "--period", "2026"])["operation"], of_tar["operation"]);
    // A bundle in the store that is another one shows nothing of the controls.
    fs::copy(at("store").join(layout::bundle(3)), at("store").join(layout::bundle(4))).unwrap();
    assert_eq!(said(folder.path(), &["store"]).code, 20);
    for wrong in
        [&["ledger.tar", "--period", "2026-13"][..], &["ledger.tar", "--period", "2026", "--from", "2026-01-01"]]
    {
        assert_eq!(said(folder.path(), wrong).code, 2, "{wrong:?}");
    }
    let alone = year::controls(&book, &[]);
    assert_eq!(alone.len(), 363);
}

/// A person's record is of its entry, or nothing is said of what it could show.
#[test]
fn a_persons_record_is_proven_and_its_absence_is_said() {
    let (book, trust) = simulated();
    let whole = exported(&book, &[]);
    let task = |files: &Files| {
        let report = audited(files, &trust, None);
        let operation = report.operation.unwrap_or_else(|| panic!("{:?}", report.problem));
        (operation.said(), operation.tasks[0].clone())
    };
    let (said, told) = task(&whole);
    assert_eq!((said, told.unsaid, told.missing), (true, 0, 1));
    // Left out: what it shows is open yet, and of what nothing shows it cannot be said.
    let last = Entry::LedgerControls(363);
    let mut without = whole.clone();
    without.remove(&last);
    let (said, told) = task(&without);
    assert_eq!((said, told.unsaid, told.missing, told.open), (false, 1, 0, 1));
    let mut better = whole.clone();
    let text = String::from_utf8(whole[&last].clone()).unwrap();
    assert!(text.starts_with("witnessmark-controls/1\nrecorded\n"));
    better.insert(last.clone(), text.replace("2026-12-30", "2026-08-30").into_bytes());
    assert_eq!(audited(&better, &trust, None).problem.unwrap().class, Class::Altered);
    // Of a run's entry it is none.
    let mut moved = whole.clone();
    moved.insert(Entry::LedgerControls(362), whole[&last].clone());
    assert_eq!(audited(&moved, &trust, None).problem.unwrap().class, Class::Malformed);
}
