//! Names and sort keys: what stays in memory of what was recorded.

use std::collections::HashMap;

use model::Digest;

use super::lines::Span;

/// A name that is in many keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

/// The names used so far. Their numbers follow arrival, their ranks the alphabet.
#[derive(Debug, Default)]
pub(crate) struct Names {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Name>,
}

impl Names {
    pub(crate) fn of(&mut self, text: &str) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        // Names are ids of targets, populations, operations: far fewer than 2^32.
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.into());
        self.numbers.insert(text.into(), name);
        name
    }

    /// The name of a text that was used.
    pub(crate) fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", AsRef::as_ref)
    }

    pub(crate) fn ranks(&self) -> Ranks {
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        order.sort_by_key(|&i| self.texts.get(i));
        let mut ranks = vec![0; order.len()];
        for (rank, number) in order.into_iter().enumerate() {
            if let Some(slot) = ranks.get_mut(number) {
                *slot = rank;
            }
        }
        Ranks(ranks)
    }
}

/// The place of each name in the alphabet.
#[derive(Debug)]
pub(crate) struct Ranks(Vec<usize>);

impl Ranks {
    pub(crate) fn of(&self, name: Name) -> usize {
        self.0.get(name.0 as usize).copied().unwrap_or(usize::MAX)
    }
}

#[derive(Debug)]
pub(crate) struct ResourceKey {
    pub(crate) target: Name,
    pub(crate) collector: Name,
    pub(crate) population: Name,
    pub(crate) kind: Name,
    pub(crate) id: Box<str>,
    pub(crate) span: Span,
}

/// The first eight bytes of a digest.
pub(crate) fn short(digest: &Digest) -> u64 {
    digest.as_bytes().iter().take(8).fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

impl ResourceKey {
    /// Target, kind and id are those of another.
    pub(crate) fn is_same_object(&self, other: &Self) -> bool {
        (self.target, self.kind, &self.id) == (other.target, other.kind, &other.id)
    }
}

/// Into (target, kind, id); what is alike there stays in order of arrival.
pub(crate) fn sort_resources(keys: &mut [ResourceKey], ranks: &Ranks) {
    let place = |key: &ResourceKey| (ranks.of(key.target), ranks.of(key.kind));
    keys.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.id.cmp(&b.id)));
}

/// Where an object of this target, kind and id stands among sorted keys.
pub(crate) fn find(keys: &[ResourceKey], names: &Names, wanted: (&str, &str, &str)) -> Option<usize> {
    keys.binary_search_by(|key| (names.text(key.target), names.text(key.kind), &*key.id).cmp(&wanted)).ok()
}
