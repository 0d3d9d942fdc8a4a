//! When runs were due and when they began.

use model::Timestamp;
use serde::Serialize;

/// So many irregularities of a kind are named; the rest are counted.
const NAMED: usize = 1000;

/// A run of a ledger, as its statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    pub index: u64,
    pub started: Timestamp,
    /// The next run is due this long after it; absent where no interval is declared.
    pub every_seconds: Option<u64>,
}

/// More time without a run than the declaration allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// The run before; absent at the beginning of the period.
    pub after: Option<u64>,
    /// The run after; absent at the end of the period.
    pub before: Option<u64>,
    pub from: Timestamp,
    pub until: Timestamp,
    /// The declared interval.
    pub every_seconds: u64,
    /// Runs that should have begun in between.
    pub missing: u64,
}

/// Where the declared schedule was kept, and where not. Runs are given in the order of their indices, rehearsals not at all.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    from: Option<Timestamp>,
    first: Option<Timestamp>,
    last: Option<Began>,
    pauses: Vec<Pause>,
    pauses_in_all: u64,
    missing: u64,
    times_back: Vec<u64>,
}

impl Schedule {
    /// Runs are missed from here on, and not only from the first run on.
    pub fn begin(&mut self, from: Option<Timestamp>) {
        self.from = from;
    }

    pub fn run(&mut self, run: Began) {
        self.first.get_or_insert(run.started);
        match self.last {
            Some(last) => {
                if run.started < last.started && self.times_back.len() < NAMED {
                    self.times_back.push(run.index);
                }
                self.pause(Some(last.index), Some(run.index), last.started, run.started, last.every_seconds);
            }
            None => {
                if let Some(from) = self.from {
                    self.pause(None, Some(run.index), from, run.started, run.every_seconds);
                }
            }
        }
        self.last = Some(run);
    }

    /// Runs are missed until here, and not only until the last run.
    pub fn end(&mut self, until: Option<Timestamp>) {
        if let (Some(last), Some(until)) = (self.last, until) {
            self.pause(Some(last.index), None, last.started, until, last.every_seconds);
        }
    }

    /// Runs are missing when half as much again as the declared time went by, rounded down to whole
    /// runs: a job that starts a little late each day misses none.
    fn pause(
        &mut self,
        after: Option<u64>,
        before: Option<u64>,
        from: Timestamp,
        until: Timestamp,
        every: Option<u64>,
    ) {
        let begin = self.from.map_or(from, |start| start.max(from));
        let seconds = until.as_seconds().saturating_sub(begin.as_seconds());
        let (Some(every_seconds), Ok(seconds)) = (every, u64::try_from(seconds)) else {
            return;
        };
        let missing = (seconds.saturating_add(every_seconds / 2) / every_seconds.max(1)).saturating_sub(1);
        if missing == 0 {
            return;
        }
        self.missing = self.missing.saturating_add(missing);
        self.pauses_in_all += 1;
        if self.pauses.len() < NAMED {
            self.pauses.push(Pause { after, before, from: begin, until, every_seconds, missing });
        }
    }

    /// When the first run began.
    #[must_use]
    pub const fn first(&self) -> Option<Timestamp> {
        self.first
    }

    /// The last run.
    #[must_use]
    pub const fn last(&self) -> Option<Began> {
        self.last
    }

    /// Where more time than declared went by without a run, at most a thousand of them.
    #[must_use]
    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    #[must_use]
    pub const fn pauses_in_all(&self) -> u64 {
        self.pauses_in_all
    }

    /// Runs that should have begun in those pauses.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// Runs that began before the run before them, at most a thousand.
    #[must_use]
    pub fn times_back(&self) -> &[u64] {
        &self.times_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).unwrap()
    }

    fn schedule(from: Option<&str>, runs: &[(&str, Option<u64>)], until: Option<&str>) -> Schedule {
        let mut schedule = Schedule::default();
        schedule.begin(from.map(at));
        for (index, (started, every_seconds)) in (0..).zip(runs) {
            schedule.run(Began { index, started: at(started), every_seconds: *every_seconds });
        }
        schedule.end(until.map(at));
        schedule
    }

    #[test]
    fn a_run_that_begins_late_is_not_a_missing_one() {
        let daily = Some(DAY);
        let kept = schedule(None, &[("2026-01-01T06:00:00Z", daily), ("2026-01-02T17:59:59Z", daily)], None);
        assert_eq!((kept.missing(), kept.pauses()), (0, &[][..]));
        let late = schedule(None, &[("2026-01-01T06:00:00Z", daily), ("2026-01-02T18:00:00Z", daily)], None);
        assert_eq!(late.missing(), 1);
        let pause = Pause {
            after: Some(0),
            before: Some(1),
            from: at("2026-01-01T06:00:00Z"),
            until: at("2026-01-02T18:00:00Z"),
            every_seconds: DAY,
            missing: 1,
        };
        assert_eq!(late.pauses(), [pause]);
    }

    #[test]
    fn a_period_may_begin_before_the_first_run_and_end_after_the_last() {
        let daily = Some(DAY);
        let runs = [("2026-01-03T00:00:00Z", daily), ("2026-01-04T00:00:00Z", daily)];
        let whole = schedule(Some("2026-01-01T00:00:00Z"), &runs, Some("2026-01-07T00:00:00Z"));
        assert_eq!(
            whole.pauses().iter().map(|p| (p.after, p.before, p.missing)).collect::<Vec<_>>(),
            [(None, Some(0), 1), (Some(1), None, 2)]
        );
        assert_eq!((whole.missing(), whole.pauses_in_all()), (3, 2));
        assert_eq!(whole.first(), Some(at("2026-01-03T00:00:00Z")));
        assert_eq!(whole.last().map(|run| run.index), Some(1));
        // Without an interval nothing is due, and the one that counts is that of the run before.
        let none = schedule(None, &[("2026-01-01T00:00:00Z", None), ("2026-03-01T00:00:00Z", daily)], None);
        assert_eq!(none.missing(), 0);
    }

    #[test]
    fn a_clock_that_went_back_shows() {
        let back = schedule(None, &[("2026-01-02T00:00:00Z", Some(DAY)), ("2026-01-01T00:00:00Z", Some(DAY))], None);
        assert_eq!((back.times_back(), back.missing()), (&[1][..], 0));
    }
}
