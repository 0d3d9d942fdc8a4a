//! Sort keys: all that stays in memory of what was recorded.

use std::cmp::Ordering;
use std::collections::HashMap;

use model::Digest;

use super::exchanges::Spans;
use super::lines::Span;

/// A name that stands in many keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(u32);

/// The names used so far. Their numbers follow arrival, their ranks the alphabet.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Name>,
}

impl Names {
    pub(super) fn of(&mut self, text: &str) -> Name {
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
    pub(super) fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    pub(super) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", AsRef::as_ref)
    }

    pub(super) fn ranks(&self) -> Ranks {
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
pub(super) struct Ranks(Vec<usize>);

impl Ranks {
    fn of(&self, name: Name) -> usize {
        self.0.get(name.0 as usize).copied().unwrap_or(usize::MAX)
    }
}

#[derive(Debug)]
pub(super) struct ExchangeKey {
    pub(super) target: Name,
    pub(super) collector: Name,
    pub(super) population: Name,
    pub(super) operation: Name,
    pub(super) subject: Box<str>,
    pub(super) page: u64,
    pub(super) attempt: u32,
    /// The parameters, shortened: separates calls that are alike otherwise.
    pub(super) tie: u64,
    pub(super) spans: Spans,
}

#[derive(Debug)]
pub(super) struct ResourceKey {
    pub(super) target: Name,
    pub(super) collector: Name,
    pub(super) population: Name,
    pub(super) kind: Name,
    pub(super) id: Box<str>,
    pub(super) span: Span,
}

/// The first eight bytes of a digest.
pub(super) fn short(digest: &Digest) -> u64 {
    digest.as_bytes().iter().take(8).fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

/// Into (target, collector, population, subject, operation, page, parameters, attempt); what is still alike stays in order of arrival.
pub(super) fn sort_exchanges(order: &mut [u64], keys: &[ExchangeKey], ranks: &Ranks) {
    order.sort_by(|&a, &b| {
        let (Some(a), Some(b)) = (at(keys, a), at(keys, b)) else {
            return Ordering::Equal;
        };
        (
            ranks.of(a.target),
            ranks.of(a.collector),
            ranks.of(a.population),
            &a.subject,
            ranks.of(a.operation),
            a.page,
            a.tie,
            a.attempt,
        )
            .cmp(&(
                ranks.of(b.target),
                ranks.of(b.collector),
                ranks.of(b.population),
                &b.subject,
                ranks.of(b.operation),
                b.page,
                b.tie,
                b.attempt,
            ))
    });
}

/// Into (target, collector, population, kind, id).
pub(super) fn sort_resources(keys: &mut [ResourceKey], ranks: &Ranks) {
    let place = |key: &ResourceKey| {
        (ranks.of(key.target), ranks.of(key.collector), ranks.of(key.population), ranks.of(key.kind))
    };
    keys.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.id.cmp(&b.id)));
}

fn at(keys: &[ExchangeKey], arrival: u64) -> Option<&ExchangeKey> {
    usize::try_from(arrival).ok().and_then(|i| keys.get(i))
}
