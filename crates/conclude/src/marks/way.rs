//! From where answers came, which the records of exchanges say, whatever a `route` says.

use model::record::Exchange;

use super::named::{NAMED, NAMES_KEPT, number, short};
use crate::sources::asked_elsewhere;

/// Exchanges at endpoints that are none of their source's. An answer that is kept makes one of them count: where credentials come from is asked
/// elsewhere, and nothing of that is kept.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// One bit an exchange.
    exchanges: Vec<u64>,
    /// By the first of them; exchanges stand in the order of their targets.
    of_targets: Vec<OfTarget>,
    /// Endpoints that are kept, of all targets.
    kept: usize,
    /// The last collector, the first word of its operation and the endpoint, and whether that is elsewhere: most exchanges follow others like them.
    last: Option<(String, String, String, bool)>,
}

#[derive(Debug)]
pub(super) struct OfTarget {
    first: u64,
    pub number: u64,
    pub name: String,
    pub endpoints: Vec<String>,
}

impl Elsewhere {
    pub fn exchange(&mut self, ordinal: u64, exchange: &Exchange) {
        let begins = exchange.operation.split_inclusive(':').next().unwrap_or_default();
        let known = self.last.as_ref().filter(|(collector, operation, endpoint, _)| {
            (collector.as_str(), operation.as_str(), endpoint.as_str())
                == (exchange.collector.as_str(), begins, exchange.endpoint.as_str())
        });
        let elsewhere = if let Some((.., elsewhere)) = known {
            *elsewhere
        } else {
            let elsewhere = asked_elsewhere(&exchange.collector, begins, &exchange.endpoint);
            self.last = Some((exchange.collector.clone(), begins.to_owned(), exchange.endpoint.clone(), elsewhere));
            elsewhere
        };
        if !elsewhere {
            return;
        }
        let Ok(word) = usize::try_from(ordinal / 64) else { return };
        if self.exchanges.len() <= word {
            self.exchanges.resize(word + 1, 0);
        }
        if let Some(word) = self.exchanges.get_mut(word) {
            *word |= 1 << (ordinal % 64);
        }
        let target = number(&exchange.target);
        if self.of_targets.last().is_none_or(|last| last.number != target) {
            let name = short(&exchange.target);
            self.of_targets.push(OfTarget { first: ordinal, number: target, name, endpoints: Vec::new() });
        }
        let room = self.kept < NAMES_KEPT;
        if let Some(last) = self.of_targets.last_mut().filter(|last| room && last.endpoints.len() < NAMED) {
            let endpoint = short(&exchange.endpoint);
            if !last.endpoints.contains(&endpoint) {
                last.endpoints.push(endpoint);
                self.kept += 1;
            }
        }
    }

    /// The target that was read there, if this exchange was elsewhere, and the endpoints.
    pub fn of(&self, ordinal: u64) -> Option<&OfTarget> {
        let word = usize::try_from(ordinal / 64).ok().and_then(|word| self.exchanges.get(word)).copied()?;
        if word & (1 << (ordinal % 64)) == 0 {
            return None;
        }
        let after = self.of_targets.partition_point(|one| one.first <= ordinal);
        self.of_targets.get(after.checked_sub(1)?)
    }
}
