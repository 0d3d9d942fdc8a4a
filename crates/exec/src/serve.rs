//! The other side of the protocol, for collectors that are built in: `witnessmark __collect <name>`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::record::{GapReason, Masked, Subject};
use model::{Digest, Secret};
use sdk::{
    Certificates, Clock, CollectError, Collector, CollectorKind, CoverageNote, DerivedNote, Environment, ExchangeId,
    GapNote, KnownSecrets, NewBody, NewExchange, Overrides, Patience, Recorder, ResourceNote, RightState, RouteNote,
    Sink, SinkError, StaticCredentials, Stop, Target, WithheldReason,
};
use serde_json::{Map, Value};

use crate::protocol::{
    self, Answer, Body, Coverage, Declared, Derived, Error, Exchange, Gap, Identify, Identity, Input, MaskedBody,
    Nothing, Peer, Place, Request, Resource, RightStatus, Route, Source, Total, VERSION, Why, Withheld,
};

/// Why a served collector ended early. Whoever started it sees that it did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    #[error("input or output of the collector's process")]
    Io(#[from] io::Error),
    #[error("a line that is not of the protocol")]
    Protocol(#[from] serde_json::Error),
    #[error("`{0}` was asked before `identify`")]
    OutOfOrder(&'static str),
}

/// Serves one collector on standard input and output, until the input ends. `stop` ends its reading.
///
/// # Errors
/// When whoever started it breaks off or does not speak the protocol.
pub fn serve(kind: &Arc<dyn CollectorKind>, clock: &Clock, stop: &Stop) -> Result<(), ServeError> {
    // Foreign code in this process that writes to stdout must not write into the protocol.
    let out = rustix::io::dup(io::stdout()).map_err(io::Error::from)?;
    rustix::stdio::dup2_stdout(io::stderr()).map_err(io::Error::from)?;
    let lines = Arc::new(Lines(Mutex::new(Written { out: File::from(out), exchanges: 0, peers: BTreeMap::new() })));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut serving: Option<Serving> = None;
    for line in io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Request::Describe(asked) if asked.version != VERSION => lines.say(&unspoken(asked.version))?,
            Request::Describe(_) => lines.say(&Answer::Descriptor(Box::new(kind.descriptor())))?,
            Request::Identify(request) => {
                serving = runtime.block_on(identify(kind, *request, clock, stop, &lines))?;
            }
            Request::Preflight(_) => {
                let serving = serving.as_ref().ok_or(ServeError::OutOfOrder("preflight"))?;
                match runtime.block_on(serving.collector.preflight(&serving.recorder)) {
                    Ok(rights) => {
                        for right in rights {
                            lines.say(&Answer::Right(status(right)))?;
                        }
                        lines.say(&Answer::Done(Nothing {}))?;
                    }
                    Err(error) => lines.fail(error)?,
                }
            }
            Request::Collect(_) => {
                let serving = serving.as_ref().ok_or(ServeError::OutOfOrder("collect"))?;
                match runtime.block_on(serving.collector.collect(&serving.recorder)) {
                    Ok(()) => lines.say(&Answer::Done(Nothing {}))?,
                    Err(error) => lines.fail(error)?,
                }
            }
        }
    }
    Ok(())
}

/// A collector with its target.
struct Serving {
    collector: Box<dyn Collector>,
    recorder: Recorder,
}

async fn identify(
    kind: &Arc<dyn CollectorKind>,
    request: Identify,
    clock: &Clock,
    stop: &Stop,
    lines: &Arc<Lines>,
) -> Result<Option<Serving>, ServeError> {
    let sink: Arc<dyn Sink> = Arc::clone(lines) as Arc<dyn Sink>;
    let recorder = Recorder::new(sink, &request.target, &kind.descriptor().name, KnownSecrets::default());
    let environment = Environment {
        run_id: request.run_id,
        user_agent: request.user_agent,
        concurrency: request.concurrency,
        clock: clock.clone(),
        deadline: request.deadline,
        patience: Patience::default(),
        stop: stop.clone(),
        overrides: request.overrides.map(overrides).unwrap_or_default(),
        pins: BTreeMap::new(),
    };
    let pins = request.pin.map(|pin| (request.target.clone(), Secret::new(pin.0))).into_iter().collect();
    let environment = Environment { pins, ..environment };
    let target = Target { id: request.target, settings: request.settings };
    let collector = match kind.connect(&target, &environment, &recorder).await {
        Ok(collector) => collector,
        Err(error) => return lines.fail(error).map(|()| None),
    };
    match collector.identify(&recorder).await {
        Ok(found) => {
            lines.say(&Answer::Identity(Identity { caller: found.caller, found: found.found }))?;
            Ok(Some(Serving { collector, recorder }))
        }
        Err(error) => lines.fail(error).map(|()| None),
    }
}

fn overrides(given: protocol::Overrides) -> Overrides {
    Overrides {
        endpoint_url: given.endpoint_url,
        endpoint_urls: given.endpoint_urls,
        credentials: given
            .credentials
            .map(|(access_key_id, secret)| StaticCredentials { access_key_id, secret_access_key: Secret::new(secret) }),
        token: given.token.map(Secret::new),
        extra_roots: given.extra_roots,
    }
}

fn unspoken(version: u32) -> Answer {
    Answer::Error(Error {
        reason: GapReason::Unsupported,
        right: None,
        detail: format!("version {version} of the protocol is not spoken here, version {VERSION} is"),
        exchange: None,
    })
}

fn status(said: sdk::RightStatus) -> RightStatus {
    RightStatus {
        right: said.right,
        state: match said.state {
            RightState::Granted => protocol::RightState::Granted,
            RightState::Denied => protocol::RightState::Denied,
            RightState::Undecided => protocol::RightState::Undecided,
        },
        scope: said.scope,
        detail: said.detail,
    }
}

/// Writes what is recorded as lines.
#[derive(Debug)]
struct Lines(Mutex<Written>);

/// Where lines go, and what they have named so far.
#[derive(Debug)]
struct Written {
    out: File,
    exchanges: u64,
    /// Digests of the chains that were sent, and their ids.
    peers: BTreeMap<Digest, u64>,
}

impl Written {
    fn say(&mut self, answer: &Answer) -> io::Result<()> {
        let mut line = serde_json::to_vec(answer)?;
        line.push(b'\n');
        self.out.write_all(&line)
    }

    /// The id of a peer, which is sent when it is first named.
    fn peer(&mut self, certificates: &Certificates) -> io::Result<u64> {
        if let Some(id) = self.peers.get(&certificates.digest()) {
            return Ok(*id);
        }
        let id = self.peers.len() as u64;
        let certificates_said = certificates.chain().iter().map(|der| STANDARD.encode(der)).collect();
        self.say(&Answer::Peer(Peer { id, certificates: certificates_said }))?;
        self.peers.insert(certificates.digest(), id);
        Ok(id)
    }
}

impl Lines {
    fn say(&self, answer: &Answer) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).say(answer)
    }

    fn fail(&self, error: CollectError) -> Result<(), ServeError> {
        let detail = error.to_string();
        let (reason, right, exchange) = match error {
            CollectError::Sink(SinkError(error)) => return Err(error.into()),
            CollectError::WrongIdentity { .. } => (GapReason::WrongIdentity, None, None),
            CollectError::Credentials { .. } => (GapReason::Unauthenticated, None, None),
            CollectError::Refused { reason, right, exchange, .. } => (reason, right, exchange),
            CollectError::Settings { .. } | _ => (GapReason::CollectorFailed, None, None),
        };
        let error = Error { reason, right, detail, exchange: exchange.map(|id| id.0) };
        Ok(self.say(&Answer::Error(error))?)
    }
}

impl Sink for Lines {
    fn exchange(
        &self,
        _target: &str,
        _collector: &str,
        exchange: NewExchange,
        withheld: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError> {
        let keep = |why, size| Some(Body::Withheld(Withheld { why, size }));
        let body = match (&exchange.body, withheld) {
            (NewBody::None, _) => None,
            (NewBody::Received(bytes) | NewBody::Masked { bytes, .. }, Some(WithheldReason::SuspectedSecret)) => {
                keep(Why::SuspectedSecret, bytes.len() as u64)
            }
            (NewBody::Masked { bytes, texts }, _) => {
                let texts = texts.iter().map(|text| Masked { at: text.at, length: text.length }).collect();
                Some(Body::Masked(MaskedBody { base64: STANDARD.encode(bytes), texts }))
            }
            (NewBody::Received(bytes), _) => Some(Body::Base64(STANDARD.encode(bytes))),
            (NewBody::CredentialBearing { size }, _) => keep(Why::CredentialBearing, *size),
            (NewBody::Suspected { size }, _) => keep(Why::SuspectedSecret, *size),
        };
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = guard.exchanges;
        let peer = exchange.peer.as_ref().map(|peer| guard.peer(peer)).transpose().map_err(SinkError)?;
        let said = Exchange {
            id,
            endpoint: exchange.endpoint,
            peer,
            operation: exchange.operation,
            population: exchange.population,
            subject: exchange.subject,
            page: exchange.page,
            attempt: exchange.attempt,
            started: Some(exchange.started),
            status: exchange.status,
            error: exchange.error,
            failure: exchange.failure.map(|failure| failure.as_str().to_owned()),
            request_id: exchange.request_id,
            date: exchange.date,
            parameters: members(exchange.parameters),
            body,
        };
        guard.say(&Answer::Exchange(Box::new(said))).map_err(SinkError)?;
        guard.exchanges = id.saturating_add(1);
        Ok(ExchangeId(id))
    }

    fn resource(&self, _: &str, _: &str, resource: ResourceNote) -> Result<(), SinkError> {
        let said = Resource {
            population: Some(resource.population),
            kind: resource.kind,
            id: resource.id,
            parts: resource
                .parts
                .into_iter()
                .map(|(part, places)| (part, places.into_iter().map(place).collect()))
                .collect(),
            facts: members(resource.facts),
        };
        self.say(&Answer::Resource(said)).map_err(SinkError)
    }

    fn derived(&self, _: &str, _: &str, derived: DerivedNote) -> Result<(), SinkError> {
        let input = |input| match input {
            sdk::Input::Resource { kind, id } => Input::Resource(Subject { kind, id }),
            sdk::Input::Population(population) => Input::Population(population),
            sdk::Input::Exchange(id) => Input::Exchange(id.0),
        };
        let said = Derived {
            population: Some(derived.population),
            kind: derived.kind,
            id: derived.id,
            inputs: derived.inputs.into_iter().map(input).collect(),
            facts: members(derived.facts),
        };
        self.say(&Answer::Derived(said)).map_err(SinkError)
    }

    fn coverage(&self, _: &str, _: &str, coverage: CoverageNote) -> Result<(), SinkError> {
        let said = Coverage {
            population: coverage.population,
            calls: coverage.calls,
            pages: coverage.pages,
            items: coverage.items,
            complete: coverage.complete,
            total: coverage.total.map(|total| Total { count: total.count, from: source(total.from) }),
        };
        self.say(&Answer::Coverage(said)).map_err(SinkError)
    }

    fn gap(&self, _: &str, _: &str, gap: GapNote) -> Result<(), SinkError> {
        let said = Gap {
            population: gap.population,
            subject: gap.subject,
            part: gap.part,
            right: gap.right,
            reason: gap.reason,
            detail: gap.detail,
            exchange: gap.exchange.map(|id| id.0),
        };
        self.say(&Answer::Gap(said)).map_err(SinkError)
    }

    fn route(&self, _: &str, _: &str, route: RouteNote) -> Result<(), SinkError> {
        let RouteNote { endpoints, proxies, authorities, pinned } = route;
        self.say(&Answer::Route(Route { endpoints, proxies, authorities, pinned })).map_err(SinkError)
    }
}

fn place(place: sdk::Place) -> Place {
    match place {
        sdk::Place::Answer(place) => Place::Answer(source(place)),
        sdk::Place::Declared(sdk::DeclaredPlace { path, line, column }) => {
            Place::Declared(Declared { declaration: path, line, column })
        }
    }
}

fn source(source: sdk::Source) -> Source {
    Source {
        exchange: source.exchange.0,
        syntax: source.syntax,
        path: source.path,
        decode: source.decode,
        inner: source.inner,
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
