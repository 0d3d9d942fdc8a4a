//! When something that is done again and again is due, by the calendar, and which of the days on which it was done meet which due day.
//!
//! Every due day is counted from the first: two months after 31 January is 31 March, and not a month after the end of February. So a due day is
//! found by adding and never by asking how many months lie between two days: a month that was added is not always a month that is found.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Date;

/// How often: so many calendar months, or so many days. Never none of them: that would be due again on the same day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    Months(NonZeroU32),
    Days(NonZeroU32),
}

/// A century: what is due less often is never due to whoever declares it.
const MONTHS_MAX: u32 = 1200;
const DAYS_MAX: u32 = 36_525;
/// Most due days that are told at once: a century of days.
const DUE_MAX: usize = 36_525;
/// Days after a due day on which it is still met, unless it is declared otherwise.
pub const GRACE_DAYS: u32 = 31;

impl Every {
    /// `None`: it would be due again on the same day, or not within a century.
    #[must_use]
    pub fn new(months: u32, days: u32) -> Option<Self> {
        match (NonZeroU32::new(months), NonZeroU32::new(days)) {
            (Some(months), None) if months.get() <= MONTHS_MAX => Some(Self::Months(months)),
            (None, Some(days)) if days.get() <= DAYS_MAX => Some(Self::Days(days)),
            _ => None,
        }
    }

    /// The due day of this number after the first. `None`: after the year 9998.
    #[must_use]
    pub fn nth(self, first: Date, number: u32) -> Option<Date> {
        match self {
            Self::Months(months) => first.later(months.get().checked_mul(number)?, 0),
            Self::Days(days) => first.later(0, days.get().checked_mul(number)?),
        }
    }
}

/// A day on which something was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The due day before, or the first one, from which all are counted.
    pub after: Date,
    pub on: Date,
    /// The last day that still meets it.
    pub until: Date,
}

impl Due {
    /// Whether it is met by what was done on this day.
    #[must_use]
    pub fn is_met_by(&self, done: Date) -> bool {
        self.after < done && done <= self.until
    }
}

/// The due days after `first`, up to `end`. A due day is met by a day after the one before it, and until `grace_days` after it, but
/// not on the next due day.
#[must_use]
pub fn due_days(first: Date, every: Every, grace_days: Option<u32>, end: Date) -> Vec<Due> {
    let mut found = Vec::new();
    let mut after = first;
    for number in 1.. {
        let Some(on) = every.nth(first, number).filter(|on| *on <= end) else { break };
        if found.len() == DUE_MAX {
            break;
        }
        let next = every.nth(first, number.saturating_add(1));
        let grace = on.later(0, grace_days.unwrap_or(GRACE_DAYS));
        let until = match (grace, next.and_then(Date::before)) {
            (Some(grace), Some(last)) => grace.min(last),
            (grace, last) => grace.or(last).unwrap_or(on),
        };
        found.push(Due { after, on, until: until.max(on) });
        after = on;
    }
    found
}

/// Of each due day the place in `days` (ascending) of the day that meets it, each day used once: the earliest that is left.
#[must_use]
pub fn met(due: &[Due], days: &[Date]) -> Vec<Option<usize>> {
    let mut next = 0;
    due.iter()
        .map(|due| {
            while days.get(next).is_some_and(|day| *day <= due.after) {
                next += 1;
            }
            let found = days.get(next).is_some_and(|day| due.is_met_by(*day)).then_some(next);
            next += usize::from(found.is_some());
            found
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn due(first: &str, every: Every, grace: Option<u32>, end: &str) -> Vec<Due> {
        due_days(date(first), every, grace, date(end))
    }

    fn on(due: &[Due]) -> Vec<String> {
        due.iter().map(|due| due.on.to_string()).collect()
    }

    fn months(count: u32) -> Every {
        Every::new(count, 0).unwrap()
    }

    fn days(count: u32) -> Every {
        Every::new(0, count).unwrap()
    }

    #[test]
    fn every_due_day_is_counted_from_the_first() {
        let found = due("2026-01-31", months(1), None, "2026-06-30");
        assert_eq!(on(&found), ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]);
        assert_eq!(
            on(&due("2024-02-29", months(12), None, "2028-12-31")),
            ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
        );
        assert_eq!(on(&due("2026-11-30", months(3), None, "2027-08-31")), ["2027-02-28", "2027-05-30", "2027-08-30"]);
        assert_eq!(on(&due("2026-01-01", days(14), None, "2026-02-01")), ["2026-01-15", "2026-01-29"]);
        assert!(due("2026-01-01", months(12), None, "2026-12-31").is_empty());
        // The last day there is.
        assert_eq!(on(&due("9998-11-30", months(1), None, "9998-12-31")), ["9998-12-30"]);
    }

    /// Whatever day is the first, and however often: due days ascend, and no day meets two.
    #[test]
    fn no_rule_repeats_a_day_or_loses_one() {
        for first in 0..800 {
            let first = date("2026-12-01").later(0, first).unwrap();
            let end = first.later(60, 0).unwrap();
            for (every, count) in [(months(1), 60), (months(3), 20), (months(12), 5), (months(7), 8)] {
                let found = due_days(first, every, None, end);
                assert_eq!(found.len(), count, "{first} {every:?}");
                assert!(found.is_sorted_by(|a, b| a.on < b.on && a.on == b.after && a.until < b.on));
                assert!(found.iter().all(|due| due.after < due.on && due.on <= due.until));
            }
        }
    }

    #[test]
    fn what_is_never_due_or_at_once_again_is_no_rule() {
        for (months, days) in [(0, 0), (1, 1), (1201, 0), (0, 36_526), (u32::MAX, 0)] {
            assert_eq!(Every::new(months, days), None, "{months} {days}");
        }
        for text in [r#"{"months":0}"#, r#"{"days":0}"#, r#"{"weeks":1}"#, r#"{"months":-1}"#, "{}"] {
            assert!(serde_json::from_str::<Every>(text).is_err(), "{text}");
        }
        let text = serde_json::to_string(&months(3)).unwrap();
        assert_eq!((text.as_str(), serde_json::from_str(&text).unwrap()), (r#"{"months":3}"#, months(3)));
        assert_eq!(months(1200).nth(date("2026-01-01"), u32::MAX), None);
    }

    #[test]
    fn a_day_meets_one_due_day_in_time_or_within_its_grace() {
        let quarters = due("2026-01-01", months(3), Some(10), "2027-01-01");
        let meets = |days: &[&str]| -> Vec<Option<usize>> {
            let days: Vec<Date> = days.iter().map(|day| date(day)).collect();
            met(&quarters, &days)
        };
        // On the day itself, early, late within the grace, and too late: that one is of the next.
        assert_eq!(
            meets(&["2026-04-01", "2026-05-02", "2026-10-11", "2026-12-01"]),
            [Some(0), Some(1), Some(2), Some(3)]
        );
        assert_eq!(meets(&["2026-04-12"]), [None, Some(0), None, None]);
        // Twice in one quarter is once.
        assert_eq!(meets(&["2026-02-01", "2026-03-01", "2026-06-30"]), [Some(0), Some(2), None, None]);
        // The first day itself, and what was before it, meets nothing.
        assert_eq!(meets(&["2025-12-31", "2026-01-01"]), [None; 4]);
        // A grace ends before the next due day.
        let weeks = due("2026-01-01", days(7), None, "2026-01-15");
        assert_eq!(weeks[0].until, date("2026-01-14"));
        assert_eq!(met(&weeks, &[date("2026-01-14"), date("2026-01-15")]), [Some(0), Some(1)]);
    }
}
