//! Tasks of people over a period.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::sync::Arc;

use model::due::Every;
use model::record::{About, ActsFor, Control, Counts, RecordMethod, Recorded, Says, Task, TaskDone};
use model::{Date, Timestamp};
use witnessmark_conclude::{Began, CheckTexts, DueIs, Judged, Operation, Rehearsals, TaskOperation, Uses, Worth};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Six in the morning.
fn at(day: &str) -> Timestamp {
    Timestamp::from_rfc3339(&format!("{day}T06:00:00Z")).unwrap()
}

fn monthly(done: &[(&str, Option<&str>)]) -> Task {
    let done = done.iter().map(|(on, record)| TaskDone { on: date(on), record: record.map(ToOwned::to_owned) });
    Task { every: Every::new(1, 0), grace_days: Some(5), done: done.collect() }
}

/// A ledger, entry by entry.
#[derive(Default)]
struct Ledger {
    operation: Operation,
    next: u64,
}

impl Ledger {
    fn run(&mut self, day: &str, task: Option<Task>) -> &mut Self {
        let control = Control {
            id: "C".to_owned(),
            title: "Two look at the list".to_owned(),
            requirements: Vec::new(),
            outcome: None,
            counts: Counts::default(),
            observe: None,
            task,
        };
        let judged = Judged {
            controls: &[control],
            uses: &Arc::new(Uses::default()),
            texts: &Arc::new(CheckTexts::default()),
            rehearsals: &Rehearsals::default(),
        };
        self.began(day, Some(judged))
    }

    fn unread(&mut self, day: &str) -> &mut Self {
        self.began(day, None)
    }

    fn began(&mut self, day: &str, judged: Option<Judged<'_>>) -> &mut Self {
        let began = Began {
            index: self.next,
            started: at(day),
            every_seconds: Some(86_400),
            grace_seconds: None,
            worth: Worth::Complete,
        };
        self.operation.run(began, judged);
        self.next += 1;
        self
    }

    fn person(&mut self, sealed: &str, done_on: &str, says: Says) -> &mut Self {
        let recorded = Recorded {
            id: format!("REC-{}", self.next),
            method: RecordMethod::Observe,
            about: vec![About::Control("C".to_owned())],
            by: "Jane Doe".to_owned(),
            role: ActsFor::Auditor,
            on: date(sealed),
            done_on: Some(date(done_on)),
            expires: date("2030-01-01"),
            says,
            text: "they did".to_owned(),
            attachments: Vec::new(),
        };
        self.operation.recorded(self.next, at(sealed), Some(&recorded));
        self.next += 1;
        self
    }

    fn told(&self) -> TaskOperation {
        self.until(None)
    }

    fn until(&self, until: Option<&str>) -> TaskOperation {
        self.operation.told(None, until.map(at)).tasks.remove(0)
    }

    /// What came of each due day, and of the day that met it.
    fn days(&self) -> Vec<(String, DueIs)> {
        self.told().days.iter().map(|day| (day.due.to_string(), day.is)).collect()
    }
}

fn is(days: &[(&str, DueIs)]) -> Vec<(String, DueIs)> {
    days.iter().map(|(day, is)| ((*day).to_owned(), *is)).collect()
}

const FIRST: (&str, Option<&str>) = ("2026-01-31", Some("R-1"));

#[test]
fn without_a_declared_day_the_first_entry_is_what_it_is_counted_from() {
    let mut ledger = Ledger::default();
    ledger.run("2026-01-31", Some(monthly(&[]))).run("2026-04-10", Some(monthly(&[])));
    assert_eq!(
        ledger.days(),
        is(&[("2026-02-28", DueIs::Missing), ("2026-03-31", DueIs::Missing)]),
        "28 February and 31 March: each from 31 January"
    );
    let told = ledger.told();
    assert_eq!((told.not_shown(), told.made, told.counted_from), (2, 0, Some(date("2026-01-31"))));
    // A day within its grace is open, and what is asked for later is over.
    let mut open = Ledger::default();
    open.run("2026-01-31", Some(monthly(&[]))).run("2026-03-02", Some(monthly(&[])));
    assert_eq!(open.days(), is(&[("2026-02-28", DueIs::Open)]));
    assert_eq!(open.until(Some("2026-03-20")).missing, 1);
}

/// Whoever adds an earlier day later moves no due day.
#[test]
fn what_is_declared_later_moves_nothing() {
    let mut ledger = Ledger::default();
    ledger.run("2026-02-01", Some(monthly(&[FIRST])));
    ledger.run("2026-03-20", Some(monthly(&[("2026-01-15", Some("R-0")), FIRST])));
    let told = ledger.told();
    assert_eq!((told.counted_from, told.missing), (Some(date("2026-01-31")), 1));
}

#[test]
fn a_plan_is_no_record_and_becomes_none_by_waiting() {
    let plan = [FIRST, ("2026-02-27", Some("R-2")), ("2026-03-30", Some("R-3"))];
    let mut ledger = Ledger::default();
    ledger.run("2026-02-01", Some(monthly(&plan))).run("2026-02-10", Some(monthly(&plan)));
    ledger.run("2026-03-01", Some(monthly(&plan[..2]))).run("2026-04-20", Some(monthly(&plan[..2])));
    // That of February was declared again once it had come; that of March was not.
    assert_eq!(ledger.days(), is(&[("2026-02-28", DueIs::Made), ("2026-03-31", DueIs::Missing)]));
    let done = ledger.told().days[0].done.clone().unwrap();
    assert_eq!((done.first_entry, done.last_entry, done.before_ledger), (Some(2), Some(3), false));
}

#[test]
fn a_day_is_held_against_when_the_ledger_first_had_it() {
    let two = [FIRST, ("2026-02-20", Some("R-2"))];
    let told = |seen: &str, unread: bool| {
        let mut ledger = Ledger::default();
        ledger.run("2026-02-01", Some(monthly(&[FIRST])));
        if unread {
            ledger.unread("2026-03-01");
        }
        ledger.run(seen, Some(monthly(&two)));
        ledger.days()[0].1
    };
    // Within 31 days, and after them.
    assert_eq!(told("2026-03-22", false), DueIs::Made);
    assert_eq!(told("2026-03-24", false), DueIs::Backdated);
    // A bundle that is not at hand may have had it in time.
    assert_eq!(told("2026-03-24", true), DueIs::Unsaid);
    // What is older than the ledger it could not know.
    let mut older = Ledger::default();
    older.run("2026-03-10", Some(monthly(&[FIRST]))).run("2026-06-01", Some(monthly(&two)));
    let first = older.until(None);
    assert!(first.days.iter().all(|day| day.due > date("2026-03-09")), "of the period only");
    let told = older.operation.told(Some(at("2026-02-01")), None).tasks.remove(0);
    assert_eq!((told.days[0].is, told.days[0].done.as_ref().unwrap().before_ledger), (DueIs::Made, true));
}

#[test]
fn a_day_without_a_record_shows_nothing_and_hides_nothing() {
    let mut ledger = Ledger::default();
    let task = monthly(&[FIRST, ("2026-02-10", None), ("2026-02-20", Some("R-2")), ("2026-03-20", None)]);
    ledger.run("2026-02-01", Some(monthly(&[FIRST]))).run("2026-03-01", Some(task.clone()));
    ledger.run("2026-04-10", Some(task));
    assert_eq!(ledger.days(), is(&[("2026-02-28", DueIs::Made), ("2026-03-31", DueIs::Unrecorded)]));
}

#[test]
fn people_show_days_and_say_otherwise() {
    let two = [FIRST, ("2026-02-20", Some("R-2"))];
    let mut ledger = Ledger::default();
    ledger.run("2026-02-01", Some(monthly(&[FIRST]))).run("2026-02-21", Some(monthly(&two)));
    ledger.person("2026-03-25", "2026-03-24", Says::Supports).run("2026-04-10", Some(monthly(&two)));
    assert_eq!(ledger.days(), is(&[("2026-02-28", DueIs::Made), ("2026-03-31", DueIs::Made)]));
    let shown = ledger.told().days[1].done.clone().unwrap();
    assert_eq!((shown.people[0].entry, shown.first_entry), (2, None));
    ledger.person("2026-04-11", "2026-02-20", Says::Contradicts);
    assert_eq!(ledger.days()[0].1, DueIs::Contradicted);
    assert_eq!(ledger.told().not_shown(), 1);
    // A record that was sealed long after the day, of a day on which the ledger was there.
    let mut late = Ledger::default();
    late.run("2026-02-01", Some(monthly(&[FIRST]))).person("2026-05-01", "2026-02-20", Says::Supports);
    late.run("2026-05-02", Some(monthly(&[FIRST])));
    assert_eq!(late.days()[0].1, DueIs::Backdated);
    // One whose contents nobody has could show it.
    let mut gone = Ledger::default();
    gone.run("2026-02-01", Some(monthly(&[FIRST])));
    gone.operation.recorded(1, at("2026-02-20"), None);
    gone.run("2026-03-20", Some(monthly(&[FIRST])));
    assert_eq!(gone.days(), is(&[("2026-02-28", DueIs::Unsaid)]));
    assert!(!gone.operation.told(None, None).said());
}

#[test]
fn another_rule_counts_from_the_last_that_was_due_and_shows() {
    let yearly = Task { every: Every::new(12, 0), ..monthly(&[FIRST]) };
    let mut ledger = Ledger::default();
    ledger.run("2026-02-01", Some(monthly(&[FIRST]))).run("2026-03-01", Some(monthly(&[FIRST])));
    ledger.run("2026-03-30", Some(yearly.clone())).run("2027-03-10", Some(yearly));
    assert_eq!(ledger.days(), is(&[("2026-02-28", DueIs::Missing), ("2027-02-28", DueIs::Missing)]));
    let told = ledger.told();
    let [change] = &told.changes[..] else { panic!("one change") };
    assert_eq!((change.entry, change.from, change.to), (2, Every::new(1, 0), Every::new(12, 0)));
}

/// Neither does what is not there any more stop to be due.
#[test]
fn a_task_that_was_removed_goes_on_being_due() {
    let mut ledger = Ledger::default();
    ledger.run("2026-02-01", Some(monthly(&[FIRST]))).run("2026-03-01", None).run("2026-04-20", None);
    let told = ledger.told();
    assert_eq!((told.due, told.missing, told.last), (2, 2, 0));
    // Without a rule nothing is due.
    let mut never = Ledger::default();
    never.run("2026-02-01", Some(Task { every: None, ..monthly(&[FIRST]) })).run("2026-09-01", None);
    assert_eq!((never.told().due, never.told().every), (0, None));
}

#[test]
fn days_that_are_not_declared_any_more_stay_and_are_listed() {
    let two = [FIRST, ("2026-02-20", Some("R-2"))];
    let mut ledger = Ledger::default();
    ledger.run("2026-02-21", Some(monthly(&two))).run("2026-03-20", Some(monthly(&[FIRST])));
    let told = ledger.told();
    assert_eq!((told.days[0].is, told.withdrawn), (DueIs::Made, vec![date("2026-02-20")]));
}
