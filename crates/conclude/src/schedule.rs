//! When runs were due by the schedule that they declare, and what came of each of these slots.
//!
//! A declared schedule has an interval and no hour: after each run that observed something the next one is due an interval later. So a
//! run that begins a little late each day misses none, and what stands between two such runs is cut into slots of one interval. A run
//! that failed and a rehearsal observe nothing: their slot stays without an observation, and says which of the two it was. Nor is a slot met
//! by an observation that began before an earlier one: what was due until then has been told already, and is told once. A failed run whose
//! clock was ahead of the runs after it ends no period: a clock that is wrong is a reason to fail, and its time has not passed.
//!
//! Where a grace is declared, an observation that comes later than that after its slot was due does not meet it: the slot is missing, and the next one
//! is due an interval after what came too late.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// So many irregularities of a kind are named; the rest are counted.
const NAMED: usize = 1000;

/// The interval by which a run without one is held to be long after another.
const DAY_SECONDS: u64 = 86_400;

/// A run of a ledger, as its statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    pub index: u64,
    pub started: Timestamp,
    /// The next run is due this long after it; absent where no interval is declared.
    pub every_seconds: Option<u64>,
    /// So long after it was due the next one still meets its slot, at most half the interval; absent: half of it.
    pub grace_seconds: Option<u64>,
    pub worth: Worth,
}

/// What a run is worth as an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// All that was asked for was read.
    Complete,
    /// Sealed with gaps.
    Partial,
    Failed,
    /// A rehearsal of all its targets.
    Rehearsal,
}

/// What became of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// No run at all.
    Missing,
    /// Runs that failed, and no other.
    Failed,
    /// Rehearsals, and no other but failed ones.
    Rehearsed,
    /// Observed more than a tenth of the interval after it was due.
    Late,
    /// Observed, with gaps.
    Partial,
}

/// Slots after each other of which the same is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Slots {
    pub slot: Slot,
    /// When the first and the last of them were due.
    pub from: Timestamp,
    pub until: Timestamp,
    pub count: u64,
    /// The declared interval.
    pub every_seconds: u64,
    /// The observation before; absent where there was none yet.
    pub after: Option<u64>,
    /// The observation after; absent where there is none yet.
    pub before: Option<u64>,
    /// The runs that it is said of; none where they are missing.
    pub entries: Vec<u64>,
}

/// A time of which cannot be said what was due, because no schedule was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unsaid {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// The runs of a ledger, in the order of their indices.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    runs: Vec<Began>,
}

/// Where the declared schedule was kept, and where not. Of slots that were due within the period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kept {
    /// Slots; 0 where nothing was declared: then nothing can be said.
    pub due: u64,
    /// Of them with an observation, late and partial ones too.
    pub observed: u64,
    pub late: u64,
    pub partial: u64,
    /// Of them without an observation.
    pub missing: u64,
    pub failed: u64,
    pub rehearsed: u64,
    /// All that was not as declared, at most a thousand rows.
    pub slots: Vec<Slots>,
    pub slots_in_all: u64,
    /// Times of which nothing can be said, at most a thousand.
    pub unsaid: Vec<Unsaid>,
    pub unsaid_in_all: u64,
    /// Observations that began before an earlier one, at most a thousand. They meet no slot.
    pub times_back: Vec<u64>,
    pub times_back_in_all: u64,
    /// Failed runs that began more than half an interval after a run behind them, at most a thousand. They end no period.
    pub times_ahead: Vec<u64>,
    pub times_ahead_in_all: u64,
    /// Begin of the first and of the last observation of the whole ledger.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

impl Kept {
    /// Slots without an observation.
    #[must_use]
    pub const fn unobserved(&self) -> u64 {
        self.missing.saturating_add(self.failed).saturating_add(self.rehearsed)
    }

    /// Whether of all of the period can be said what was due.
    #[must_use]
    pub const fn said(&self) -> bool {
        self.due > 0 && self.unsaid_in_all == 0
    }
}

impl Schedule {
    pub fn run(&mut self, run: Began) {
        self.runs.push(run);
    }

    /// What was due from `from` until `until`, both inclusive. Without them: from the first run to the last one, rehearsals aside.
    #[must_use]
    pub fn kept(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> Kept {
        self.walked(from, until, &mut |_, _| {})
    }

    /// The period that is told of where no begin or no end is asked for.
    pub(crate) fn period(
        &self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let real: Vec<&Began> = self.runs.iter().filter(|run| run.worth != Worth::Rehearsal).collect();
        // A run after the first observation whose clock went back begins no period.
        let opening = real.iter().position(|run| observed(run)).map_or(real.len(), |at| at + 1);
        let begin = from.or_else(|| real.iter().take(opening).map(|run| run.started).min());
        let ahead = self.ahead();
        let plausible = real.iter().filter(|run| !ahead.contains(&run.index));
        (begin, until.or_else(|| plausible.map(|run| run.started).max()))
    }

    /// The same as [`Schedule::kept`]. `met` is told the index of each observation that meets a slot of the period, and whether it was late.
    pub(crate) fn walked(
        &self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        met: &mut dyn FnMut(u64, bool),
    ) -> Kept {
        let (begin, end) = self.period(from, until);
        let ahead = self.ahead();
        let kept = Kept {
            times_ahead: ahead.iter().take(NAMED).copied().collect(),
            times_ahead_in_all: ahead.len() as u64,
            ..Kept::default()
        };
        let mut walk = Walk { from: begin, until: end, asked_until: until.is_some(), kept, met };
        let mut others: Vec<Began> = Vec::new();
        let mut last: Option<Began> = None;
        for run in &self.runs {
            if !observed(run) {
                others.push(*run);
                continue;
            }
            match last {
                None => walk.first(*run, &others),
                // The time until `before` has been walked: where this one stood in it, nobody can say.
                Some(before) if run.started < before.started => {
                    walk.back(*run);
                    continue;
                }
                Some(before) => walk.between(before, *run, &others),
            }
            others.clear();
            last = Some(*run);
        }
        match (last, self.runs.first()) {
            (Some(last), _) => walk.after(last, &others),
            // The schedule of what ran at all; of real runs, where there are some.
            (None, Some(first)) => {
                let real = self.runs.iter().find(|run| run.worth != Worth::Rehearsal);
                walk.nothing(real.unwrap_or(first), &others);
            }
            (None, None) => {}
        }
        walk.kept
    }

    /// Failed runs whose clock was ahead, by their indices.
    fn ahead(&self) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        let mut failed: Vec<&Began> = Vec::new();
        let mut last: Option<Timestamp> = None;
        for run in &self.runs {
            match run.worth {
                Worth::Rehearsal => {}
                Worth::Failed => failed.push(run),
                // One whose clock went back says nothing of another's.
                Worth::Complete | Worth::Partial if last.is_some_and(|last| run.started < last) => {}
                Worth::Complete | Worth::Partial => {
                    take_ahead(&mut failed, last, Some(run.started), &mut found);
                    last = Some(run.started);
                }
            }
        }
        take_ahead(&mut failed, last, None, &mut found);
        found
    }
}

/// Whether it is an observation.
pub(crate) const fn observed(run: &Began) -> bool {
    matches!(run.worth, Worth::Complete | Worth::Partial)
}

/// Of failed runs after the observation `last` and before the one that began at `next`: those that began long after one behind them.
fn take_ahead(failed: &mut Vec<&Began>, last: Option<Timestamp>, next: Option<Timestamp>, found: &mut BTreeSet<u64>) {
    let mut earliest = next;
    for run in failed.drain(..).rev() {
        let half = i128::from(run.every_seconds.unwrap_or(DAY_SECONDS)) * 500;
        if earliest.is_some_and(|then| millis(run.started) - millis(then) > half) {
            found.insert(run.index);
        } else if last.is_none_or(|last| run.started >= last) {
            earliest = Some(earliest.map_or(run.started, |then| then.min(run.started)));
        }
    }
}

/// A period, and what is found of it.
struct Walk<'m> {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Whoever asks says that the time until then has passed.
    asked_until: bool,
    kept: Kept,
    /// Is told of each observation that meets a slot.
    met: &'m mut dyn FnMut(u64, bool),
}

/// Slots of one interval: number `i` is due at `anchor + i * every`. All in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Grid {
    anchor: i128,
    every: i128,
    every_seconds: u64,
    /// Half the interval at most.
    grace: i128,
}

impl Grid {
    pub(crate) fn new(anchor: Timestamp, every_seconds: u64, grace_seconds: Option<u64>) -> Self {
        let every_seconds = every_seconds.max(1);
        let every = i128::from(every_seconds) * 1000;
        let grace = grace_seconds.map_or(every / 2, |grace| (i128::from(grace) * 1000).min(every / 2));
        Self { anchor: i128::from(anchor.as_millis()), every, every_seconds, grace }
    }

    /// Whether what began then is too late for this slot.
    const fn is_past(&self, number: i128, moment: i128) -> bool {
        moment - self.due(number) > self.grace
    }

    /// Whether what began then meets this slot and is late.
    const fn is_late(&self, number: i128, moment: i128) -> bool {
        moment - self.due(number) > self.every / 10
    }

    pub(crate) const fn due(&self, number: i128) -> i128 {
        self.anchor + number * self.every
    }

    /// The slot to which a moment is nearest; of two the later one.
    pub(crate) const fn nearest(&self, moment: i128) -> i128 {
        (moment - self.anchor + self.every / 2).div_euclid(self.every)
    }

    /// The first slot that is not due before a moment.
    const fn not_before(&self, moment: i128) -> i128 {
        -(self.anchor - moment).div_euclid(self.every)
    }

    /// The last slot that is not due after a moment.
    const fn not_after(&self, moment: i128) -> i128 {
        (moment - self.anchor).div_euclid(self.every)
    }
}

pub(crate) fn millis(time: Timestamp) -> i128 {
    i128::from(time.as_millis())
}

impl Walk<'_> {
    /// The first observation: its own slot, and those before it, back to the begin of the period.
    fn first(&mut self, run: Began, others: &[Began]) {
        self.kept.first = Some(run.started);
        self.kept.last = Some(run.started);
        let Some(every) = run.every_seconds else {
            if let Some(from) = self.from {
                self.unsaid(from, run.started);
            }
            return;
        };
        let grid = Grid::new(run.started, every, run.grace_seconds);
        if let Some(from) = self.from {
            self.unmet(grid, grid.not_before(millis(from)), -1, (None, Some(run.index)), others);
        }
        self.met(grid, 0, run, None);
    }

    fn back(&mut self, run: Began) {
        self.kept.times_back_in_all += 1;
        if self.kept.times_back.len() < NAMED {
            self.kept.times_back.push(run.index);
        }
    }

    fn between(&mut self, before: Began, run: Began, others: &[Began]) {
        self.kept.last = Some(run.started);
        let Some(every) = before.every_seconds else {
            self.unsaid(before.started, run.started);
            return;
        };
        let grid = Grid::new(before.started, every, before.grace_seconds);
        let number = grid.nearest(millis(run.started));
        let past = number > 0 && grid.is_past(number, millis(run.started));
        let unmet = if past { number } else { number - 1 };
        self.unmet(grid, 1, unmet, (Some(before.index), Some(run.index)), others);
        // One more than was due meets no slot.
        if number > 0 && !past {
            self.met(grid, number, run, Some(before.index));
        }
    }

    fn after(&mut self, last: Began, others: &[Began]) {
        let Some(until) = self.until else { return };
        let Some(every) = last.every_seconds else {
            self.unsaid(last.started, until);
            return;
        };
        let grid = Grid::new(last.started, every, last.grace_seconds);
        // A run is missing once its grace went by.
        let end = grid.not_after(millis(until) - grid.grace);
        let end = others
            .iter()
            .map(|run| grid.nearest(millis(run.started)))
            .filter(|at| grid.due(*at) <= millis(until))
            .fold(end, i128::max);
        self.unmet(grid, 1, end, (Some(last.index), None), others);
    }

    /// No observation at all: every slot is without one.
    fn nothing(&mut self, first: &Began, others: &[Began]) {
        let (Some(from), Some(until)) = (self.from, self.until) else { return };
        let Some(every) = first.every_seconds else {
            self.unsaid(from, until);
            return;
        };
        let grid = Grid::new(from, every, first.grace_seconds);
        let end = if self.asked_until { millis(until) - grid.grace } else { millis(until) };
        self.unmet(grid, 0, grid.not_after(end).max(0), (None, None), others);
    }

    fn within(&self, due: i128) -> bool {
        self.from.is_none_or(|from| due >= millis(from)) && self.until.is_none_or(|until| due <= millis(until))
    }

    fn unsaid(&mut self, from: Timestamp, until: Timestamp) {
        let from = self.from.map_or(from, |start| start.max(from));
        let until = self.until.map_or(until, |end| end.min(until));
        if from >= until {
            return;
        }
        self.kept.unsaid_in_all += 1;
        if self.kept.unsaid.len() < NAMED {
            self.kept.unsaid.push(Unsaid { from, until });
        }
    }

    /// A slot with an observation.
    fn met(&mut self, grid: Grid, number: i128, run: Began, after: Option<u64>) {
        let due = grid.due(number);
        if !self.within(due) {
            return;
        }
        self.kept.due += 1;
        self.kept.observed += 1;
        let around = (after, Some(run.index));
        let late = grid.is_late(number, millis(run.started));
        (self.met)(run.index, late);
        if late {
            self.kept.late += 1;
            self.row(Slot::Late, grid, (number, number), around, vec![run.index]);
        }
        if run.worth == Worth::Partial {
            self.kept.partial += 1;
            self.row(Slot::Partial, grid, (number, number), around, vec![run.index]);
        }
    }

    /// Slots without an observation, those of the period among them; `others` are the failed runs and rehearsals of that time.
    fn unmet(&mut self, grid: Grid, first: i128, last: i128, around: (Option<u64>, Option<u64>), others: &[Began]) {
        let first = self.from.map_or(first, |from| first.max(grid.not_before(millis(from))));
        let last = self.until.map_or(last, |until| last.min(grid.not_after(millis(until))));
        if first > last {
            return;
        }
        let mut tried: BTreeMap<i128, (Slot, Vec<u64>)> = BTreeMap::new();
        for run in others {
            let number = grid.nearest(millis(run.started)).clamp(first - 1, last + 1);
            if number < first || number > last {
                continue;
            }
            let slot = if run.worth == Worth::Failed { Slot::Failed } else { Slot::Rehearsed };
            let (kind, entries) = tried.entry(number).or_insert((slot, Vec::new()));
            // That a real run failed says less than that somebody rehearsed in its place.
            *kind = (*kind).max(slot);
            if entries.len() < NAMED {
                entries.push(run.index);
            }
        }
        let mut next = first;
        for (number, (slot, entries)) in tried {
            self.missing(grid, (next, number - 1), around);
            self.kept.due += 1;
            match slot {
                Slot::Failed => self.kept.failed += 1,
                _ => self.kept.rehearsed += 1,
            }
            self.row(slot, grid, (number, number), around, entries);
            next = number + 1;
        }
        self.missing(grid, (next, last), around);
    }

    fn missing(&mut self, grid: Grid, slots: (i128, i128), around: (Option<u64>, Option<u64>)) {
        let count = u64::try_from(slots.1 - slots.0 + 1).unwrap_or(0);
        if count == 0 {
            return;
        }
        self.kept.due = self.kept.due.saturating_add(count);
        self.kept.missing = self.kept.missing.saturating_add(count);
        self.row(Slot::Missing, grid, slots, around, Vec::new());
    }

    fn row(
        &mut self,
        slot: Slot,
        grid: Grid,
        (first, last): (i128, i128),
        (after, before): (Option<u64>, Option<u64>),
        entries: Vec<u64>,
    ) {
        self.kept.slots_in_all += 1;
        let time = |number| i64::try_from(grid.due(number)).ok().and_then(|due| Timestamp::from_millis(due).ok());
        // A slot within the period is a time that can be written.
        let (Some(from), Some(until)) = (time(first), time(last)) else { return };
        if self.kept.slots.len() < NAMED {
            let count = u64::try_from(last - first + 1).unwrap_or(0);
            self.kept.slots.push(Slots {
                slot,
                from,
                until,
                count,
                every_seconds: grid.every_seconds,
                after,
                before,
                entries,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Option<u64> = Some(86_400);

    fn at(text: &str) -> Timestamp {
        let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        Timestamp::from_rfc3339(&text).unwrap()
    }

    fn kept(from: Option<&str>, runs: &[(&str, Option<u64>, Worth)], until: Option<&str>) -> Kept {
        let mut schedule = Schedule::default();
        for (index, (started, every_seconds, worth)) in (0..).zip(runs) {
            schedule.run(Began {
                index,
                started: at(started),
                every_seconds: *every_seconds,
                grace_seconds: None,
                worth: *worth,
            });
        }
        schedule.kept(from.map(at), until.map(at))
    }

    fn daily(started: &str) -> (&str, Option<u64>, Worth) {
        (started, DAY, Worth::Complete)
    }

    #[test]
    fn a_run_that_begins_late_is_not_a_missing_one() {
        let late = kept(None, &[daily("2026-01-01T06:00:00Z"), daily("2026-01-02T17:59:59Z")], None);
        assert_eq!((late.due, late.missing, late.late), (2, 0, 1));
        assert_eq!((late.slots[0].slot, late.slots[0].from), (Slot::Late, at("2026-01-02T06:00:00Z")));
        let on_time = kept(None, &[daily("2026-01-01T06:00:00Z"), daily("2026-01-02T08:00:00Z")], None);
        assert_eq!((on_time.due, on_time.observed, on_time.slots_in_all), (2, 2, 0));
        let missing = kept(None, &[daily("2026-01-01T06:00:00Z"), daily("2026-01-02T18:00:00Z")], None);
        let row = Slots {
            slot: Slot::Missing,
            from: at("2026-01-02T06:00:00Z"),
            until: at("2026-01-02T06:00:00Z"),
            count: 1,
            every_seconds: 86_400,
            after: Some(0),
            before: Some(1),
            entries: vec![],
        };
        assert_eq!((missing.missing, missing.late, &missing.slots[..]), (1, 0, &[row][..]));
    }

    #[test]
    fn a_period_may_begin_before_the_first_run_and_end_after_the_last() {
        let runs = [daily("2026-01-03"), daily("2026-01-04")];
        let whole = kept(Some("2026-01-01"), &runs, Some("2026-01-07"));
        let rows: Vec<_> = whole.slots.iter().map(|row| (row.after, row.before, row.count)).collect();
        assert_eq!(rows, [(None, Some(0), 2), (Some(1), None, 2)]);
        assert_eq!((whole.due, whole.observed, whole.missing), (6, 2, 4));
        assert_eq!((whole.first, whole.last), (Some(at("2026-01-03")), Some(at("2026-01-04"))));
    }

    #[test]
    fn a_window_without_any_run_is_missing_throughout() {
        let year = ("2026-01-01", "2026-12-31T23:59:59.999Z");
        let only = |worth| kept(Some(year.0), &[("2026-06-01", DAY, worth)], Some(year.1));
        let failed = only(Worth::Failed);
        assert_eq!((failed.due, failed.failed, failed.missing, failed.rehearsed), (365, 1, 364, 0));
        let rehearsed = only(Worth::Rehearsal);
        assert_eq!((rehearsed.due, rehearsed.rehearsed, rehearsed.missing), (365, 1, 364));
        assert_eq!(kept(Some(year.0), &[daily("2025-12-31")], Some(year.1)).missing, 365);
        assert_eq!(kept(Some(year.0), &[daily("2027-01-01")], Some(year.1)).missing, 365);
        let around = kept(Some(year.0), &[daily("2025-12-31"), daily("2027-01-01")], Some(year.1));
        assert_eq!((around.due, around.missing, around.slots_in_all), (365, 365, 1));
        let failed_alone = kept(None, &[("2026-06-01", DAY, Worth::Failed), ("2026-06-04", DAY, Worth::Failed)], None);
        assert_eq!((failed_alone.due, failed_alone.failed, failed_alone.missing), (4, 2, 2));
    }

    #[test]
    fn without_a_schedule_nothing_can_be_said() {
        let none = |started| (started, None, Worth::Complete);
        let undeclared = kept(None, &[none("2026-01-01"), none("2026-03-01")], None);
        assert_eq!((undeclared.due, undeclared.unsaid_in_all, undeclared.said()), (0, 1, false));
        assert!(!kept(None, &[none("2026-01-01")], None).said());
        assert!(!kept(None, &[], None).said());
        assert!(!kept(None, &[("2026-01-01", DAY, Worth::Rehearsal)], None).said());
        let later = kept(None, &[none("2026-01-01"), daily("2026-03-01"), daily("2026-03-02")], None);
        assert_eq!((later.due, &later.unsaid), (1, &vec![Unsaid { from: at("2026-01-01"), until: at("2026-03-01") }]));
        assert!(!later.said());
        // Of a period after that, all can be said.
        let runs = [none("2026-01-01"), daily("2026-03-01"), daily("2026-03-02")];
        assert!(kept(Some("2026-03-02"), &runs, Some("2026-03-02T10:00:00Z")).said());
    }

    #[test]
    fn failed_and_rehearsed_runs_are_named_by_their_slot() {
        let runs = [
            daily("2026-01-01"),
            ("2026-01-02T01:00:00Z", DAY, Worth::Failed),
            ("2026-01-03T01:00:00Z", DAY, Worth::Rehearsal),
            ("2026-01-05T01:00:00Z", DAY, Worth::Failed),
            ("2026-01-05T02:00:00Z", DAY, Worth::Partial),
        ];
        let kept = kept(None, &runs, None);
        assert_eq!(
            (kept.due, kept.observed, kept.failed, kept.rehearsed, kept.missing, kept.partial),
            (5, 2, 1, 1, 1, 1)
        );
        let rows: Vec<_> = kept.slots.iter().map(|row| (row.slot, row.from, row.entries.clone())).collect();
        assert_eq!(
            rows,
            [
                (Slot::Failed, at("2026-01-02"), vec![1]),
                (Slot::Rehearsed, at("2026-01-03"), vec![2]),
                (Slot::Missing, at("2026-01-04"), vec![]),
                (Slot::Partial, at("2026-01-05"), vec![4]),
            ]
        );
    }

    #[test]
    fn a_clock_that_went_back_shows() {
        let back = kept(None, &[daily("2026-01-02"), daily("2026-01-01")], None);
        assert_eq!((back.times_back, back.times_back_in_all, back.missing), (vec![1], 1, 0));
    }

    #[test]
    fn a_failed_run_whose_clock_was_ahead_ends_no_period() {
        let failed = |started| (started, DAY, Worth::Failed);
        let far = failed("2099-01-01");
        let told = kept(None, &[daily("2026-01-01"), far, daily("2026-01-02"), daily("2026-01-03")], None);
        assert_eq!((told.due, told.observed, told.unobserved()), (3, 3, 0));
        assert_eq!((&told.times_ahead, told.times_ahead_in_all), (&vec![1], 1));
        // What failed afterwards tells as well, and ends the period itself.
        let told = kept(None, &[daily("2026-01-01"), far, failed("2026-01-02"), failed("2026-01-03")], None);
        assert_eq!((told.due, told.failed, told.missing, &told.times_ahead), (3, 2, 0, &vec![1]));
        let told = kept(None, &[far, failed("2026-01-02")], None);
        assert_eq!((told.due, told.failed, told.missing, &told.times_ahead), (1, 1, 0, &vec![0]));
        // Nothing says otherwise of the last one: until then nothing was observed.
        let last = kept(None, &[daily("2026-01-01"), failed("2026-01-31")], None);
        assert_eq!((last.due, last.failed, last.missing, last.times_ahead_in_all), (31, 1, 29, 0));
        // Neither does a run beside it, nor one whose own clock went back.
        let beside = kept(None, &[daily("2026-01-01"), failed("2026-01-02T06:00:00Z"), daily("2026-01-02")], None);
        assert_eq!(beside.times_ahead_in_all, 0);
        let back = [daily("2026-01-10"), failed("2026-01-11"), daily("2026-01-02"), (far.0, DAY, Worth::Rehearsal)];
        let told = kept(None, &back, None);
        assert_eq!((told.due, told.failed, told.times_back_in_all, told.times_ahead_in_all), (2, 1, 1, 0));
        // Whoever asks for a period gets it.
        let told = kept(None, &[daily("2026-01-01"), far, daily("2026-01-02")], Some("2026-01-04T12:00:00Z"));
        assert_eq!((told.due, told.missing), (4, 2));
    }

    /// Slots that were told as missing before the clock was set back are neither met nor missing once more.
    #[test]
    fn no_slot_is_told_twice_after_a_clock_went_back() {
        let runs =
            [daily("2026-01-01"), daily("2026-01-10"), daily("2026-01-02"), daily("2026-01-10"), daily("2026-01-11")];
        let told = kept(None, &runs, None);
        assert_eq!((told.due, told.observed, told.missing), (11, 3, 8));
        assert_eq!((&told.times_back, told.slots_in_all), (&vec![2], 1));
        let filled: Vec<_> = (1..=11).map(|day| format!("2026-01-{day:02}")).collect();
        let filled: Vec<_> = filled.iter().map(|day| daily(day)).collect();
        let filled = kept(None, &[&runs[..2], &filled[1..9], &filled[10..]].concat(), None);
        assert_eq!((filled.due, filled.observed, filled.missing), (11, 3, 8), "what is made later fills no slot");
        assert_eq!((filled.times_back_in_all, filled.last), (8, Some(at("2026-01-11"))));
    }

    #[test]
    fn an_interval_of_a_second_is_counted_and_not_walked() {
        let runs = [("1970-01-02", Some(1), Worth::Complete), ("2026-01-01", Some(1), Worth::Complete)];
        let kept = kept(None, &runs, None);
        assert_eq!((kept.missing, kept.slots_in_all), (kept.due - 2, 1));
    }
}
