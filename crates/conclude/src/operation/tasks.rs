//! Tasks of people over a period: on which days each was due by the calendar, and what in the ledger shows that it was done.
//!
//! Runs declare on which days a task was done, and with which record; people's records say the same of single days. Whoever declares a day long
//! afterwards may have made it up: each day is held against the entry that has it first. A day that was declared once stays, whatever later
//! entries say. None of this proves that it was done well.

use std::collections::{BTreeMap, BTreeSet};

use model::due::{Due, Every, due_days, met};
use model::record::{About, Recorded, Says, Task};
use model::{Date, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// So many due days, records and changes of a kind are named; the rest are counted.
const NAMED: usize = 1000;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days after which a day that was not declared in time is taken for one that was made up later, as in the checks of the declaration.
const TO_DECLARE: i64 = 31;
/// Seconds by which a day begins earlier in the east than in UTC.
const FIRST_BEGINS: i64 = 50_400;

/// What came of a day on which a task was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DueIs {
    /// Done in time, and a record is named.
    Made,
    /// The same, after the due day and within its grace.
    Late,
    /// A day is declared, and nothing that shows it.
    Unrecorded,
    /// The ledger was there on the day that is declared, and saw it only long afterwards.
    Backdated,
    /// A person's record says that it was not done as declared.
    Contradicted,
    /// Bundles are not at hand that could have had that day in time.
    Unsaid,
    /// Nothing in the ledger says that it was done.
    Missing,
    /// Nothing says so yet, and its grace is not over.
    Open,
}

/// One task over a period. `due` is the sum of all that follow it but `late`, which are among those made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskOperation {
    /// The control that it is done for.
    pub control: String,
    pub title: String,
    /// As the newest run has it; `null`: it is not declared how often, and nothing is due.
    pub every: Option<Every>,
    /// `null`: 31 days, ending before the next due day.
    pub grace_days: Option<u32>,
    /// The day from which the due days are counted: the earliest that the first entry with the task declares, or that entry's.
    pub counted_from: Option<Date>,
    /// The first and the last entry that has it.
    pub first: u64,
    pub last: u64,
    pub due: u64,
    pub made: u64,
    pub late: u64,
    pub unrecorded: u64,
    pub backdated: u64,
    pub contradicted: u64,
    pub unsaid: u64,
    pub missing: u64,
    pub open: u64,
    /// Every due day of the period, at most a thousand.
    pub days: Vec<DueDay>,
    pub days_in_all: u64,
    /// Where it was declared to be due otherwise, at most a thousand.
    pub changes: Vec<RuleChange>,
    /// Days that some entry declares and the newest one does not, at most a thousand.
    pub withdrawn: Vec<Date>,
}

impl TaskOperation {
    /// Due days of which nothing in the ledger shows in time that the task was done.
    #[must_use]
    pub const fn not_shown(&self) -> u64 {
        let unbelieved = self.unrecorded.saturating_add(self.backdated).saturating_add(self.contradicted);
        unbelieved.saturating_add(self.missing)
    }
}

/// A day on which a task was due, and what met it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DueDay {
    pub due: Date,
    /// The last day that still meets it.
    pub until: Date,
    pub is: DueIs,
    pub done: Option<DoneDay>,
}

/// A day on which a task was done, and what says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoneDay {
    pub on: Date,
    /// What shows it, as declared.
    pub records: Vec<String>,
    /// The first and the last run that declares it, and when the first one began; `null`: none does.
    pub first_entry: Option<u64>,
    pub first_seen: Option<Timestamp>,
    pub last_entry: Option<u64>,
    /// Records of people that are about it.
    pub people: Vec<ByPerson>,
    /// It is older than the ledger: since when it was known cannot be told.
    pub before_ledger: bool,
}

/// A person's record of a task that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ByPerson {
    pub entry: u64,
    /// Beginning of the session in which it was sealed.
    pub sealed: Timestamp,
    pub id: String,
    pub by: String,
    pub says: Says,
}

/// From an entry on a task is due otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleChange {
    pub entry: u64,
    pub started: Timestamp,
    pub from: Option<Every>,
    pub to: Option<Every>,
    pub from_grace_days: Option<u32>,
    pub to_grace_days: Option<u32>,
}

/// The tasks of a ledger, entry by entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks {
    by_control: BTreeMap<String, Known>,
    people: BTreeMap<String, BTreeMap<Date, Vec<ByPerson>>>,
    /// Beginning of the first run that observed something.
    ledger_since: Option<Timestamp>,
    /// Of the newest run whose tasks are known.
    newest: Option<Timestamp>,
    /// Of the first run after that one whose tasks are not known.
    unread_since: Option<Timestamp>,
    /// Some entry's record of a person is not at hand.
    unread_people: bool,
}

#[derive(Clone, Debug)]
struct Known {
    title: String,
    first: u64,
    last: u64,
    counted_from: Date,
    rules: Vec<Rule>,
    done: BTreeMap<Date, Claim>,
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    entry: u64,
    started: Timestamp,
    every: Option<Every>,
    grace_days: Option<u32>,
}

/// A day on which runs say that a task was done.
#[derive(Clone, Debug)]
struct Claim {
    records: BTreeSet<String>,
    entry: u64,
    /// When the first one that has it began.
    seen: Timestamp,
    /// When the first one began that could have had it.
    seen_at_least: Timestamp,
    last: u64,
}

impl Tasks {
    /// A run observed something.
    pub(super) fn run(&mut self, started: Timestamp, read: bool) {
        self.ledger_since.get_or_insert(started);
        if !read {
            self.unread_since.get_or_insert(started);
        }
    }

    /// The tasks of a run have all been taken up.
    pub(super) fn ended(&mut self, started: Timestamp) {
        self.unread_since = None;
        self.newest = self.newest.max(Some(started));
    }

    pub(super) fn task(&mut self, (entry, started): (u64, Timestamp), control: &str, title: &str, task: &Task) {
        let today = Date::of(started);
        // A day that has begun nowhere is a plan.
        let come = |day: Date| day.epoch() <= started.as_millis().div_euclid(1000) + FIRST_BEGINS;
        let known = self.by_control.entry(control.to_owned()).or_insert_with(|| Known {
            title: String::new(),
            first: entry,
            last: entry,
            counted_from: task.done.iter().map(|done| done.on).min().map_or(today, |day| day.min(today)),
            rules: Vec::new(),
            done: BTreeMap::new(),
        });
        title.clone_into(&mut known.title);
        known.last = entry;
        let rule = Rule { entry, started, every: task.every, grace_days: task.grace_days };
        let same = |last: &Rule| (last.every, last.grace_days) == (rule.every, rule.grace_days);
        if !known.rules.last().is_some_and(same) {
            known.rules.push(rule);
        }
        for done in task.done.iter().filter(|done| come(done.on)) {
            let claim = known.done.entry(done.on).or_insert_with(|| Claim {
                records: BTreeSet::new(),
                entry,
                seen: started,
                seen_at_least: self.unread_since.map_or(started, |unread| unread.min(started)),
                last: entry,
            });
            claim.last = entry;
            claim.records.extend(done.record.clone());
        }
    }

    /// A person's record.
    pub(super) fn recorded(&mut self, entry: u64, sealed: Timestamp, recorded: &Recorded) {
        let Some(day) = recorded.done_on else { return };
        for about in &recorded.about {
            let About::Control(control) = about else { continue };
            let one = ByPerson { entry, sealed, id: recorded.id.clone(), by: recorded.by.clone(), says: recorded.says };
            self.people.entry(control.clone()).or_default().entry(day).or_default().push(one);
        }
    }

    /// The contents of a person's record are not at hand: it could show any day.
    pub(super) const fn unread_person(&mut self) {
        self.unread_people = true;
    }

    /// What is to be said of every task, of what was due from `from` until `until`.
    pub(super) fn told(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> Vec<TaskOperation> {
        let Some(newest) = self.newest else { return Vec::new() };
        let period = (from.map(Date::of), until.map(Date::of));
        self.by_control.iter().map(|(control, known)| self.one(control, known, period, newest)).collect()
    }

    fn one(
        &self,
        control: &str,
        known: &Known,
        (from, until): (Option<Date>, Option<Date>),
        newest: Timestamp,
    ) -> TaskOperation {
        let end = until.unwrap_or_else(|| Date::of(newest));
        // What is not over when the last run began may still be met.
        let over = end.max(Date::of(newest));
        let rule = known.rules.last();
        let mut told = TaskOperation {
            control: control.to_owned(),
            title: known.title.clone(),
            every: rule.and_then(|rule| rule.every),
            grace_days: rule.and_then(|rule| rule.grace_days),
            counted_from: Some(known.counted_from),
            first: known.first,
            last: known.last,
            changes: changes(&known.rules),
            withdrawn: known
                .done
                .iter()
                .filter(|(_, c)| c.last < known.last)
                .map(|(day, _)| *day)
                .take(NAMED)
                .collect(),
            ..TaskOperation::default()
        };
        let due = all_due(known, end);
        let none = BTreeMap::new();
        let people = self.people.get(control).unwrap_or(&none);
        let mut days: BTreeMap<Date, DueIs> = BTreeMap::new();
        for day in known.done.keys().chain(people.keys()) {
            let by = people.get(day).map_or([].as_slice(), Vec::as_slice);
            days.insert(*day, self.believed(*day, known.done.get(day), by));
        }
        // What nobody believes takes nothing away from what is shown.
        let shown: Vec<Date> =
            days.iter().filter(|(_, is)| matches!(is, DueIs::Made | DueIs::Unsaid)).map(|(day, _)| *day).collect();
        let mut others: BTreeSet<Date> = days.keys().filter(|day| !shown.contains(day)).copied().collect();
        let found = met(&due, &shown);
        for (due, place) in due.iter().zip(found) {
            let by = place.and_then(|place| shown.get(place)).copied();
            let day = by.or_else(|| others.iter().find(|day| due.is_met_by(**day)).copied());
            if let Some(day) = day {
                others.remove(&day);
            }
            if from.is_some_and(|from| due.on < from) {
                continue;
            }
            let is = match day.and_then(|day| Some((day, *days.get(&day)?))) {
                Some((day, DueIs::Made)) if day > due.on => DueIs::Late,
                Some((_, is)) => is,
                None if due.until >= over => DueIs::Open,
                None if self.unread_people || self.unread_since.is_some() => DueIs::Unsaid,
                None => DueIs::Missing,
            };
            let done = day.map(|day| {
                let by = people.get(&day).cloned().unwrap_or_default();
                self.done(day, known.done.get(&day), by)
            });
            told.count(DueDay { due: due.on, until: due.until, is, done });
        }
        told
    }

    /// What a day is worth, and why.
    fn believed(&self, day: Date, claim: Option<&Claim>, people: &[ByPerson]) -> DueIs {
        if people.iter().any(|one| one.says == Says::Contradicts) {
            return DueIs::Contradicted;
        }
        let of_person = people.iter().map(|one| self.in_time(day, one.sealed));
        let known = claim.filter(|claim| !claim.records.is_empty());
        let declared =
            known.map(|claim| match (self.in_time(day, claim.seen), self.in_time(day, claim.seen_at_least)) {
                (true, _) => DueIs::Made,
                (false, true) => DueIs::Unsaid,
                (false, false) => DueIs::Backdated,
            });
        let all: Vec<DueIs> =
            of_person.map(|in_time| if in_time { DueIs::Made } else { DueIs::Backdated }).chain(declared).collect();
        [DueIs::Made, DueIs::Unsaid, DueIs::Backdated]
            .into_iter()
            .find(|is| all.contains(is))
            .unwrap_or(DueIs::Unrecorded)
    }

    /// Whether the ledger saw a day soon afterwards, or could not know it.
    fn in_time(&self, day: Date, seen: Timestamp) -> bool {
        let seen = seen.as_millis().div_euclid(1000);
        self.is_older(day) || seen - day.epoch() <= TO_DECLARE * DAY
    }

    fn is_older(&self, day: Date) -> bool {
        self.ledger_since.is_none_or(|since| day.epoch() < since.as_millis().div_euclid(1000))
    }

    fn done(&self, on: Date, claim: Option<&Claim>, people: Vec<ByPerson>) -> DoneDay {
        DoneDay {
            on,
            records: claim.map(|claim| claim.records.iter().cloned().collect()).unwrap_or_default(),
            first_entry: claim.map(|claim| claim.entry),
            first_seen: claim.map(|claim| claim.seen),
            last_entry: claim.map(|claim| claim.last),
            people,
            before_ledger: self.is_older(on),
        }
    }
}

impl TaskOperation {
    fn count(&mut self, day: DueDay) {
        self.due += 1;
        match day.is {
            DueIs::Made => self.made += 1,
            DueIs::Late => {
                self.made += 1;
                self.late += 1;
            }
            DueIs::Unrecorded => self.unrecorded += 1,
            DueIs::Backdated => self.backdated += 1,
            DueIs::Contradicted => self.contradicted += 1,
            DueIs::Unsaid => self.unsaid += 1,
            DueIs::Missing => self.missing += 1,
            DueIs::Open => self.open += 1,
        }
        self.days_in_all += 1;
        if self.days.len() < NAMED {
            self.days.push(day);
        }
    }
}

/// The due days until then. Where a task is declared to be due otherwise, the next is counted from the last that was due before.
fn all_due(known: &Known, end: Date) -> Vec<Due> {
    let mut found: Vec<Due> = Vec::new();
    let mut first = known.counted_from;
    let mut rules = known.rules.iter().peekable();
    while let Some(rule) = rules.next() {
        let until = rules.peek().map_or(end, |next| Date::of(next.started).min(end));
        let Some(every) = rule.every else { continue };
        found.extend(due_days(first, every, rule.grace_days, until));
        first = found.last().map_or(first, |due| due.on);
    }
    found
}

fn changes(rules: &[Rule]) -> Vec<RuleChange> {
    let pairs = rules.iter().zip(rules.iter().skip(1));
    let change = |(was, is): (&Rule, &Rule)| RuleChange {
        entry: is.entry,
        started: is.started,
        from: was.every,
        to: is.every,
        from_grace_days: was.grace_days,
        to_grace_days: is.grace_days,
    };
    pairs.map(change).take(NAMED).collect()
}
