//! Chooses which findings of a large bundle are in the page: what needs a look first, and of every check something.

use std::collections::BTreeMap;

use model::Outcome;
use model::record::Finding;

use crate::room::Room;

/// Findings that are in the page one by one.
pub const MOST_FINDINGS: u64 = 1_000;

/// Checks with an outcome that are counted one by one, and the bytes of their names. The others are counted together.
const MOST_GROUPS: usize = 5_000;
const MOST_OF_NAMES: usize = 1024 * 1024;
/// The name of all of those.
const MORE: &str = "further checks, together";

/// Findings of each check and outcome that are shown before any group gets more.
const OF_EACH: u64 = 3;

/// The place of an outcome among those that need a look.
pub const fn rank(outcome: Outcome, accepted: bool) -> u8 {
    match (outcome, accepted) {
        (Outcome::Deviates, false) => 0,
        (Outcome::Undetermined, _) => 1,
        (Outcome::Deviates, true) => 2,
        (Outcome::Conforms, _) => 3,
        (Outcome::NotApplicable, _) => 4,
    }
}

/// Findings of one check with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// 0 for what needs a look most.
    pub rank: u8,
    pub check: String,
}

impl Group {
    fn of(finding: &Finding) -> Self {
        Self { rank: rank(finding.outcome, finding.acceptance.is_some()), check: finding.check.clone() }
    }

    fn more(self) -> Self {
        Self { check: MORE.to_owned(), ..self }
    }
}

/// Counts findings by group, then says of each whether it is shown.
#[derive(Debug)]
pub struct Chooser {
    room: Room,
    counts: BTreeMap<Group, u64>,
    /// How many of each group are still to be shown.
    left: BTreeMap<Group, u64>,
}

impl Default for Chooser {
    fn default() -> Self {
        Self { room: Room::of(MOST_OF_NAMES), counts: BTreeMap::new(), left: BTreeMap::new() }
    }
}

impl Chooser {
    pub fn count(&mut self, finding: &Finding) {
        let mut group = Group::of(finding);
        let known = self.counts.contains_key(&group);
        if !(known || self.counts.len() < MOST_GROUPS && self.room.take(group.check.len())) {
            group = group.more();
        }
        *self.counts.entry(group).or_default() += 1;
    }

    /// Shares the room out: a few of everything, then rank by rank, and within a rank evenly among checks, so that a check with very many findings
    /// does not push out one with a single finding.
    pub fn choose(&mut self) {
        let mut room = MOST_FINDINGS;
        for (group, count) in &self.counts {
            let first = (*count).min(OF_EACH).min(room);
            self.left.insert(group.clone(), first);
            room -= first;
        }
        for wanted in 0..=4 {
            let mut groups: Vec<(&Group, u64)> =
                self.counts.iter().filter(|(g, _)| g.rank == wanted).map(|(g, n)| (g, *n)).collect();
            groups.sort_by_key(|(_, count)| *count);
            let mut waiting = u64::try_from(groups.len()).unwrap_or(u64::MAX);
            for (group, count) in groups {
                let left = self.left.entry(group.clone()).or_default();
                let share = (count - *left).min(room.div_ceil(waiting.max(1))).min(room);
                *left += share;
                room -= share;
                waiting -= 1;
            }
        }
    }

    /// Whether this finding is shown.
    pub fn take(&mut self, finding: &Finding) -> bool {
        let mut group = Group::of(finding);
        if !self.left.contains_key(&group) {
            group = group.more();
        }
        match self.left.get_mut(&group) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    pub fn into_counts(self) -> BTreeMap<Group, u64> {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use model::Severity;

    use super::*;

    fn finding(check: &str, outcome: Outcome) -> Finding {
        Finding {
            control: "C".to_owned(),
            check: check.to_owned(),
            target: "t".to_owned(),
            population: None,
            subject: None,
            outcome,
            severity: Severity::High,
            evidence: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: None,
        }
    }

    #[test]
    fn a_crowd_does_not_push_out_the_one() {
        let mut chooser = Chooser::default();
        let all: Vec<Finding> = std::iter::repeat_n(finding("crowd", Outcome::Deviates), 5_000)
            .chain([finding("one", Outcome::Deviates), finding("unknown", Outcome::Undetermined)])
            .chain(std::iter::repeat_n(finding("fine", Outcome::Conforms), 50))
            .collect();
        all.iter().for_each(|f| chooser.count(f));
        chooser.choose();
        let shown: Vec<&str> = all.iter().filter(|f| chooser.take(f)).map(|f| f.check.as_str()).collect();
        let many = |check| shown.iter().filter(|c| **c == check).count() as u64;
        assert_eq!((many("crowd"), many("one"), many("unknown"), many("fine")), (MOST_FINDINGS - 5, 1, 1, 3));
        assert_eq!(chooser.into_counts().values().sum::<u64>(), 5_052);
    }

    #[test]
    fn many_checks_are_counted_together() {
        let mut chooser = Chooser::default();
        let name = |n: usize| format!("check-{n:06}");
        let all: Vec<Finding> = (0..MOST_GROUPS + 700).map(|n| finding(&name(n), Outcome::Deviates)).collect();
        all.iter().for_each(|f| chooser.count(f));
        chooser.count(&finding(&"x".repeat(MOST_OF_NAMES), Outcome::Deviates));
        chooser.choose();
        assert_eq!(all.iter().filter(|f| chooser.take(f)).count() as u64, MOST_FINDINGS);
        let counts = chooser.into_counts();
        assert_eq!((counts.len(), counts.values().sum::<u64>()), (MOST_GROUPS + 1, MOST_GROUPS as u64 + 701));
        assert_eq!(counts[&Group { rank: 0, check: MORE.to_owned() }], 701);
    }

    #[test]
    fn what_fits_is_shown_whole() {
        let mut chooser = Chooser::default();
        let all = vec![finding("a", Outcome::Conforms); 300];
        all.iter().for_each(|f| chooser.count(f));
        chooser.choose();
        assert!(all.iter().all(|f| chooser.take(f)));
    }
}
