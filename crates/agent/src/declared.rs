//! The declaration as a target: its things are recorded as resources whose parts lead into the declared files. Nobody is asked anything.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;

use declaration::{Before, DECLARATION, DeclaredThing, ThingError};
use history::{DeclaredBefore, Past};
use model::Timestamp;
use model::record::GapReason;
use sdk::{CoverageNote, DeclaredPlace, GapNote, KnownSecrets, Place, Recorder, ResourceNote, Sink, SinkError};

/// Declared things with what the ledger saw of them.
pub(crate) struct Declared {
    pub(crate) things: Vec<DeclaredThing>,
    /// Why nothing is known of what the ledger saw.
    pub(crate) unread: Option<String>,
}

struct Earlier(DeclaredBefore);

impl Before for Earlier {
    fn started(&self) -> i64 {
        self.0.started.as_millis().div_euclid(1000)
    }

    fn facts(&self, kind: &str, id: &str) -> Option<&serde_json::Value> {
        self.0.facts(kind, id)
    }
}

impl Declared {
    /// Carries on what the newest earlier bundle says. In the first one everything is seen for the first time; where the earlier one cannot be relied
    /// on, nothing is said.
    ///
    /// # Errors
    /// When facts cannot be written as JSON.
    pub(crate) fn new(mut things: Vec<DeclaredThing>, past: &Past<'_>, started: Timestamp) -> Result<Self, ThingError> {
        let unread = match history::last_declared(past, DECLARATION, declaration::is_watched) {
            Ok(before) => {
                let before = before.map(Earlier);
                let before = before.as_ref().map(|before| before as &dyn Before);
                declaration::carry_on(&mut things, before, started.as_millis().div_euclid(1000))?;
                None
            }
            Err(error) => Some(match error.source() {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            }),
        };
        Ok(Self { things, unread })
    }
}

/// Records every declared thing, and of each kind how many there are: none where nothing is declared.
///
/// # Errors
/// When evidence cannot be written.
pub(crate) fn record(sink: &Arc<dyn Sink>, secrets: &KnownSecrets, declared: Declared) -> Result<(), SinkError> {
    let Declared { things, unread } = declared;
    let recorder = Recorder::new(Arc::clone(sink), DECLARATION, DECLARATION, secrets.clone());
    let mut counts: BTreeMap<&str, u64> = declaration::kinds().iter().map(|kind| (kind.kind, 0)).collect();
    for thing in things {
        *counts.entry(thing.kind).or_default() += 1;
        let places = |written: Vec<declaration::WrittenAt>| {
            let place = |at: declaration::WrittenAt| DeclaredPlace { path: at.path, line: at.line, column: at.column };
            written.into_iter().map(|at| Place::from(place(at))).collect()
        };
        recorder.resource(ResourceNote {
            population: thing.kind.to_owned(),
            kind: thing.kind.to_owned(),
            id: thing.id,
            parts: thing.parts.into_iter().map(|(part, written)| (part, places(written))).collect(),
            facts: thing.facts,
        })?;
    }
    let there = counts.iter().filter(|(_, count)| **count > 0).map(|(kind, _)| *kind);
    let parts = there.flat_map(|kind| declaration::seen_parts(kind).iter().map(move |part| (kind, *part)));
    let unread = unread.iter().flat_map(|why| parts.clone().map(move |(kind, part)| (why, kind, part)));
    let unread: Vec<GapNote> = unread
        .map(|(why, kind, part)| GapNote {
            population: Some(kind.to_owned()),
            subject: None,
            part: Some(part.to_owned()),
            right: None,
            reason: GapReason::Malformed,
            detail: format!("what the ledger saw of it is not known: {why}"),
            exchange: None,
        })
        .collect();
    unread.into_iter().try_for_each(|gap| recorder.gap(gap))?;
    for (kind, items) in counts {
        let population = kind.to_owned();
        recorder.coverage(CoverageNote { population, calls: 0, pages: 0, items, complete: true, total: None })?;
    }
    Ok(())
}
