//! In which order somebody takes away what holds them back: what bars the one way has to be gone before, and what allows it must still be there.

use std::collections::{BTreeMap, BTreeSet};

use super::holder::{Bar, Barred, Loose, Way};

/// How often it is tried which of several ways takes what. Only where single policies of many groups can be taken away as well as left with
/// their group, and neither leads on, are there more; whether it can be done is then not known.
const MOST: usize = 1_000;

/// How what holds somebody back is taken away.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan<'w> {
    /// By these ways, in their order.
    Ways(Vec<&'w Way>),
    Never,
    /// It was given up to look.
    Unknown,
}

/// A search for the ways. Whatever bars something has to be gone before it is done, so there is nothing to be chosen but which of several ways takes
/// it away.
struct Search<'w> {
    ways: &'w [Way],
    /// The policy that has to be left in the end.
    keeps: Option<usize>,
    /// Whether only what surely can be done counts.
    surely: bool,
    /// What can be taken away if nothing that is allowed went with it.
    within_reach: BTreeSet<Bar>,
    left: usize,
}

/// By which way each thing is taken away.
type Taken = BTreeMap<Bar, usize>;

impl Loose {
    /// How these are taken away, with all that has to be gone before. `keeps`: the place of a policy that has to be left; `surely`: each way is one
    /// that they surely may take, and nothing that perhaps bars it is left then.
    pub(super) fn plan(&self, bars: &[Barred], keeps: Option<usize>, surely: bool) -> Plan<'_> {
        let mut search = Search { ways: &self.ways, keeps, surely, within_reach: BTreeSet::new(), left: MOST };
        search.find_reach();
        let open: Vec<Bar> = search.counted(bars).collect();
        if !search.can(&open) {
            return Plan::Never;
        }
        match search.run(open, &Taken::new()) {
            Some(order) => Plan::Ways(order.into_iter().filter_map(|n| self.ways.get(n)).collect()),
            None if search.left == 0 => Plan::Unknown,
            None => Plan::Never,
        }
    }
}

impl<'w> Search<'w> {
    fn counted<'b>(&self, bars: &'b [Barred]) -> impl Iterator<Item = Bar> + use<'b> {
        let surely = self.surely;
        bars.iter().filter(move |(_, sure)| surely || *sure).map(|(bar, _)| *bar)
    }

    fn gives(&self, way: &Way, gone: &BTreeSet<Bar>) -> bool {
        way.givers.iter().any(|(n, sure)| (*sure || !self.surely) && !gone.contains(&Bar::Policy(*n)))
    }

    fn can(&self, bars: &[Bar]) -> bool {
        bars.iter().all(|bar| self.within_reach.contains(bar))
    }

    /// Whether a way may be one of them at all.
    fn is_open(&self, way: &Way) -> bool {
        let keeps = self.keeps.is_none_or(|n| !way.takes.contains(&Bar::Policy(n)));
        let bars: Vec<Bar> = self.counted(&way.bars).collect();
        keeps && self.can(&bars) && self.gives(way, &BTreeSet::new())
    }

    /// What leads on opens more, until nothing does.
    fn find_reach(&mut self) {
        loop {
            let open = self.ways.iter().filter(|way| self.is_open(way));
            let new: Vec<Bar> =
                open.flat_map(|way| &way.takes).copied().filter(|bar| !self.within_reach.contains(bar)).collect();
            if new.is_empty() {
                return;
            }
            self.within_reach.extend(new);
        }
    }

    /// Finds a way for each of these, and for whatever has to be gone before.
    fn run(&mut self, mut open: Vec<Bar>, taken: &Taken) -> Option<Vec<usize>> {
        self.left = self.left.checked_sub(1)?;
        let bar = loop {
            match open.pop() {
                Some(bar) if taken.contains_key(&bar) => {}
                Some(bar) => break bar,
                None => return self.order(taken),
            }
        };
        let ways = self.ways;
        for (n, way) in ways.iter().enumerate().filter(|(_, way)| way.takes.contains(&bar)) {
            if self.left == 0 || !self.is_open(way) {
                continue;
            }
            let (mut open, mut taken) = (open.clone(), taken.clone());
            open.extend(self.counted(&way.bars));
            taken.insert(bar, n);
            if let Some(found) = self.run(open, &taken) {
                return Some(found);
            }
        }
        None
    }

    /// The ways, each after all that bars it is gone, and while something allows it. From the last one back: one that may come last of those that
    /// are left takes nothing from the others, wherever it comes.
    fn order(&self, taken: &Taken) -> Option<Vec<usize>> {
        // A policy that is taken away by itself is gone before its group is left.
        let gone_by = |n: usize, way: &Way| -> BTreeSet<Bar> {
            way.takes.iter().filter(|bar| taken.get(*bar).is_none_or(|by| *by == n)).copied().collect()
        };
        let chosen: BTreeSet<usize> = taken.values().copied().collect();
        let mut left: Vec<(usize, &Way, BTreeSet<Bar>)> =
            chosen.into_iter().filter_map(|n| self.ways.get(n).map(|way| (n, way, gone_by(n, way)))).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let last = (0..left.len()).find(|at| self.may_be_last(*at, &left, taken))?;
            order.push(left.remove(last).0);
        }
        order.reverse();
        Some(order)
    }

    fn may_be_last(&self, at: usize, left: &[(usize, &Way, BTreeSet<Bar>)], taken: &Taken) -> bool {
        let Some((n, way, gone)) = left.get(at) else { return false };
        let others = || left.iter().enumerate().filter(move |(other, _)| *other != at).map(|(_, one)| one);
        let before: BTreeSet<Bar> = others().flat_map(|(_, _, gone)| gone).copied().collect();
        let opens = |other: &Way| self.counted(&other.bars).any(|bar| gone.contains(&bar));
        let is_left_with = |other: &Way| other.takes.iter().any(|bar| taken.get(bar) == Some(n));
        self.gives(way, &before) && !opens(way) && others().all(|(_, other, _)| !opens(other) && !is_left_with(other))
    }
}
