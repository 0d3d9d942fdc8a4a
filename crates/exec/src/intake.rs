//! What a process says, held against what it said of itself before anything of it is recorded.
//!
//! INVARIANT: nothing that a process says can make the bundle refuse itself: depths and sizes are bounded here, exchanges that
//! records name exist, and secrets are looked for in every text that goes on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jsonschema::Validator;
use model::Timestamp;
use model::record::{GapReason, Subject};
use sdk::{
    Certificates, CoverageNote, DerivedNote, Descriptor, ExchangeFailure, ExchangeId, GapNote, NewBody, NewExchange,
    Recorder, ResourceNote, RouteNote, SinkError, SourceTotal, WithheldReason, kind_of_population, masked_texts,
    suspects_secret,
};
use serde_json::{Map, Value};

use crate::protocol::{Body, Coverage, Derived, Exchange, Gap, Input, Peer, Place, Resource, Route, Source, Why};

/// Open arrays and objects in facts and parameters: a record has 64 in all.
const DEPTH: usize = 48;

/// Bytes of the facts of one resource, or of the parameters of one call: a record has 16 MiB.
const RESOURCE_BYTES: usize = 8 << 20;

/// Places or inputs of one resource, and bytes of their texts in all: they stand in its record beside the facts.
const PLACES: usize = 50_000;
const PLACES_BYTES: usize = 2 << 20;

/// Bytes of one text that becomes a member of a record.
const TEXT_BYTES: usize = 64 << 10;

/// Peers, and endpoints, proxies and authorities of a route.
const PEERS: usize = 1_000;

/// Parts of one resource: a bundle's own limit.
const PARTS: usize = 1_024;

/// Why a line is not recorded.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The process contradicts itself, and why.
    Lie(String),
    /// Evidence can no longer be written.
    Sink(SinkError),
}

impl From<SinkError> for Refused {
    fn from(error: SinkError) -> Self {
        Self::Sink(error)
    }
}

fn lie<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Lie(why.into()))
}

/// One kind of resource that may come.
#[derive(Debug)]
struct Kind {
    parts: BTreeSet<String>,
    /// `None`: the types of a collector of our own hold it.
    schema: Option<Validator>,
}

/// What came of a sent exchange.
#[derive(Clone, Copy, Debug)]
struct Came {
    id: ExchangeId,
    suspected: bool,
    /// No whole answer came: nothing can have been read there.
    failed: bool,
}

/// What came under one kind and id.
#[derive(Clone, Copy, Debug)]
struct Member {
    derived: bool,
    /// Something of it was withheld.
    withheld: bool,
}

/// An object of which something is said.
struct About<'a> {
    population: Option<&'a str>,
    kind: &'a str,
    id: &'a str,
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` `{}`", shown(self.kind), shown(self.id))
    }
}

/// What was said by one process about one target.
#[derive(Debug)]
pub(crate) struct Intake {
    /// Rights of the description: operations outside are a lie. `None`: built in, its credentials may come by other calls.
    rights: Option<BTreeSet<String>>,
    kinds: BTreeMap<String, Kind>,
    peers: HashMap<u64, Certificates>,
    exchanges: HashMap<u64, Came>,
    /// Kind and id of everything that was recorded.
    ids: HashMap<(String, String), Member>,
    /// When the process was started.
    began: Timestamp,
    /// Members recorded of each population.
    members: BTreeMap<String, u64>,
    /// Items that the source listed of each population.
    covered: BTreeMap<String, u64>,
}

impl Intake {
    /// `foreign`: a program that is not ours, whose facts are held against its own schemas too.
    pub(crate) fn new(descriptor: &Descriptor, foreign: bool, began: Timestamp) -> Self {
        let kinds = descriptor.resources.iter().map(|kind| {
            let schema = if foreign { jsonschema::validator_for(&kind.schema).ok() } else { None };
            (kind.kind.clone(), Kind { parts: kind.parts().into_iter().collect(), schema })
        });
        Self {
            rights: foreign.then(|| descriptor.rights.iter().map(|right| right.name.clone()).collect()),
            kinds: kinds.collect(),
            peers: HashMap::new(),
            exchanges: HashMap::new(),
            began,
            ids: HashMap::new(),
            members: BTreeMap::new(),
            covered: BTreeMap::new(),
        }
    }

    pub(crate) fn route(&self, said: Route, recorder: &Recorder) -> Result<(), Refused> {
        let Route { endpoints, proxies, authorities, pinned } = said;
        if [endpoints.len(), proxies.len(), authorities.len(), pinned.len()].iter().any(|count| *count > PEERS) {
            return lie(format!("a route with more than {PEERS} endpoints, proxies or authorities"));
        }
        if let Some(wrong) = endpoints.iter().find(|endpoint| !model::is_endpoint(endpoint)) {
            return lie(format!("`{}` is not the form of an endpoint", shown(wrong)));
        }
        if let Some(wrong) = proxies.iter().find(|proxy| !model::is_proxy(proxy)) {
            return lie(format!("`{}` is not the form of a proxy", shown(wrong)));
        }
        for text in endpoints.iter().chain(&proxies) {
            open("a route", text, recorder)?;
        }
        Ok(recorder.route(RouteNote { endpoints, proxies, authorities, pinned })?)
    }

    pub(crate) fn peer(&mut self, said: &Peer) -> Result<(), Refused> {
        if self.peers.len() >= PEERS {
            return lie(format!("more than {PEERS} peers"));
        }
        let decoded: Result<Vec<Vec<u8>>, _> = said.certificates.iter().map(|text| STANDARD.decode(text)).collect();
        let chain = match decoded.map(Certificates::new) {
            Ok(Ok(chain)) => chain,
            Ok(Err(bad)) => return lie(format!("peer {}: {bad}", said.id)),
            Err(error) => return lie(format!("a certificate of peer {} is no base64: {error}", said.id)),
        };
        if self.peers.insert(said.id, chain).is_some() {
            return lie(format!("two peers have the id {}", said.id));
        }
        Ok(())
    }

    pub(crate) fn exchange(&mut self, said: Exchange, now: Timestamp, recorder: &Recorder) -> Result<(), Refused> {
        if self.exchanges.contains_key(&said.id) {
            return lie(format!("two exchanges have the id {}", said.id));
        }
        if self.rights.as_ref().is_some_and(|rights| !rights.contains(&said.operation)) {
            return lie(format!("the call `{}` is none of the rights that it declares", shown(&said.operation)));
        }
        let failure = match &said.failure {
            None => None,
            Some(name) => match serde_json::from_value::<ExchangeFailure>(Value::from(name.as_str())) {
                Ok(failure) => Some(failure),
                Err(_) => {
                    return lie(format!("`{}` is not one of the failures that an exchange may have", shown(name)));
                }
            },
        };
        if said.attempt == 0 || said.page >= (1 << 53) {
            return lie("attempts are counted from 1, pages up to 2^53 - 1");
        }
        if !model::is_endpoint(&said.endpoint) {
            return lie(format!("`{}` is not the form of an endpoint", shown(&said.endpoint)));
        }
        let peer = match said.peer.map(|id| (id, self.peers.get(&id))) {
            None => None,
            Some((id, Some(_))) if !said.endpoint.starts_with("https://") => {
                return lie(format!("it names peer {id} for `{}`, which is not asked over TLS", shown(&said.endpoint)));
            }
            Some((_, Some(peer))) => Some(peer.clone()),
            Some((id, None)) => return lie(format!("it names peer {id}, which it did not send before")),
        };
        // The process has a clock of its own, or the run a set one: outside of the run no exchange can have begun.
        let started = said.started.filter(|at| (self.began..=now).contains(at)).unwrap_or(now);
        self.population(said.population.as_deref(), recorder)?;
        self.subject(said.subject.as_ref(), recorder)?;
        let texts = [
            Some(&said.endpoint),
            Some(&said.operation),
            said.error.as_ref(),
            said.request_id.as_ref(),
            said.date.as_ref(),
        ];
        for text in texts.into_iter().flatten() {
            sized("a text of an exchange", text)?;
            if suspects_secret(text.as_bytes(), recorder.secrets()) {
                return lie("a secret is suspected in the description of an exchange, where none may stand");
            }
        }
        let parameters = Value::Object(said.parameters);
        bounded("parameters", &parameters)?;
        if parameters.to_string().len() > RESOURCE_BYTES {
            return lie(format!("the parameters of exchange {} have more than {RESOURCE_BYTES} bytes", said.id));
        }
        let body = match said.body {
            None => NewBody::None,
            Some(Body::Base64(text)) => match STANDARD.decode(&text) {
                Ok(bytes) => NewBody::Received(Bytes::from(bytes)),
                Err(error) => return lie(format!("the body of exchange {} is no base64: {error}", said.id)),
            },
            Some(Body::Masked(body)) => match STANDARD.decode(&body.base64) {
                Ok(bytes) => {
                    let spans: Vec<_> =
                        body.texts.iter().map(|text| text.at..text.at.saturating_add(text.length)).collect();
                    match masked_texts(&bytes, &spans) {
                        Ok(texts) => NewBody::Masked { bytes: Bytes::from(bytes), texts },
                        Err(problem) => return lie(format!("the body of exchange {}: {problem}", said.id)),
                    }
                }
                Err(error) => return lie(format!("the body of exchange {} is no base64: {error}", said.id)),
            },
            Some(Body::Withheld(withheld)) if withheld.size >= (1 << 53) => return lie("a size beyond 2^53 - 1"),
            Some(Body::Withheld(withheld)) => match withheld.why {
                Why::CredentialBearing => NewBody::CredentialBearing { size: withheld.size },
                Why::SuspectedSecret => NewBody::Suspected { size: withheld.size },
            },
        };
        let (population, failed) = (said.population.clone(), failure.is_some());
        tracing::debug!(
            target_id = recorder.target(),
            collector = recorder.collector(),
            operation = said.operation,
            host = said.endpoint,
            attempt = said.attempt,
            status = said.status,
            failure = failure.map(ExchangeFailure::as_str),
            "said by its process"
        );
        let captured = recorder.exchange(NewExchange {
            endpoint: said.endpoint,
            peer,
            operation: said.operation,
            population: said.population,
            subject: said.subject,
            page: said.page,
            attempt: said.attempt,
            started,
            status: said.status,
            error: said.error,
            failure,
            request_id: said.request_id,
            date: said.date,
            parameters,
            body,
        })?;
        let suspected = captured.withheld == Some(WithheldReason::SuspectedSecret);
        self.exchanges.insert(said.id, Came { id: captured.id, suspected, failed });
        // A program has used the answer, whatever is in it; a collector of ours says itself what it could not use.
        if suspected && self.rights.is_some() {
            recorder.gap(GapNote {
                population,
                subject: None,
                part: None,
                right: None,
                reason: GapReason::WithheldSecret,
                detail: "an answer seems to hold a secret and is not kept: what rests on it cannot be shown".to_owned(),
                exchange: Some(captured.id),
            })?;
        }
        Ok(())
    }

    pub(crate) fn resource(&mut self, said: Resource, recorder: &Recorder) -> Result<(), Refused> {
        let about = About { population: said.population.as_deref(), kind: &said.kind, id: &said.id };
        let mut facts = self.facts(&about, said.facts, recorder)?;
        for part in facts.keys() {
            if said.parts.get(part).is_none_or(Vec::is_empty) {
                return lie(format!("{about} does not say where `{part}` was read"));
            }
        }
        if let Some(part) = said.parts.keys().find(|part| !facts.contains_key(*part)) {
            return lie(format!("{about} says where `{}` was read and does not have it", shown(part)));
        }
        if facts.len() > PARTS {
            return lie(format!("{about} has more than {PARTS} parts"));
        }
        let population = said.population.unwrap_or_else(|| said.kind.clone());
        let subject = Subject { kind: said.kind, id: said.id };
        let mut parts = BTreeMap::new();
        let mut withheld = false;
        let texts = said.parts.values().flatten().map(|place| match place {
            Place::Answer(place) => place.path.len() + inner(place).len(),
            Place::Declared(place) => place.declaration.len(),
        });
        extent(
            &format_args!("`{}` `{}`", shown(&subject.kind), shown(&subject.id)),
            said.parts.values().map(Vec::len).sum(),
            texts.sum(),
        )?;
        for (part, sources) in said.parts {
            let mut hidden = None;
            let mut places = Vec::new();
            for source in sources {
                let (place, suspected) = self.place(source, recorder)?;
                if suspected {
                    hidden = place.exchange();
                }
                places.push(place);
            }
            let text = facts.get(&part).map(ToString::to_string).unwrap_or_default();
            let suspicious = suspects_secret(text.as_bytes(), recorder.secrets());
            if hidden.is_some() || suspicious {
                // The process has seen what we may not keep; what it took from there is not kept either.
                facts.remove(&part);
                withheld = true;
                recorder.gap(GapNote {
                    population: Some(population.clone()),
                    subject: Some(subject.clone()),
                    part: Some(part),
                    right: None,
                    reason: GapReason::WithheldSecret,
                    detail: "what was read seems to hold a secret and is not kept".to_owned(),
                    exchange: hidden.or_else(|| places.iter().find_map(sdk::Place::exchange)),
                })?;
                continue;
            }
            parts.insert(part, places);
        }
        self.member(&population, &subject, Member { derived: false, withheld })?;
        let facts = Value::Object(facts);
        let Subject { kind, id } = subject;
        Ok(recorder.resource(ResourceNote { population, kind, id, parts, facts })?)
    }

    pub(crate) fn derived(&mut self, said: Derived, recorder: &Recorder) -> Result<(), Refused> {
        let about = About { population: said.population.as_deref(), kind: &said.kind, id: &said.id };
        let facts = Value::Object(self.facts(&about, said.facts, recorder)?);
        let texts = said.inputs.iter().map(|input| match input {
            Input::Resource(of) => of.kind.len() + of.id.len(),
            Input::Population(population) => population.len(),
            Input::Exchange(_) => 0,
        });
        extent(&about, said.inputs.len(), texts.sum())?;
        let mut inputs = Vec::new();
        let mut hidden = suspects_secret(facts.to_string().as_bytes(), recorder.secrets());
        for input in said.inputs {
            inputs.push(match input {
                Input::Exchange(id) => {
                    let came = self.came(id)?;
                    hidden |= came.suspected;
                    sdk::Input::Exchange(came.id)
                }
                Input::Population(population) => {
                    if self.rights.is_some() && !self.covered.contains_key(&population) {
                        return lie(format!(
                            "{about} rests on `{}`, of which no coverage came before",
                            shown(&population)
                        ));
                    }
                    sdk::Input::Population(population)
                }
                Input::Resource(of) => {
                    match self.ids.get(&(of.kind.clone(), of.id.clone())) {
                        Some(member) => hidden |= member.withheld,
                        None => return lie(format!("{about} rests on `{}`, which did not come before", shown(&of.id))),
                    }
                    sdk::Input::Resource { kind: of.kind, id: of.id }
                }
            });
        }
        if inputs.is_empty() {
            return lie(format!("{about} rests on nothing"));
        }
        let population = said.population.unwrap_or_else(|| said.kind.clone());
        let subject = Subject { kind: said.kind, id: said.id };
        self.member(&population, &subject, Member { derived: true, withheld: hidden })?;
        if hidden {
            return Ok(recorder.gap(GapNote {
                population: Some(population),
                subject: Some(subject),
                part: None,
                right: None,
                reason: GapReason::WithheldSecret,
                detail: "what it was computed from seems to hold a secret and is not kept".to_owned(),
                exchange: None,
            })?);
        }
        let Subject { kind, id } = subject;
        Ok(recorder.derived(DerivedNote { population, kind, id, inputs, facts })?)
    }

    /// The facts of an object, as its kind describes them.
    fn facts(
        &self,
        about: &About<'_>,
        facts: Map<String, Value>,
        recorder: &Recorder,
    ) -> Result<Map<String, Value>, Refused> {
        let Some(kind) = self.kinds.get(about.kind) else {
            return lie(format!("it recorded `{}`, a kind that it does not describe", shown(about.kind)));
        };
        if about.population.is_some_and(|population| kind_of_population(population) != about.kind) {
            return lie(format!("{about} cannot be a member of `{}`", shown(about.population.unwrap_or_default())));
        }
        self.population(about.population, recorder)?;
        sized("an id", about.id)?;
        if about.id.is_empty() {
            return lie(format!("a `{}` without an id", about.kind));
        }
        if suspects_secret(about.id.as_bytes(), recorder.secrets()) {
            return lie(format!("a secret is suspected in the id of a `{}`", about.kind));
        }
        if let Some(part) = facts.keys().find(|part| !kind.parts.contains(*part)) {
            return lie(format!("{about} has a part `{}` that it does not describe", shown(part)));
        }
        let value = Value::Object(facts);
        bounded("facts", &value)?;
        if let Some(Err(error)) = kind.schema.as_ref().map(|schema| schema.validate(&value)) {
            return lie(format!("{about} is not as its schema says, at `{}`", shown(error.instance_path().as_str())));
        }
        if value.to_string().len() > RESOURCE_BYTES {
            return lie(format!("{about} has more than {RESOURCE_BYTES} bytes"));
        }
        match value {
            Value::Object(facts) => Ok(facts),
            _ => lie("facts are an object"),
        }
    }

    /// Counts a member of a population. A source may list a thing more than once; what is computed is computed once.
    fn member(&mut self, population: &str, subject: &Subject, member: Member) -> Result<(), Refused> {
        let key = (subject.kind.clone(), subject.id.clone());
        let before = self.ids.get(&key).copied();
        if before.is_some_and(|before| before.derived || member.derived) {
            return lie(format!("`{}` `{}` was recorded twice", subject.kind, shown(&subject.id)));
        }
        let withheld = member.withheld || before.is_some_and(|before| before.withheld);
        self.ids.insert(key, Member { withheld, ..member });
        let count = self.members.entry(population.to_owned()).or_default();
        *count = count.saturating_add(1);
        Ok(())
    }

    pub(crate) fn coverage(&mut self, said: Coverage, recorder: &Recorder) -> Result<(), Refused> {
        self.population(Some(&said.population), recorder)?;
        if self.covered.insert(said.population.clone(), said.items).is_some() {
            return lie(format!("the coverage of `{}` was given twice", shown(&said.population)));
        }
        if [said.calls, said.pages, said.items].iter().any(|count| *count >= (1 << 53)) {
            return lie("a count beyond 2^53 - 1");
        }
        let total = match said.total {
            Some(total) => {
                if total.count >= (1 << 53) {
                    return lie("a count beyond 2^53 - 1");
                }
                let (from, suspected) = self.source(total.from, recorder)?;
                (!suspected).then_some(SourceTotal { count: total.count, from })
            }
            None => None,
        };
        Ok(recorder.coverage(CoverageNote {
            population: said.population,
            calls: said.calls,
            pages: said.pages,
            items: said.items,
            complete: said.complete,
            total,
        })?)
    }

    pub(crate) fn gap(&mut self, said: Gap, recorder: &Recorder) -> Result<(), Refused> {
        self.population(said.population.as_deref(), recorder)?;
        self.subject(said.subject.as_ref(), recorder)?;
        let kind = said.subject.as_ref().map(|subject| subject.kind.as_str());
        let kind = kind.or_else(|| said.population.as_deref().map(kind_of_population));
        if let Some(part) = &said.part {
            match kind.and_then(|kind| self.kinds.get(kind)) {
                Some(kind) if kind.parts.contains(part) => {}
                _ => return lie(format!("a gap names the part `{}`, which it does not describe", shown(part))),
            }
        }
        if let (Some(rights), Some(right)) = (&self.rights, &said.right)
            && !rights.contains(right)
        {
            return lie(format!("a gap names the right `{}`, which it does not declare", shown(right)));
        }
        sized("the detail of a gap", &said.detail)?;
        let exchange = said.exchange.map(|id| self.came(id)).transpose()?.map(|came| came.id);
        Ok(recorder.gap(GapNote {
            population: said.population,
            subject: said.subject,
            part: said.part,
            right: said.right,
            reason: said.reason,
            detail: said.detail,
            exchange,
        })?)
    }

    /// What a right's state may name.
    pub(crate) fn right(&self, name: &str) -> Result<(), Refused> {
        match &self.rights {
            Some(rights) if !rights.contains(name) => {
                lie(format!("it tells of the right `{}`, which it does not declare", shown(name)))
            }
            _ => Ok(()),
        }
    }

    /// The exchange that an error names.
    pub(crate) fn named(&self, id: Option<u64>) -> Result<Option<ExchangeId>, Refused> {
        id.map(|id| self.came(id)).transpose().map(|came| came.map(|came| came.id))
    }

    /// Everything was said: each member belongs to a population of which the extent is known.
    pub(crate) fn whole(&self, recorder: &Recorder) -> Result<(), Refused> {
        for (population, members) in &self.members {
            let detail = match self.covered.get(population) {
                None => format!("{members} members were recorded, and no coverage"),
                Some(items) if items < members => {
                    format!("{members} members were recorded of a list that is said to have {items}")
                }
                Some(_) => continue,
            };
            recorder.gap(GapNote {
                population: Some(population.clone()),
                subject: None,
                part: None,
                right: None,
                reason: GapReason::CollectorFailed,
                detail,
                exchange: None,
            })?;
        }
        Ok(())
    }

    fn population(&self, population: Option<&str>, recorder: &Recorder) -> Result<(), Refused> {
        let Some(population) = population else {
            return Ok(());
        };
        sized("a population", population)?;
        if !self.kinds.contains_key(kind_of_population(population)) {
            return lie(format!("`{}` is no population of a kind that it describes", shown(population)));
        }
        open("the name of a population", population, recorder)
    }

    fn subject(&self, subject: Option<&Subject>, recorder: &Recorder) -> Result<(), Refused> {
        let Some(subject) = subject else {
            return Ok(());
        };
        sized("a subject", &subject.id)?;
        // A collector of ours may name what is no kind of its own: a region that was closed.
        if self.rights.is_some() && !self.kinds.contains_key(&subject.kind) {
            return lie(format!("`{}` is no kind that it describes", shown(&subject.kind)));
        }
        open("the id of a subject", &subject.id, recorder)
    }

    fn came(&self, id: u64) -> Result<Came, Refused> {
        match self.exchanges.get(&id) {
            Some(came) => Ok(*came),
            None => lie(format!("it names exchange {id}, which it did not send before")),
        }
    }

    fn place(&self, said: Place, recorder: &Recorder) -> Result<(sdk::Place, bool), Refused> {
        match said {
            Place::Answer(said) => {
                let (source, suspected) = self.source(said, recorder)?;
                Ok((source.into(), suspected))
            }
            // Whether there is such a place is known where the files are: what stands nowhere becomes a gap.
            Place::Declared(said) => {
                sized("the name of a declared file", &said.declaration)?;
                open("the name of a declared file", &said.declaration, recorder)?;
                let place = sdk::DeclaredPlace { path: said.declaration, line: said.line, column: said.column };
                Ok((place.into(), false))
            }
        }
    }

    fn source(&self, said: Source, recorder: &Recorder) -> Result<(sdk::Source, bool), Refused> {
        let came = self.came(said.exchange)?;
        if came.failed {
            return lie(format!("something was read in exchange {}, which brought no whole answer", said.exchange));
        }
        for path in [said.path.as_str(), inner(&said)] {
            sized("a path", path)?;
            open("a path", path, recorder)?;
        }
        let inside = said.inner.as_ref().map(|(syntax, path)| (*syntax, path.as_str()));
        for (syntax, path) in [(said.syntax, said.path.as_str())].into_iter().chain(inside) {
            if !model::leads_into(syntax, path) {
                return lie(format!("`{}` is not the form of a place of its syntax", shown(path)));
            }
        }
        if said.inner.is_some() && said.decode.is_empty() {
            return lie("a place inside of a text that is not decoded");
        }
        let source = sdk::Source {
            exchange: came.id,
            syntax: said.syntax,
            path: said.path,
            decode: said.decode,
            inner: said.inner,
        };
        Ok((source, came.suspected))
    }
}

fn sized(what: &str, text: &str) -> Result<(), Refused> {
    if text.len() > TEXT_BYTES {
        return lie(format!("{what} has more than {TEXT_BYTES} bytes"));
    }
    Ok(())
}

/// The path inside a decoded text.
fn inner(place: &Source) -> &str {
    place.inner.as_ref().map_or("", |(_, path)| path)
}

fn extent(about: &impl fmt::Display, places: usize, bytes: usize) -> Result<(), Refused> {
    if places > PLACES || bytes > PLACES_BYTES {
        return lie(format!("{about} rests on {places} places of {bytes} bytes, more than a record can hold"));
    }
    Ok(())
}

/// A text that names something: it stands in records as it is, so that nothing secret may be in it.
fn open(what: &str, text: &str, recorder: &Recorder) -> Result<(), Refused> {
    if suspects_secret(text.as_bytes(), recorder.secrets()) {
        return lie(format!("a secret is suspected in {what}, where none may stand"));
    }
    Ok(())
}

fn bounded(what: &str, value: &Value) -> Result<(), Refused> {
    if deeper(value, DEPTH) {
        return lie(format!("{what} more than {DEPTH} arrays and objects deep"));
    }
    Ok(())
}

fn deeper(value: &Value, than: usize) -> bool {
    let Some(less) = than.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| deeper(item, less)),
        Value::Object(members) => members.values().any(|member| deeper(member, less)),
        _ => false,
    }
}

/// A text of the process inside a sentence of ours.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).flat_map(char::escape_default).collect();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}
