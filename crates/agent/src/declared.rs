//! The declaration as a target: its things are recorded as resources whose parts lead into the declared files. Nobody is asked anything.

use std::collections::BTreeMap;

use declaration::{DECLARATION, DeclaredThing};
use sdk::{CoverageNote, DeclaredPlace, KnownSecrets, Place, Recorder, ResourceNote, Sink, SinkError};
use std::sync::Arc;

/// Records every declared thing, and of each kind how many there are: none where nothing is declared.
///
/// # Errors
/// When evidence cannot be written.
pub(crate) fn record(
    sink: &Arc<dyn Sink>,
    secrets: &KnownSecrets,
    things: Vec<DeclaredThing>,
) -> Result<(), SinkError> {
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
    for (kind, items) in counts {
        let population = kind.to_owned();
        recorder.coverage(CoverageNote { population, calls: 0, pages: 0, items, complete: true, total: None })?;
    }
    Ok(())
}
