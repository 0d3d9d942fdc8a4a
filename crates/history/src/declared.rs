//! What the newest earlier bundle says of declared things: runs carry on from one bundle to the next when each was first seen, so that none reads more
//! than one.

use std::collections::HashMap;

use bundle::read::{Line, Record};
use model::{RecordRef, Timestamp};
use serde_json::Value;
use verify::Observer;

use crate::past::{HistoryError, Past};

/// The declared things of a bundle.
#[derive(Debug)]
pub struct DeclaredBefore {
    /// When its run was begun.
    pub started: Timestamp,
    /// By kind and id the facts.
    things: HashMap<String, HashMap<String, Value>>,
}

impl DeclaredBefore {
    /// The facts of a thing.
    #[must_use]
    pub fn facts(&self, kind: &str, id: &str) -> Option<&Value> {
        self.things.get(kind)?.get(id)
    }
}

/// The things that `target` has in the newest earlier bundle that counts, of the kinds that are wanted. `None`: there is no such bundle.
///
/// # Errors
/// When that bundle is there and cannot be relied on.
pub fn last_declared(
    past: &Past<'_>,
    target: &str,
    wanted: fn(&str) -> bool,
) -> Result<Option<DeclaredBefore>, HistoryError> {
    let seen = || Seen { target, wanted, started: None, things: HashMap::new() };
    let Some(earlier) = past.newest_first(None, seen)?.next().transpose()? else { return Ok(None) };
    Ok(earlier.seen.started.map(|started| DeclaredBefore { started, things: earlier.seen.things }))
}

struct Seen<'t> {
    target: &'t str,
    wanted: fn(&str) -> bool,
    started: Option<Timestamp>,
    things: HashMap<String, HashMap<String, Value>>,
}

impl Observer for Seen<'_> {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Run(run) => self.started = Some(run.started),
            Record::Resource(resource) if resource.target == self.target && (self.wanted)(&resource.kind) => {
                // Facts of an accepted bundle are JSON.
                if let Ok(facts) = serde_json::from_str(resource.facts.get()) {
                    self.things.entry(resource.kind.clone()).or_default().insert(resource.id.clone(), facts);
                }
            }
            _ => {}
        }
    }
}
