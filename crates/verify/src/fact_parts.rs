//! How the facts of one kind of resource and one part were read: held against the value at their place, or made of what is around it.

use std::collections::HashMap;

/// So many pairs of kind and part are told apart; of more nothing is said.
const TOLD_APART: usize = 10_000;

/// Texts, numbers and truth values of one part of one kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartCounts {
    pub kind: String,
    pub part: String,
    /// Held against the value at their place.
    pub compared: u64,
    /// Made by the collector of what stands at their place, or of several places.
    pub made: u64,
}

/// Which of [`Parts`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part(Option<usize>);

#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// By kind, then by part.
    known: HashMap<String, HashMap<String, usize>>,
    counts: Vec<PartCounts>,
}

impl Parts {
    pub fn of(&mut self, kind: &str, part: &str) -> Part {
        if let Some(nth) = self.known.get(kind).and_then(|parts| parts.get(part)) {
            return Part(Some(*nth));
        }
        let nth = self.counts.len();
        if nth >= TOLD_APART {
            return Part(None);
        }
        self.counts.push(PartCounts { kind: kind.to_owned(), part: part.to_owned(), compared: 0, made: 0 });
        self.known.entry(kind.to_owned()).or_default().insert(part.to_owned(), nth);
        Part(Some(nth))
    }

    pub fn compared(&mut self, part: Part) {
        if let Some(one) = part.0.and_then(|nth| self.counts.get_mut(nth)) {
            one.compared = one.compared.saturating_add(1);
        }
    }

    pub fn made(&mut self, part: Part) {
        if let Some(one) = part.0.and_then(|nth| self.counts.get_mut(nth)) {
            one.made = one.made.saturating_add(1);
        }
    }

    /// Parts of which some were compared and others were not, in the order in which they were met.
    pub fn both_ways(&self) -> impl Iterator<Item = &PartCounts> {
        self.counts.iter().filter(|one| one.compared > 0 && one.made > 0)
    }
}
