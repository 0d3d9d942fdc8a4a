//! Everything that was recorded, read back in the order of the bundle.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use model::record::{self, InAnswer, InDeclaration, Locator, Subject};
use model::{RecordRef, RecordType};
use sdk::{ExchangeId, RouteNote, Source};

use super::arrived::Arrived;
use super::exchanges::{Asked, ExchangeFiles, Spans, sort_exchanges};
use super::gaps::{folded, gap_order};
use super::index::{self, Names, ResourceKey};
use super::lines::{LineFile, SpanReader};
use super::masked;
use super::places::{self, Places};
use super::rows::{CoverageRow, DerivedLine, GapRow, InputLine, PlaceLine, ResourceLine};
use super::settle::{self, Repeated};

/// Everything that was recorded, in the order of the bundle.
#[derive(Debug)]
pub struct Recorded {
    pub(super) names: Names,
    peers: Vec<record::Peer>,
    pub(super) routes: Vec<record::Route>,
    exchanges: ExchangeFiles,
    exchange_order: Vec<u64>,
    exchange_spans: Vec<Spans>,
    /// Arrival → ordinal.
    ordinals: Vec<u64>,
    pub(super) resources: LineFile,
    pub(super) resource_keys: Vec<ResourceKey>,
    pub(super) derived: LineFile,
    pub(super) derived_keys: Vec<ResourceKey>,
    pub(super) coverage: Vec<record::Coverage>,
    pub(super) gaps: Vec<record::Gap>,
    /// Gaps that came once all others had their place.
    pub(super) added_gaps: Range<u64>,
}

impl Recorded {
    /// Puts what came into the order of the bundle.
    ///
    /// # Errors
    /// When the spool cannot be read or written.
    pub(super) fn new(mut arrived: Arrived) -> io::Result<Self> {
        let Arrived { masked, gaps, names, derived_keys, derived, .. } = &mut arrived;
        masked::settle(masked, gaps, names, derived_keys, derived)?;
        let ranks = arrived.names.ranks();
        let mut exchange_order: Vec<u64> = (0..arrived.exchange_keys.len() as u64).collect();
        sort_exchanges(&mut exchange_order, &arrived.exchange_keys, &ranks);
        let mut ordinals = vec![0u64; exchange_order.len()];
        for (ordinal, arrival) in exchange_order.iter().enumerate() {
            if let Some(slot) = usize::try_from(*arrival).ok().and_then(|i| ordinals.get_mut(i)) {
                *slot = ordinal as u64;
            }
        }
        index::sort_resources(&mut arrived.resource_keys, &ranks);
        index::sort_resources(&mut arrived.derived_keys, &ranks);
        let mut repeated = Repeated::new();
        let Arrived { names, gaps, resource_keys, resources, derived_keys, derived, coverage, .. } = &mut arrived;
        settle::each_once::<ResourceLine>(resource_keys, resources, names, &ordinals, &mut repeated, gaps)?;
        settle::each_once::<DerivedLine>(derived_keys, derived, names, &ordinals, &mut repeated, gaps)?;
        settle::without_unread::<ResourceLine>(resource_keys, resources, names, gaps)?;
        settle::without_unread::<DerivedLine>(derived_keys, derived, names, gaps)?;
        let mut rows = settle::covered_once(std::mem::take(coverage), gaps);
        settle::routed(&arrived.exchange_keys, &arrived.names, &mut arrived.routes, &mut arrived.gaps);
        let peers = arrived.exchanges.number_peers();
        let exchange_spans = arrived.exchange_keys.iter().map(|key| key.spans).collect();
        let mut recorded = Recorded {
            names: arrived.names,
            peers,
            routes: arrived.routes.into_iter().map(route_record).collect(),
            exchanges: arrived.exchanges,
            exchange_order,
            exchange_spans,
            ordinals,
            resources: arrived.resources,
            resource_keys: arrived.resource_keys,
            derived: arrived.derived,
            derived_keys: arrived.derived_keys,
            coverage: Vec::new(),
            gaps: Vec::new(),
            added_gaps: 0..0,
        };
        settle::covered(&mut rows, &recorded.population_sizes(), &mut arrived.gaps);
        let mut coverage: Vec<record::Coverage> =
            rows.iter().map(|row| recorded.coverage_record(row, &repeated)).collect();
        coverage
            .sort_by(|a, b| (&a.target, &a.collector, &a.population).cmp(&(&b.target, &b.collector, &b.population)));
        let mut gaps: Vec<record::Gap> = arrived.gaps.iter().map(|row| recorded.gap_record(row)).collect();
        let has = |target: &str, subject: &Subject| recorded.has(target, subject);
        settle::add_up(&mut coverage, &mut gaps, &recorded.population_sizes(), has);
        gaps.sort_by(|a, b| gap_order(a).cmp(&gap_order(b)));
        gaps.dedup();
        recorded.gaps = folded(&gaps);
        recorded.coverage = coverage;
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

    /// How many objects of each population were recorded, by (target, collector, population).
    fn population_sizes(&self) -> HashMap<(&str, &str, &str), u64> {
        let mut sizes = HashMap::new();
        for key in self.resource_keys.iter().chain(&self.derived_keys) {
            let place = (self.names.text(key.target), self.names.text(key.collector), self.names.text(key.population));
            *sizes.entry(place).or_insert(0) += 1;
        }
        sizes
    }

    /// Whether an object of this kind and id was recorded.
    fn has(&self, target: &str, subject: &Subject) -> bool {
        let wanted = (target, subject.kind.as_str(), subject.id.as_str());
        [&self.resource_keys, &self.derived_keys].iter().any(|keys| index::find(keys, &self.names, wanted).is_some())
    }

    #[must_use]
    pub fn exchange_count(&self) -> usize {
        self.exchange_order.len()
    }

    #[must_use]
    pub fn resource_count(&self) -> usize {
        self.resource_keys.len()
    }

    #[must_use]
    pub fn routes(&self) -> &[record::Route] {
        &self.routes
    }

    /// The routes, to mark those over which answers came that prove nothing about their source.
    pub fn routes_mut(&mut self) -> &mut [record::Route] {
        &mut self.routes
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
        self.exchanges.asked().map(|&(target, collector, operation, endpoint, certificates, answered, kept)| Asked {
            target: self.names.text(target),
            collector: self.names.text(collector),
            operation: self.names.text(operation),
            endpoint: self.names.text(endpoint),
            certificates,
            answered,
            kept,
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
        let places = Places::new(&self.resource_keys, &self.derived_keys, &self.coverage, &self.gaps);
        self.derived_keys.iter().enumerate().map(move |(ordinal, key)| self.derived_record(ordinal, key, &places))
    }

    fn derived_record(&self, ordinal: usize, key: &ResourceKey, places: &Places<'_>) -> io::Result<record::Derived> {
        let line: DerivedLine = serde_json::from_slice(&self.derived.read(key.span)?)?;
        let mut inputs = Vec::new();
        self.inputs(ordinal, key, &line.inputs, places, &mut inputs)?;
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

    /// The records that these are. `before`: derived objects before it can be named.
    fn inputs(
        &self,
        before: usize,
        of: &ResourceKey,
        inputs: &[InputLine],
        places: &Places<'_>,
        found: &mut Vec<RecordRef>,
    ) -> io::Result<()> {
        for input in inputs {
            match input {
                InputLine::Exchange(id) => found.push(self.reference(ExchangeId(*id))),
                InputLine::Resource(kind, id) => found.push(places.resource(&self.names, of, kind, id)),
                InputLine::Population(population) => found.extend(places.population(&self.names, of, population)),
                InputLine::Object(target, kind, id) => self.object(before, (target, kind, id), places, found)?,
                InputLine::Lists(target, kind) => found.extend(places.lists(target, kind)),
                InputLine::Gap(then) => {
                    found.push(RecordRef::new(RecordType::Gap, places::moved(*then, &self.added_gaps)));
                }
            }
        }
        Ok(())
    }

    /// The record of an object of any target. A record refers to earlier ones: in the place of a derived object that stands later stands
    /// what that one was computed from.
    fn object(
        &self,
        before: usize,
        wanted: (&str, &str, &str),
        places: &Places<'_>,
        found: &mut Vec<RecordRef>,
    ) -> io::Result<()> {
        if let Some(at) = index::find(&self.resource_keys, &self.names, wanted) {
            found.push(RecordRef::new(RecordType::Resource, at as u64));
            return Ok(());
        }
        let at = index::find(&self.derived_keys, &self.names, wanted);
        match at.and_then(|at| Some((at, self.derived_keys.get(at)?))) {
            Some((at, later)) if at > before => {
                let line: DerivedLine = serde_json::from_slice(&self.derived.read(later.span)?)?;
                self.inputs(before, later, &line.inputs, places, found)
            }
            // What was never recorded can only refer to nothing; verifying refuses it.
            at => {
                let ordinal = at.map_or(u64::MAX, |(at, _)| at as u64);
                found.push(RecordRef::new(RecordType::Derived, ordinal));
                Ok(())
            }
        }
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

    fn locator_of_line(&self, place: PlaceLine) -> Locator {
        match place {
            PlaceLine::A(exchange, syntax, path, decode, inner) => Locator::Answer(InAnswer {
                exchange: self.reference(ExchangeId(exchange)),
                syntax,
                path,
                decode,
                inner,
            }),
            PlaceLine::D(ordinal, line, column) => {
                let declaration = RecordRef::new(RecordType::Declaration, ordinal);
                Locator::Declared(InDeclaration { declaration, line, column })
            }
        }
    }

    fn coverage_record(&self, row: &CoverageRow, repeated: &Repeated) -> record::Coverage {
        let name = |text: &str| self.names.find(text);
        let place = name(&row.target).zip(name(&row.collector)).zip(name(&row.note.population));
        let repeated =
            place.and_then(|((target, collector), population)| repeated.get(&(target, collector, population)));
        let repeated = repeated.copied().unwrap_or_default();
        record::Coverage {
            target: row.target.clone(),
            collector: row.collector.clone(),
            population: row.note.population.clone(),
            calls: row.note.calls,
            pages: row.note.pages,
            // What was recorded again was listed, whatever is said.
            items: row.note.items.max(repeated),
            repeated,
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

fn route_record(((target, collector), route): ((String, String), RouteNote)) -> record::Route {
    let RouteNote { endpoints, proxies, authorities, pinned } = route;
    record::Route {
        target,
        collector,
        endpoints: endpoints.into_iter().collect(),
        proxies: proxies.into_iter().collect(),
        authorities: authorities.into_iter().collect(),
        pinned: pinned.into_iter().collect(),
        // Which answers are evidence is known once all of them are there.
        rehearsal: Vec::new(),
    }
}
