//! The run's scratch: what collectors record, streamed to disk as it comes, read back in the order of the bundle.
//!
//! In memory stay only the sort keys, so that a run's memory does not grow with the size of its answers.
//! Nothing here is evidence yet: it becomes evidence when it is written as records, sealed and signed.

mod exchanges;
mod index;
mod lines;
mod places;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::record::{self, Decode, GapReason, InAnswer, Locator, Subject, Syntax};
use model::{RecordRef, RecordType};
use sdk::{
    CoverageNote, DerivedNote, ExchangeId, GapNote, Input, NewExchange, ResourceNote, Sink, SinkError, Source,
    WithheldReason,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use exchanges::{Drafted, ExchangeFiles, Spans};
use index::{ExchangeKey, Names, ResourceKey};
use lines::{LineFile, Span};
use places::Places;

pub use exchanges::Asked;
pub use lines::SpanReader;

/// What collectors recorded so far. Written by many tasks at once, read by one when they are done.
#[derive(Debug)]
pub struct Spool {
    /// `None` once the recording has ended: a task that was given up may still try to write.
    inner: Mutex<Option<Inner>>,
}

#[derive(Debug)]
struct Inner {
    names: Names,
    exchanges: ExchangeFiles,
    exchange_keys: Vec<ExchangeKey>,
    resources: LineFile,
    resource_keys: Vec<ResourceKey>,
    derived: LineFile,
    derived_keys: Vec<ResourceKey>,
    coverage: Vec<CoverageRow>,
    gaps: Vec<GapRow>,
    kept_bytes: u64,
}

impl Inner {
    fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            names: Names::default(),
            exchanges: ExchangeFiles::create(folder)?,
            exchange_keys: Vec::new(),
            resources: LineFile::create(&folder.join("resources"))?,
            resource_keys: Vec::new(),
            derived: LineFile::create(&folder.join("derived"))?,
            derived_keys: Vec::new(),
            coverage: Vec::new(),
            gaps: Vec::new(),
            kept_bytes: 0,
        })
    }

    fn key(&mut self, place: (&str, &str, &str, &str), id: String, span: Span) -> ResourceKey {
        let (target, collector, population, kind) = place;
        ResourceKey {
            target: self.names.of(target),
            collector: self.names.of(collector),
            population: self.names.of(population),
            kind: self.names.of(kind),
            id: id.into_boxed_str(),
            span,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct ResourceLine {
    parts: Vec<(String, Vec<SourceLine>)>,
    facts: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SourceLine(u64, Syntax, String, Vec<Decode>, Option<(Syntax, String)>);

#[derive(Debug, Serialize, Deserialize)]
struct DerivedLine {
    inputs: Vec<InputLine>,
    facts: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
enum InputLine {
    Resource(String, String),
    Population(String),
    Exchange(u64),
}

#[derive(Clone, Debug)]
struct CoverageRow {
    target: String,
    collector: String,
    note: CoverageNote,
}

#[derive(Clone, Debug)]
struct GapRow {
    target: String,
    collector: String,
    note: GapNote,
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
    /// A spool in an existing, empty folder of this run.
    ///
    /// # Errors
    /// When its files cannot be made.
    pub fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self { inner: Mutex::new(Some(Inner::create(folder)?)) })
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
        let ranks = inner.names.ranks();
        let mut exchange_order: Vec<u64> = (0..inner.exchange_keys.len() as u64).collect();
        index::sort_exchanges(&mut exchange_order, &inner.exchange_keys, &ranks);
        let mut ordinals = vec![0u64; exchange_order.len()];
        for (ordinal, arrival) in exchange_order.iter().enumerate() {
            if let Some(slot) = usize::try_from(*arrival).ok().and_then(|i| ordinals.get_mut(i)) {
                *slot = ordinal as u64;
            }
        }
        index::sort_resources(&mut inner.resource_keys, &ranks);
        index::sort_resources(&mut inner.derived_keys, &ranks);
        let peers = inner.exchanges.number_peers();
        let exchange_spans = inner.exchange_keys.iter().map(|key| key.spans).collect();
        let mut recorded = Recorded {
            names: inner.names,
            peers,
            exchanges: inner.exchanges,
            exchange_order,
            exchange_spans,
            ordinals,
            resources: inner.resources,
            resource_keys: inner.resource_keys,
            derived: inner.derived,
            derived_keys: inner.derived_keys,
            coverage: Vec::new(),
            gaps: Vec::new(),
        };
        recorded.coverage = inner.coverage.iter().map(|row| recorded.coverage_record(row)).collect();
        recorded
            .coverage
            .sort_by(|a, b| (&a.target, &a.collector, &a.population).cmp(&(&b.target, &b.collector, &b.population)));
        recorded.gaps = inner.gaps.iter().map(|row| recorded.gap_record(row)).collect();
        recorded.gaps.sort_by(|a, b| gap_order(a).cmp(&gap_order(b)));
        recorded.gaps.dedup();
        recorded.gaps = folded(&recorded.gaps);
        tracing::debug!(
            exchanges = recorded.exchange_order.len(),
            resources = recorded.resource_keys.len(),
            derived = recorded.derived_keys.len(),
            populations = recorded.coverage.len(),
            gaps = recorded.gaps.len(),
            "put into the order of the bundle"
        );
        Ok(recorded)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Inner>> {
        // A panic of another task does not make what it recorded before untrue.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Spool {
    fn exchange(
        &self,
        target: &str,
        collector: &str,
        exchange: NewExchange,
        withheld: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError> {
        // Written and hashed outside the lock: other tasks go on meanwhile.
        let (drafted, kept) = Drafted::new(target, collector, exchange, withheld).map_err(SinkError)?;
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        let arrival = inner.exchange_keys.len() as u64;
        let key = inner.exchanges.append(&mut inner.names, drafted, kept.as_deref()).map_err(SinkError)?;
        inner.exchange_keys.push(key);
        inner.kept_bytes = inner.kept_bytes.saturating_add(kept.as_ref().map_or(0, |b| b.len() as u64));
        Ok(ExchangeId(arrival))
    }

    fn resource(&self, target: &str, collector: &str, resource: ResourceNote) -> Result<(), SinkError> {
        let line = ResourceLine {
            parts: resource
                .parts
                .into_iter()
                .map(|(part, sources)| (part, sources.into_iter().map(source_line).collect()))
                .collect(),
            facts: raw(&resource.facts)?,
        };
        let bytes = serde_json::to_vec(&line).map_err(|e| SinkError(e.into()))?;
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        let span = inner.resources.append(&bytes).map_err(SinkError)?;
        let key = inner.key((target, collector, &resource.population, &resource.kind), resource.id, span);
        inner.resource_keys.push(key);
        Ok(())
    }

    fn derived(&self, target: &str, collector: &str, derived: DerivedNote) -> Result<(), SinkError> {
        let line =
            DerivedLine { inputs: derived.inputs.into_iter().map(input_line).collect(), facts: raw(&derived.facts)? };
        let bytes = serde_json::to_vec(&line).map_err(|e| SinkError(e.into()))?;
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        let span = inner.derived.append(&bytes).map_err(SinkError)?;
        let key = inner.key((target, collector, &derived.population, &derived.kind), derived.id, span);
        inner.derived_keys.push(key);
        Ok(())
    }

    fn coverage(&self, target: &str, collector: &str, coverage: CoverageNote) -> Result<(), SinkError> {
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        inner.coverage.push(CoverageRow { target: target.to_owned(), collector: collector.to_owned(), note: coverage });
        Ok(())
    }

    fn gap(&self, target: &str, collector: &str, gap: GapNote) -> Result<(), SinkError> {
        let mut guard = self.lock();
        let inner = guard.as_mut().ok_or_else(|| SinkError(ended()))?;
        inner.gaps.push(GapRow { target: target.to_owned(), collector: collector.to_owned(), note: gap });
        Ok(())
    }
}

/// Everything that was recorded, in the order of the bundle.
#[derive(Debug)]
pub struct Recorded {
    names: Names,
    peers: Vec<record::Peer>,
    exchanges: ExchangeFiles,
    exchange_order: Vec<u64>,
    exchange_spans: Vec<Spans>,
    /// Arrival → ordinal.
    ordinals: Vec<u64>,
    resources: LineFile,
    resource_keys: Vec<ResourceKey>,
    derived: LineFile,
    derived_keys: Vec<ResourceKey>,
    coverage: Vec<record::Coverage>,
    gaps: Vec<record::Gap>,
}

impl Recorded {
    #[must_use]
    pub fn exchange_count(&self) -> usize {
        self.exchange_order.len()
    }

    #[must_use]
    pub fn resource_count(&self) -> usize {
        self.resource_keys.len()
    }

    #[must_use]
    pub fn peers(&self) -> &[record::Peer] {
        &self.peers
    }

    #[must_use]
    pub fn coverage(&self) -> &[record::Coverage] {
        &self.coverage
    }

    #[must_use]
    pub fn gaps(&self) -> &[record::Gap] {
        &self.gaps
    }

    /// The gaps, to mark those that an acceptance covers.
    pub fn gaps_mut(&mut self) -> &mut [record::Gap] {
        &mut self.gaps
    }

    /// From where answers came, each place once, in no order.
    pub fn asked(&self) -> impl Iterator<Item = Asked<'_>> {
        self.exchanges.asked().map(|&(collector, operation, endpoint, over_tls, answered)| Asked {
            collector: self.names.text(collector),
            operation: self.names.text(operation),
            endpoint: self.names.text(endpoint),
            over_tls,
            answered,
        })
    }

    /// The text of the `exchange` record with this ordinal.
    ///
    /// # Errors
    /// When the spool cannot be read; as all that follow.
    pub fn exchange_text(&self, ordinal: u64, text: &mut Vec<u8>) -> io::Result<()> {
        self.exchanges.exchange(self.place(ordinal)?, text)
    }

    /// The text of the `params` record of that exchange.
    pub fn params_text(&self, ordinal: u64, text: &mut Vec<u8>) -> io::Result<()> {
        self.exchanges.params(ordinal, self.place(ordinal)?, text)
    }

    /// The text of the `body` record of that exchange; `raw` is the number of the body's file. `false` where no answer came.
    pub fn body_text(&self, ordinal: u64, raw: Option<u64>, text: &mut Vec<u8>) -> io::Result<bool> {
        self.exchanges.body(ordinal, self.place(ordinal)?, raw, text)
    }

    /// The body of that exchange, where it was kept.
    pub fn kept_body(&self, ordinal: u64) -> io::Result<Option<SpanReader<'_>>> {
        Ok(self.exchanges.kept(self.place(ordinal)?))
    }

    /// Whether the body of that exchange was kept.
    pub fn is_kept(&self, ordinal: u64) -> io::Result<bool> {
        Ok(ExchangeFiles::is_kept(self.place(ordinal)?))
    }

    /// Where the exchange with this ordinal lies.
    fn place(&self, ordinal: u64) -> io::Result<&Spans> {
        let at = |number: u64| usize::try_from(number).ok();
        at(ordinal)
            .and_then(|i| self.exchange_order.get(i))
            .and_then(|arrival| at(*arrival))
            .and_then(|i| self.exchange_spans.get(i))
            .ok_or_else(|| io::Error::other("an exchange that was not recorded"))
    }

    /// The resources one by one.
    pub fn resources(&self) -> impl Iterator<Item = io::Result<record::Resource>> + '_ {
        self.resource_keys.iter().map(|key| self.resource(key))
    }

    fn resource(&self, key: &ResourceKey) -> io::Result<record::Resource> {
        let line: ResourceLine = serde_json::from_slice(&self.resources.read(key.span)?)?;
        let parts = line
            .parts
            .into_iter()
            .map(|(part, sources)| (part, sources.into_iter().map(|source| self.locator_of_line(source)).collect()))
            .collect();
        Ok(record::Resource {
            target: self.names.text(key.target).to_owned(),
            collector: self.names.text(key.collector).to_owned(),
            population: self.names.text(key.population).to_owned(),
            kind: self.names.text(key.kind).to_owned(),
            id: key.id.to_string(),
            parts,
            facts: line.facts,
        })
    }

    /// The derived objects one by one. What they were computed from is looked up among the resources, so this holds one entry
    /// in memory for each of them while it runs.
    pub fn derived(&self) -> impl Iterator<Item = io::Result<record::Derived>> + '_ {
        let places = Places::new(self);
        self.derived_keys.iter().map(move |key| self.derived_record(key, &places))
    }

    fn derived_record(&self, key: &ResourceKey, places: &Places<'_>) -> io::Result<record::Derived> {
        let line: DerivedLine = serde_json::from_slice(&self.derived.read(key.span)?)?;
        let mut inputs: Vec<RecordRef> = line.inputs.iter().flat_map(|input| self.input(key, input, places)).collect();
        inputs.sort_unstable();
        inputs.dedup();
        Ok(record::Derived {
            target: self.names.text(key.target).to_owned(),
            collector: self.names.text(key.collector).to_owned(),
            population: self.names.text(key.population).to_owned(),
            kind: self.names.text(key.kind).to_owned(),
            id: key.id.to_string(),
            inputs,
            facts: line.facts,
        })
    }

    fn input(&self, of: &ResourceKey, input: &InputLine, places: &Places<'_>) -> Vec<RecordRef> {
        match input {
            InputLine::Exchange(id) => vec![self.reference(ExchangeId(*id))],
            InputLine::Resource(kind, id) => vec![places.resource(self, of, kind, id)],
            InputLine::Population(population) => places.population(self, of, population),
        }
    }

    /// How many resources of each population were recorded, by (target, collector, population).
    #[must_use]
    pub fn population_sizes(&self) -> HashMap<(&str, &str, &str), u64> {
        let mut sizes = HashMap::new();
        for key in self.resource_keys.iter().chain(&self.derived_keys) {
            let place = (self.names.text(key.target), self.names.text(key.collector), self.names.text(key.population));
            *sizes.entry(place).or_insert(0) += 1;
        }
        sizes
    }

    fn reference(&self, exchange: ExchangeId) -> RecordRef {
        let ordinal = usize::try_from(exchange.0).ok().and_then(|i| self.ordinals.get(i)).copied();
        // An id that this spool never gave out can only refer to nothing; verifying refuses it.
        RecordRef::new(RecordType::Exchange, ordinal.unwrap_or(u64::MAX))
    }

    fn locator(&self, source: &Source) -> Locator {
        Locator::Answer(InAnswer {
            exchange: self.reference(source.exchange),
            syntax: source.syntax,
            path: source.path.clone(),
            decode: source.decode.clone(),
            inner: source.inner.clone(),
        })
    }

    fn locator_of_line(&self, SourceLine(exchange, syntax, path, decode, inner): SourceLine) -> Locator {
        Locator::Answer(InAnswer { exchange: self.reference(ExchangeId(exchange)), syntax, path, decode, inner })
    }

    fn coverage_record(&self, row: &CoverageRow) -> record::Coverage {
        record::Coverage {
            target: row.target.clone(),
            collector: row.collector.clone(),
            population: row.note.population.clone(),
            calls: row.note.calls,
            pages: row.note.pages,
            items: row.note.items,
            repeated: 0,
            complete: row.note.complete,
            total: row
                .note
                .total
                .as_ref()
                .map(|total| record::Total { count: total.count, from: self.locator(&total.from) }),
        }
    }

    fn gap_record(&self, row: &GapRow) -> record::Gap {
        record::Gap {
            target: row.target.clone(),
            collector: row.collector.clone(),
            population: row.note.population.clone(),
            subject: row.note.subject.clone(),
            part: row.note.part.clone(),
            right: row.note.right.clone(),
            reason: row.note.reason,
            detail: row.note.detail.clone(),
            exchange: row.note.exchange.map(|id| self.reference(id)),
            acceptance: None,
        }
    }
}

type GapOrder<'a> = (
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a Subject>,
    Option<&'a str>,
    Option<&'a str>,
    GapReason,
    Option<RecordRef>,
    &'a str,
);

/// Gaps of one list for one reason that are sealed singly. A finding of the list rests on all of them and has to fit into a record:
/// a source that lists a hundred thousand things and gives none must not keep the whole run from being sealed.
const SINGLY: usize = 1000;

/// The gaps, sorted, with those of one list and reason past [`SINGLY`] said together.
fn folded(gaps: &[record::Gap]) -> Vec<record::Gap> {
    let alike = |a: &record::Gap, b: &record::Gap| {
        let list = |gap: &record::Gap| gap.subject.is_none() && gap.part.is_none();
        list(a)
            && list(b)
            && (&a.target, &a.collector, &a.population, &a.right, a.reason)
                == (&b.target, &b.collector, &b.population, &b.right, b.reason)
    };
    let mut kept: Vec<record::Gap> = Vec::with_capacity(gaps.len());
    for group in gaps.chunk_by(alike) {
        kept.extend(group.iter().take(SINGLY).cloned());
        if let (Some(first), more @ 1..) = (group.get(SINGLY), group.len().saturating_sub(SINGLY)) {
            let detail = format!("and {more} more like these, each with an exchange of its own where one was made");
            kept.push(record::Gap { detail, exchange: None, ..first.clone() });
        }
    }
    kept
}

fn gap_order(gap: &record::Gap) -> GapOrder<'_> {
    (
        &gap.target,
        &gap.collector,
        gap.population.as_deref(),
        gap.subject.as_ref(),
        gap.part.as_deref(),
        gap.right.as_deref(),
        gap.reason,
        gap.exchange,
        &gap.detail,
    )
}

fn input_line(input: Input) -> InputLine {
    match input {
        Input::Resource { kind, id } => InputLine::Resource(kind, id),
        Input::Population(population) => InputLine::Population(population),
        Input::Exchange(id) => InputLine::Exchange(id.0),
    }
}

fn source_line(source: Source) -> SourceLine {
    SourceLine(source.exchange.0, source.syntax, source.path, source.decode, source.inner)
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
