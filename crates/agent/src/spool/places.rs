//! Where records stand, for derived objects that name them.

use std::collections::HashMap;
use std::ops::Range;

use model::record::{Coverage, Gap};
use model::{RecordRef, RecordType};

use super::index::{Name, Names, ResourceKey};

/// The ordinals of everything that a derived object may be computed from.
#[derive(Debug, Default)]
pub(super) struct Places<'r> {
    resources: HashMap<(Name, Name, Name, &'r str), u64>,
    populations: HashMap<(&'r str, &'r str, &'r str), Vec<RecordRef>>,
    /// By target and kind, whatever the scope.
    kinds: HashMap<(&'r str, &'r str), Vec<RecordRef>>,
    /// Gaps of everything that a collector reads of a target.
    targets: HashMap<(&'r str, &'r str), Vec<RecordRef>>,
}

impl<'r> Places<'r> {
    pub(super) fn new(
        resources: &'r [ResourceKey],
        derived: &[ResourceKey],
        coverage: &'r [Coverage],
        gaps: &'r [Gap],
    ) -> Self {
        let mut places = Self::default();
        // Most runs derive nothing: they pay nothing.
        if derived.is_empty() {
            return places;
        }
        for (ordinal, key) in (0u64..).zip(resources) {
            places.resources.insert((key.target, key.collector, key.kind, &key.id), ordinal);
        }
        for (ordinal, one) in (0u64..).zip(coverage) {
            let place = (one.target.as_str(), one.collector.as_str(), one.population.as_str());
            let reference = RecordRef::new(RecordType::Coverage, ordinal);
            places.populations.entry(place).or_default().push(reference);
            let kind = sdk::kind_of_population(&one.population);
            places.kinds.entry((&one.target, kind)).or_default().push(reference);
        }
        for (ordinal, gap) in (0u64..).zip(gaps) {
            let reference = RecordRef::new(RecordType::Gap, ordinal);
            match (&gap.population, &gap.subject) {
                (Some(population), None) => {
                    let place = (gap.target.as_str(), gap.collector.as_str(), population.as_str());
                    places.populations.entry(place).or_default().push(reference);
                    let kind = sdk::kind_of_population(population);
                    places.kinds.entry((&gap.target, kind)).or_default().push(reference);
                }
                (None, None) => {
                    places.targets.entry((&gap.target, &gap.collector)).or_default().push(reference);
                }
                // A gap of one member says nothing of the list.
                (_, Some(_)) => {}
            }
        }
        places
    }

    pub(super) fn resource(&self, names: &Names, of: &ResourceKey, kind: &str, id: &str) -> RecordRef {
        let ordinal =
            names.find(kind).and_then(|kind| self.resources.get(&(of.target, of.collector, kind, id))).copied();
        // What was never recorded can only refer to nothing; verifying refuses it.
        RecordRef::new(RecordType::Resource, ordinal.unwrap_or(u64::MAX))
    }

    pub(super) fn population(&self, names: &Names, of: &ResourceKey, population: &str) -> Vec<RecordRef> {
        let place = (names.text(of.target), names.text(of.collector), population);
        match self.populations.get(&place) {
            Some(references) => references.clone(),
            None => vec![RecordRef::new(RecordType::Coverage, u64::MAX)],
        }
    }

    /// How completely all lists of a kind of a target were read, and why they were not.
    pub(super) fn lists(&self, target: &str, kind: &str) -> Vec<RecordRef> {
        let collector = kind.split_once('/').map_or(kind, |(collector, _)| collector);
        let of_kind = self.kinds.get(&(target, kind));
        of_kind.into_iter().chain(self.targets.get(&(target, collector))).flatten().copied().collect()
    }
}

/// The ordinal of a gap now, by the one that it had before others were added.
pub(super) fn moved(before: u64, added: &Range<u64>) -> u64 {
    if before < added.start { before } else { before.saturating_add(added.end.saturating_sub(added.start)) }
}
