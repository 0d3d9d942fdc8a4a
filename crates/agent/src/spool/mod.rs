//! The run's scratch: what collectors record, streamed to disk as it comes, read back in the order of the bundle.
//!
//! In memory stay only the sort keys, so that a run's memory does not grow with the size of its answers.
//! Nothing here is evidence yet: it becomes evidence when it is written as records, sealed and signed.

mod arrived;
mod computed;
mod declared;
mod exchanges;
mod fits;
mod gaps;
mod index;
mod lines;
mod masked;
mod places;
mod recorded;
mod rows;
mod settle;
#[cfg(test)]
mod tests;
mod united;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::record::{GapReason, Subject};
use sdk::{
    CoverageNote, DerivedNote, ExchangeId, GapNote, NewExchange, Place, ResourceNote, RouteNote, Sink, SinkError,
    Source, WithheldReason,
};
use serde_json::Value;
use serde_json::value::RawValue;

use arrived::Arrived;
use exchanges::{Drafted, MOST_PEERS, PeerKept};
use fits::{MOST_PLACES, Room};
use rows::{CoverageRow, DerivedLine, GapRow, PlaceLine, ResourceLine, answer_line, input_line};

pub(crate) use computed::{Computed, ComputedFrom};
pub use declared::DeclaredFiles;
pub(crate) use index::{Name, Names};
pub(crate) use lines::{LineFile, Span};

pub use exchanges::Asked;
pub use lines::SpanReader;
pub use recorded::Recorded;

/// What collectors recorded so far. Written by many tasks at once, read by one when they are done.
#[derive(Debug)]
pub struct Spool {
    /// `None` once the recording has ended: a task that was given up may still try to write.
    inner: Mutex<Option<Arrived>>,
    declared: DeclaredFiles,
    /// Parts that nothing is computed from: kind and part.
    annotations: BTreeSet<(String, String)>,
}

/// How much was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub exchanges: usize,
    pub resources: usize,
    pub gaps: usize,
    pub bytes: u64,
}

impl Spool {
    /// A spool in an existing, empty folder of this run. `declared`: the files that facts may stand in beside answers.
    ///
    /// # Errors
    /// When its files cannot be made.
    pub fn create(folder: &Path, declared: DeclaredFiles) -> io::Result<Self> {
        Ok(Self { inner: Mutex::new(Some(Arrived::create(folder)?)), declared, annotations: BTreeSet::new() })
    }

    /// Knows from which parts these collectors compute nothing.
    #[must_use]
    pub fn with_annotations<'d>(mut self, descriptors: impl Iterator<Item = &'d sdk::Descriptor>) -> Self {
        for kind in descriptors.flat_map(|descriptor| &descriptor.resources) {
            self.annotations.extend(kind.annotations.iter().map(|part| (kind.kind.clone(), part.clone())));
        }
        self
    }

    /// How the places of a part lie in the scratch; `Err` says why the part cannot be sealed.
    fn part(&self, part: &str, value: &Value, places: Vec<Place>, room: &mut Room) -> Result<Vec<PlaceLine>, String> {
        // A fact that does not say where it was read is none.
        if !(1..=MOST_PLACES).contains(&places.len()) {
            return Err(format!("the collector did not say where it read this, in 1 to {MOST_PLACES} places"));
        }
        fits::value(value)?;
        let bytes = serde_json::to_string(value).map_err(|error| error.to_string())?.len();
        let texts = places.iter().filter_map(Place::answer).map(|source| source.path.len());
        room.take(part.len().saturating_add(bytes), places.len(), texts.sum())?;
        places.into_iter().map(|place| self.place(place)).collect()
    }

    /// The parts of an object that were read where a text is masked: in which exchange, and the text.
    fn masked(
        &self,
        target: &str,
        collector: &str,
        population: &str,
        subject: &Subject,
        parts: &BTreeMap<String, Vec<Place>>,
    ) -> Result<BTreeMap<String, (ExchangeId, String)>, SinkError> {
        let mut guard = self.lock();
        let masked = &mut guard.as_mut().ok_or_else(|| SinkError(ended()))?.masked;
        if masked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let met = masked.met(parts);
        let is_annotation = |part: &String| self.annotations.contains(&(subject.kind.clone(), part.clone()));
        if !met.keys().all(is_annotation) {
            masked.hide(target, collector, population, subject);
        }
        Ok(met)
    }

    /// How a place lies in the scratch; `Err` says why it is none.
    fn place(&self, place: Place) -> Result<PlaceLine, String> {
        match place {
            Place::Answer(source) => {
                astray(&source)?;
                Ok(answer_line(source))
            }
            Place::Declared(at) => {
                let ordinal = self.declared.find(&at)?;
                Ok(PlaceLine::D(ordinal, at.line, at.column))
            }
        }
    }

    /// How much was recorded so far; for progress.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let inner = self.lock();
        let Some(inner) = inner.as_ref() else {
            return Tally::default();
        };
        Tally {
            exchanges: inner.exchange_keys.len(),
            resources: inner.resource_keys.len() + inner.derived_keys.len(),
            gaps: inner.gaps.len(),
            bytes: inner.kept_bytes,
        }
    }

    /// The kinds of a collector of which it recorded neither coverage nor a gap.
    #[must_use]
    pub fn unheard(&self, target: &str, descriptor: &sdk::Descriptor) -> Vec<String> {
        let inner = self.lock();
        let Some(inner) = inner.as_ref() else {
            return Vec::new();
        };
        let whole_target_lost = inner.gaps.iter().any(|row| {
            row.target == target
                && row.collector == descriptor.name
                && row.note.population.is_none()
                && row.note.subject.is_none()
        });
        if whole_target_lost {
            return Vec::new();
        }
        let heard = |kind: &str| {
            let of_kind = |population: &str| sdk::kind_of_population(population) == kind;
            let covered = inner.coverage.iter().any(|row| row.target == target && of_kind(&row.note.population));
            covered
                || inner
                    .gaps
                    .iter()
                    .any(|row| row.target == target && row.note.population.as_deref().is_some_and(of_kind))
        };
        descriptor.resources.iter().map(|resource| resource.kind.clone()).filter(|kind| !heard(kind)).collect()
    }

    /// Ends the recording and puts everything into the order of the bundle.
    ///
    /// # Errors
    /// When buffered lines cannot be written.
    pub fn finish(&self) -> io::Result<Recorded> {
        let mut inner = self.lock().take().ok_or_else(ended)?;
        inner.exchanges.flush()?;
        inner.resources.flush()?;
        inner.derived.flush()?;
        Recorded::new(inner)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arrived>> {
        // A panic of another task does not make what it recorded before untrue.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Spool {
    fn exchange(
        &self,
        target: &str,
        collector: &str,
        mut exchange: NewExchange,
        mut withheld: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError> {
        if !model::is_endpoint(&exchange.endpoint) {
            return Err(SinkError(io::Error::other(format!("`{}` is not the form of an endpoint", exchange.endpoint))));
        }
        let masked = masked::of(target, collector, &exchange);
        if masked.is_some() {
            let mut guard = self.lock();
            guard.as_mut().ok_or_else(|| SinkError(ended()))?.masked.reserve(&mut exchange, &mut withheld);
        }
        // Written and hashed outside the lock: other tasks go on in the meantime.
        let (drafted, kept) = Drafted::new(target, collector, exchange, withheld).map_err(SinkError)?;
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        let arrival = inner.exchange_keys.len() as u64;
        let (key, peer) = inner.exchanges.append(&mut inner.names, drafted, kept.as_deref()).map_err(SinkError)?;
        inner.exchange_keys.push(key);
        if let Some(masked) = masked {
            inner.masked.add(arrival, masked);
        }
        if peer == PeerKept::No {
            let detail = format!(
                "it has another peer than {MOST_PEERS} exchanges before it: whose certificates it sent is not sealed"
            );
            let note = target_gap(GapReason::CollectorFailed, None, detail, Some(ExchangeId(arrival)));
            inner.gaps.push(GapRow { target: target.to_owned(), collector: collector.to_owned(), note });
        }
        inner.kept_bytes = inner.kept_bytes.saturating_add(kept.as_ref().map_or(0, |b| b.len() as u64));
        Ok(ExchangeId(arrival))
    }

    fn resource(&self, target: &str, collector: &str, resource: ResourceNote) -> Result<(), SinkError> {
        let Value::Object(mut facts) = resource.facts else {
            return Err(SinkError(io::Error::other("facts that are no JSON object")));
        };
        let (mut parts, mut lost, mut room) = (Vec::with_capacity(facts.len()), Vec::new(), Room::default());
        let mut places = resource.parts;
        let subject = Subject { kind: resource.kind.clone(), id: resource.id.clone() };
        for (part, (exchange, path)) in self.masked(target, collector, &resource.population, &subject, &places)? {
            if facts.remove(&part).is_some() {
                lost.push(GapNote { detail: masked::detail(&path), ..masked::gap(Some(part), Some(exchange)) });
            }
        }
        facts.retain(|part, value| {
            let read_in = places.remove(part).unwrap_or_default();
            match self.part(part, value, read_in, &mut room) {
                Ok(lines) => parts.push((part.clone(), lines)),
                Err(detail) => {
                    let reason = GapReason::CollectorFailed;
                    lost.push(GapNote { reason, detail, ..masked::gap(Some(part.clone()), None) });
                    return false;
                }
            }
            true
        });
        let line = ResourceLine { parts, facts: raw(&Value::Object(facts))? };
        let bytes = serde_json::to_vec(&line).map_err(|e| SinkError(e.into()))?;
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        for note in lost {
            let note =
                GapNote { population: Some(resource.population.clone()), subject: Some(subject.clone()), ..note };
            inner.gaps.push(GapRow { target: target.to_owned(), collector: collector.to_owned(), note });
        }
        let span = inner.resources.append(&bytes).map_err(SinkError)?;
        let key = inner.key((target, collector, &resource.population, &resource.kind), resource.id, span);
        inner.resource_keys.push(key);
        Ok(())
    }

    fn derived(&self, target: &str, collector: &str, derived: DerivedNote) -> Result<(), SinkError> {
        let facts = raw(&derived.facts)?;
        if let Err(problem) = fits::derived(facts.get(), derived.inputs.len()) {
            return self.gap(
                target,
                collector,
                GapNote {
                    population: Some(derived.population),
                    subject: Some(Subject { kind: derived.kind, id: derived.id }),
                    part: None,
                    right: None,
                    reason: GapReason::CollectorFailed,
                    detail: problem,
                    exchange: None,
                },
            );
        }
        let line = DerivedLine { inputs: derived.inputs.into_iter().map(input_line).collect(), facts };
        let bytes = serde_json::to_vec(&line).map_err(|e| SinkError(e.into()))?;
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        let span = inner.derived.append(&bytes).map_err(SinkError)?;
        let key = inner.key((target, collector, &derived.population, &derived.kind), derived.id, span);
        inner.derived_keys.push(key);
        Ok(())
    }

    fn coverage(&self, target: &str, collector: &str, mut coverage: CoverageNote) -> Result<(), SinkError> {
        if let Some(gap) = fits::counts(&mut coverage) {
            self.gap(target, collector, gap)?;
        }
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        inner.coverage.push(CoverageRow { target: target.to_owned(), collector: collector.to_owned(), note: coverage });
        Ok(())
    }

    fn gap(&self, target: &str, collector: &str, mut gap: GapNote) -> Result<(), SinkError> {
        gap.detail = fits::detail(gap.detail);
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        inner.gaps.push(GapRow { target: target.to_owned(), collector: collector.to_owned(), note: gap });
        Ok(())
    }

    fn route(&self, target: &str, collector: &str, route: RouteNote) -> Result<(), SinkError> {
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        inner.routes.entry((target.to_owned(), collector.to_owned())).or_default().absorb(route);
        Ok(())
    }
}

/// Whether a place in an answer has the form of one; `Err` says what is wrong.
fn astray(source: &Source) -> Result<(), String> {
    let inner = source.inner.as_ref().map(|(syntax, path)| (*syntax, path.as_str()));
    for (syntax, path) in [(source.syntax, source.path.as_str())].into_iter().chain(inner) {
        if !model::leads_into(syntax, path) {
            return Err(format!("said to stand at `{}`, which is no place", path.escape_debug()));
        }
    }
    if source.inner.is_some() && source.decode.is_empty() {
        return Err("said to stand inside of a text that is not decoded".to_owned());
    }
    Ok(())
}

fn raw(value: &serde_json::Value) -> Result<Box<RawValue>, SinkError> {
    serde_json::value::to_raw_value(value).map_err(|e| SinkError(e.into()))
}

fn ended() -> io::Error {
    io::Error::other("the recording of this run has ended")
}

/// A gap of a whole target, made by the run itself.
#[must_use]
pub fn target_gap(reason: GapReason, right: Option<String>, detail: String, exchange: Option<ExchangeId>) -> GapNote {
    GapNote { population: None, subject: None, part: None, right, reason, detail, exchange }
}
