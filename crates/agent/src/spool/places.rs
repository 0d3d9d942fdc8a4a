//! Where records stand, for derived objects that name them.

use std::collections::HashMap;

use model::record::{Coverage, Gap};
use model::{RecordRef, RecordType};

use super::index::{Name, Names, ResourceKey};

/// The ordinals of everything that a derived object may be computed from.
#[derive(Debug)]
pub(super) struct Places<'r> {
    resources: HashMap<(Name, Name, Name, &'r str), u64>,
    populations: HashMap<(&'r str, &'r str, &'r str), Vec<RecordRef>>,
}

impl<'r> Places<'r> {
    pub(super) fn new(
        resources: &'r [ResourceKey],
        derived: &[ResourceKey],
        coverage: &'r [Coverage],
        gaps: &'r [Gap],
    ) -> Self {
        let mut places = Self { resources: HashMap::new(), populations: HashMap::new() };
        // Most runs derive nothing: they pay nothing.
        if derived.is_empty() {
            return places;
        }
        for (ordinal, key) in (0u64..).zip(resources) {
            places.resources.insert((key.target, key.collector, key.kind, &key.id), ordinal);
        }
        for (ordinal, one) in (0u64..).zip(coverage) {
            let place = (one.target.as_str(), one.collector.as_str(), one.population.as_str());
            places.populations.entry(place).or_default().push(RecordRef::new(RecordType::Coverage, ordinal));
        }
        for (ordinal, gap) in (0u64..).zip(gaps) {
            // A gap of one member says nothing of the list.
            if let (Some(population), None) = (&gap.population, &gap.subject) {
                let place = (gap.target.as_str(), gap.collector.as_str(), population.as_str());
                places.populations.entry(place).or_default().push(RecordRef::new(RecordType::Gap, ordinal));
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
}
