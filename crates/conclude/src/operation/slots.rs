//! Which observations belong to one due moment: more of them than are due meet no slot of their own, and count in the one that they are nearest to.

use model::Timestamp;

use crate::schedule::{Grid, millis};

/// An observation of a control.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<T> {
    pub index: u64,
    pub started: Timestamp,
    /// The next is due this long after it; absent where nobody knows.
    pub every_seconds: Option<u64>,
    /// So long after it was due the next one still meets its slot.
    pub grace_seconds: Option<u64>,
    pub what: T,
}

/// The observations of one due moment.
#[derive(Clone, Debug)]
pub(super) struct Slot<T> {
    /// The one that is nearest to it: the next is due an interval after this one.
    pub nearest: Seen<T>,
    /// All of them, that one too.
    pub all: Vec<Seen<T>>,
    /// It began before the one before it: a clock that went back. It is of no due moment.
    pub back: bool,
}

/// Sorts observations, in the order of their indices, into slots.
pub(super) fn slots<T: Copy>(observations: &[Seen<T>]) -> Vec<Slot<T>> {
    let mut found: Vec<Slot<T>> = Vec::new();
    // Of the newest slot that is no clock's that went back.
    let mut newest: Option<usize> = None;
    let mut at = 0;
    while let Some(one) = observations.get(at).copied() {
        let alone = |back| Slot { nearest: one, all: vec![one], back };
        let anchor = newest.and_then(|place| found.get(place)).map(|slot| slot.nearest);
        let (Some(place), Some(anchor)) = (newest, anchor) else {
            newest = Some(found.len());
            found.push(alone(false));
            at += 1;
            continue;
        };
        if one.started < anchor.started {
            found.push(alone(true));
            at += 1;
            continue;
        }
        let Some(every) = anchor.every_seconds else {
            newest = Some(found.len());
            found.push(alone(false));
            at += 1;
            continue;
        };
        let grid = Grid::new(anchor.started, every, anchor.grace_seconds);
        let number = grid.nearest(millis(one.started));
        if number <= 0 {
            // More than was due.
            if let Some(slot) = found.get_mut(place) {
                slot.all.push(one);
            }
            at += 1;
            continue;
        }
        let together = observations.iter().skip(at);
        let together: Vec<Seen<T>> = together
            .take_while(|other| other.started >= one.started && grid.nearest(millis(other.started)) == number)
            .copied()
            .collect();
        let away = |other: &Seen<T>| (millis(other.started) - grid.due(number)).abs();
        let best = together.iter().enumerate().min_by_key(|(_, other)| away(other)).map_or(0, |(best, _)| best);
        // What stands behind the nearest one is sorted from there.
        let all: Vec<Seen<T>> = together.into_iter().take(best + 1).collect();
        newest = Some(found.len());
        at += all.len();
        found.push(Slot { nearest: all.last().copied().unwrap_or(one), all, back: false });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn hours(every: Option<u64>, times: &[i64]) -> Vec<(u64, usize, bool)> {
        let seen = |(index, hour): (u64, &i64)| Seen {
            index,
            started: Timestamp::from_millis(hour * HOUR).unwrap(),
            every_seconds: every.map(|hours| hours * 3600),
            grace_seconds: None,
            what: (),
        };
        let all: Vec<_> = (0..).zip(times).map(seen).collect();
        slots(&all).iter().map(|slot| (slot.nearest.index, slot.all.len(), slot.back)).collect()
    }

    #[test]
    fn one_observation_each_day_is_one_slot_each_however_it_drifts() {
        assert_eq!(hours(Some(24), &[0, 26, 52, 78]), [(0, 1, false), (1, 1, false), (2, 1, false), (3, 1, false)]);
    }

    #[test]
    fn more_than_is_due_is_no_slot_of_its_own() {
        // Every six hours, due once a day.
        let found = hours(Some(24), &[0, 6, 12, 18, 24, 30, 36, 42, 48]);
        assert_eq!(found, [(0, 2, false), (4, 4, false), (8, 3, false)]);
        // One by hand in the evening takes nobody's place.
        assert_eq!(hours(Some(24), &[6, 21, 30, 54]), [(0, 1, false), (2, 2, false), (3, 1, false)]);
    }

    #[test]
    fn a_clock_that_went_back_is_nobodys_slot() {
        assert_eq!(hours(Some(24), &[48, 24, 72]), [(0, 1, false), (1, 1, true), (2, 1, false)]);
        assert_eq!(hours(None, &[0, 1]), [(0, 1, false), (1, 1, false)]);
    }
}
