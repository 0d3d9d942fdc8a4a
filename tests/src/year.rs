//! A simulated year of daily runs in memory, with a fixed clock, and what an export adds of their controls.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "helpers of tests may stop at the first surprise"
)]

use bundle::controls::{self, Wanted};
use bundle::layout::Entry;
use bundle::read::TarSource;
use bundle::statement::{Statement, Summary};
use bundle::trust::{Range, Role, Trust, TrustedKey};
use model::record::Override;
use model::{Digest, RecordType, Timestamp};
use serde_json::{Value, json};
use sign::Ed25519Signer;

use crate::sealed::{Book, Files, Story, public, tar};

/// 2026-01-01T01:30:00Z: 02:30 in Zürich.
const BEGIN: i64 = 1_767_231_000_000;
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

/// What a run says of one control.
#[derive(Debug, Clone)]
pub struct Said {
    pub id: &'static str,
    /// `None`: no check is put to anything for it.
    pub outcome: Option<&'static str>,
    pub accepted: bool,
    pub requirements: Vec<&'static str>,
    pub parameters: Value,
    pub weaker: Vec<&'static str>,
    pub target: &'static str,
    /// What people do for it, as sealed.
    pub task: Option<Value>,
}

impl Said {
    #[must_use]
    pub fn conforms(id: &'static str) -> Self {
        Self {
            id,
            outcome: Some("conforms"),
            accepted: false,
            requirements: vec!["ccss-9.0:1.01.1.1"],
            parameters: json!({"max_days": 90}),
            weaker: Vec::new(),
            target: "aws-prod",
            task: None,
        }
    }

    #[must_use]
    pub fn is(mut self, outcome: &'static str) -> Self {
        self.outcome = Some(outcome);
        self
    }
}

/// A run that says this of its controls, by id.
#[must_use]
pub fn run(name: &str, started: Timestamp, said: &[Said]) -> Story {
    let mut story = Story::usual(0);
    story.records.retain(|(kind, _)| matches!(kind, RecordType::Run | RecordType::Check));
    story.raw.clear();
    let finished = Timestamp::from_millis(started.as_millis() + 60_000).unwrap();
    story.change(RecordType::Run, 0, |run| {
        run["id"] = json!(name);
        run["started"] = json!(started);
        run["finished"] = json!(finished);
    });
    let mut summary = Summary::default();
    let (mut assignments, mut findings, mut controls) = (Vec::new(), Vec::new(), Vec::new());
    for one in said {
        let is = |outcome: &str| u64::from(one.outcome == Some(outcome));
        let accepted = u64::from(one.accepted);
        let mut control = json!({
            "id": one.id, "title": format!("Control {}", one.id), "requirements": one.requirements,
            "counts": {
                "conforms": is("conforms"), "deviates": is("deviates"), "undetermined": is("undetermined"),
                "not_applicable": is("not-applicable"), "accepted": accepted,
            },
        });
        if let Some(task) = &one.task {
            control["task"] = task.clone();
        }
        if let Some(outcome) = one.outcome {
            control["outcome"] = json!(outcome);
            control["observe"] = json!({"every_seconds": 86_400});
            assignments.push(json!({
                "control": one.id, "check": "aws-kms/key-rotates", "targets": [one.target], "parameters": one.parameters,
                "weaker": one.weaker, "declared": {}, "now": started,
            }));
            findings.push(json!({
                "control": one.id, "check": "aws-kms/key-rotates", "target": one.target, "outcome": outcome,
                "severity": "medium", "evidence": [], "reason": "read", "rests_on": [],
            }));
            summary.conforms += is("conforms");
            summary.deviates += is("deviates");
            summary.undetermined += is("undetermined");
            summary.not_applicable += is("not-applicable");
            summary.accepted += accepted;
        }
        controls.push(control);
    }
    for (kind, records) in [
        (RecordType::Assignment, assignments),
        (RecordType::Route, vec![json!({"target": "aws-prod", "collector": "aws-kms"})]),
        (RecordType::Finding, findings),
        (RecordType::Control, controls),
    ] {
        story.records.extend(records.into_iter().map(|record| (kind, record)));
    }
    story.metadata.bundle = name.to_owned();
    (story.metadata.started, story.metadata.finished) = (started, finished);
    story.metadata.summary = summary;
    story.metadata.plan = Some(Digest::of(b"plan"));
    story
}

/// The same, with the answers of one target from elsewhere.
#[must_use]
pub fn rehearsed_in_part(mut story: Story) -> Story {
    story = story.rehearsed(&[Override::Target]);
    story.change(RecordType::Route, 0, |route| {
        route["rehearsal"] = json!([{"endpoint": "http://127.0.0.1:4566", "because": "plain-http"}]);
    });
    story
}

/// What `export --with-controls` adds; `gone` are bundles that are not in the store.
#[must_use]
pub fn controls(book: &Book, gone: &[u64]) -> Files {
    let mut wanted = Wanted::default();
    let mut files = Files::new();
    for (index, bundle) in (0..).zip(&book.bundles).filter(|(index, _)| !gone.contains(index)) {
        let said = Statement::parse(&bundle.statement.envelope.statement).unwrap().predicate;
        let Some(kinds) = wanted.of(&said) else { continue };
        let bytes = tar(&book.files(index));
        let mut source = TarSource::new(bytes.as_slice(), "test");
        files.insert(Entry::LedgerControls(index), controls::of_bundle(&mut source, &said, &kinds).unwrap());
        wanted.took(&said);
    }
    files
}

/// An export of the whole ledger with its controls.
#[must_use]
pub fn exported(book: &Book, gone: &[u64]) -> Files {
    let mut files = book.exported(0);
    files.extend(book.ledger_files());
    files.extend(controls(book, gone));
    files
}

/// A day of the year 2026, from 0, as the schedule of a machine in Zürich has it: 02:30 by its clock.
#[must_use]
pub fn day(number: i64) -> Timestamp {
    // Summer time from 29 March, day 87, to 25 October, day 297.
    let summer = if (87..=297).contains(&number) { HOUR } else { 0 };
    Timestamp::from_millis(BEGIN + number * DAY - summer).unwrap()
}

/// The year. Of it are gone from the store: [`GONE`].
///
/// AC-GUARD asks less on the days 250 to 279. AC-ROOM is shown by people, who have a task each month (`monthly`). AC-ROT could not be read on the days 210 to 216 (calls denied) and 230 (one
/// page throttled). AC-USE deviates on the days 0 to 189, until day 180 with an acceptance.
#[must_use]
pub fn simulated() -> (Book, Trust) {
    let mut book = Book::new();
    let first = Ed25519Signer::from_seed(&[1; 32]);
    let mut trust = book.trust();
    for number in 0..365 {
        // Days 40 and 41: the machine was off. Day 87: the clock leaves 02:30 out.
        if [40, 41, 87].contains(&number) {
            continue;
        }
        if number == 150 {
            let at = book.size();
            book.collector = Ed25519Signer::from_seed(&[9; 32]);
            for key in trust.keys.iter_mut().filter(|key| key.spki.0 == public(&first)) {
                key.indices = Range { from: 0, to: Some(at - 1) };
            }
            trust.keys.push(TrustedKey::from_now_on(public(&book.collector), Role::Run, at));
        }
        // Day 297: 02:30 comes twice.
        let again: &[i64] = if number == 297 { &[0, HOUR] } else { &[0] };
        for later in again {
            let started = Timestamp::from_millis(day(number).as_millis() + later).unwrap();
            let story = run(&format!("day-{number}-{later}"), started, &of_day(number));
            book.seal(if number == 310 { failed(story) } else { story });
        }
    }
    // The last entry: what a person saw on 30 December.
    let mut story = Story::recorded(book.size());
    let started = Timestamp::from_millis(day(364).as_millis() + HOUR).unwrap();
    let finished = Timestamp::from_millis(started.as_millis() + 60_000).unwrap();
    story.change(RecordType::Run, 0, |run| {
        run["started"] = json!(started);
        run["finished"] = json!(finished);
    });
    (story.metadata.started, story.metadata.finished) = (started, finished);
    story.change(RecordType::Recorded, 0, |recorded| {
        recorded["on"] = json!("2026-12-31");
        recorded["done_on"] = json!("2026-12-30");
        recorded["expires"] = json!("2027-12-31");
    });
    book.seal(story);
    (book, trust)
}

/// Bundles that are not in the store any more: those of the days 300 and 301.
pub const GONE: [u64; 2] = [298, 299];

fn failed(story: Story) -> Story {
    let mut story = story.failed();
    story.records.retain(|(kind, _)| *kind == RecordType::Run);
    story.metadata.summary = Summary::default();
    story.metadata.plan = None;
    story
}

fn of_day(number: i64) -> Vec<Said> {
    let mut guard = Said::conforms("AC-GUARD");
    if (250..280).contains(&number) {
        guard.parameters = json!({"max_days": 900});
        guard.weaker = vec!["max_days"];
    }
    let mut room = Said::conforms("AC-ROOM");
    room.outcome = None;
    room.task = Some(monthly(number));
    let unread = (210..=216).contains(&number) || number == 230;
    let rotates = Said::conforms("AC-ROT").is(if unread { "undetermined" } else { "conforms" });
    let mut usable = Said::conforms("AC-USE").is(if number < 190 { "deviates" } else { "conforms" });
    usable.accepted = number <= 180;
    let mut all = vec![guard, room, rotates, usable];
    if number >= 120 {
        // From then on the system is held to the next level of its standard.
        all.iter_mut().for_each(|said| said.requirements.push("ccss-9.0:1.01.2.1"));
    }
    all
}

/// The task of AC-ROOM, as it is declared on a day of the year: due at the end of each month, since it was done on the last day of 2025.
///
/// In February it was done late. In April no record is named. In July it was done, and declared 47 days later. In August nobody did it. The day of
/// September is not declared any more since day 310.
fn monthly(number: i64) -> Value {
    // Since which day of the year it is declared, until which, when it was done, and what shows it.
    let all = [
        (0, 999, "2025-12-31", Some("R-0")),
        (30, 999, "2026-01-30", Some("R-1")),
        (61, 999, "2026-03-02", Some("R-2")),
        (90, 999, "2026-03-31", Some("R-3")),
        (119, 999, "2026-04-29", None),
        (150, 999, "2026-05-30", Some("R-5")),
        (181, 999, "2026-06-30", Some("R-6")),
        (257, 999, "2026-07-30", Some("R-7")),
        (273, 310, "2026-09-30", Some("R-9")),
        (304, 999, "2026-10-31", Some("R-10")),
        (334, 999, "2026-11-30", Some("R-11")),
    ];
    let there = all.iter().filter(|(since, until, ..)| (*since..*until).contains(&number));
    let done = there.map(|(.., on, record)| match record {
        Some(record) => json!({"on": on, "record": record}),
        None => json!({"on": on}),
    });
    json!({"every": {"months": 1}, "grace_days": 10, "done": done.collect::<Vec<_>>()})
}
