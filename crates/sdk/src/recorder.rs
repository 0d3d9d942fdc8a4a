//! The only way out of a collector.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use model::record::{Decode, Failure as ExchangeFailure, GapReason, Subject, Syntax};
use model::{Digest, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::suspicion::{KnownSecrets, MaskedText, mask, suspects_secret};

/// The place of an exchange in the order of arrival. Sealing replaces it by the record's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// The certificates that a TLS peer sent, as DER, leaf first. Clones share them.
#[derive(Clone)]
pub struct Certificates {
    digest: Digest,
    chain: Arc<[Vec<u8>]>,
}

/// A peer sent more certificates, or a longer one, than a bundle may hold (`docs/spec/bundle.md` §10), or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the peer sent {count} certificates, the longest of {longest} bytes: 1 to {} of at most {} bytes are taken",
    Certificates::MOST,
    Certificates::LONGEST
)]
pub struct BadChain {
    pub count: usize,
    pub longest: usize,
}

impl Certificates {
    /// Certificates in one chain.
    pub const MOST: usize = 16;
    /// Bytes of one certificate.
    pub const LONGEST: usize = 65_536;

    /// The chain as it was sent.
    ///
    /// # Errors
    /// When a bundle could not hold it.
    pub fn new(chain: Vec<Vec<u8>>) -> Result<Self, BadChain> {
        let (count, longest) = (chain.len(), chain.iter().map(Vec::len).max().unwrap_or_default());
        if count == 0 || count > Self::MOST || longest > Self::LONGEST {
            return Err(BadChain { count, longest });
        }
        let mut all = Vec::with_capacity(chain.iter().map(|der| der.len() + 4).sum());
        for der in &chain {
            // At most `LONGEST`.
            all.extend_from_slice(&u32::try_from(der.len()).unwrap_or(u32::MAX).to_be_bytes());
            all.extend_from_slice(der);
        }
        Ok(Self { digest: Digest::of(&all), chain: chain.into() })
    }

    /// SHA-256 over the certificates, each with its length as 4 bytes big-endian before it.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The certificates as DER, leaf first.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
}

impl PartialEq for Certificates {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Certificates {}

impl Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificates({})", self.digest)
    }
}

/// Over which way a collector reaches its target, where that is not the source's own: sealed whether the source answers or not.
/// Without any member: nothing is configured, or the source is not reached over a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteNote {
    /// Configured endpoints, in the form of an exchange's `endpoint`.
    pub endpoints: BTreeSet<String>,
    /// Proxies that requests go through, as `scheme://host:port`, without credentials.
    pub proxies: BTreeSet<String>,
    /// SHA-256 of the DER of each authority that is trusted and is not the operating system's.
    pub authorities: BTreeSet<Digest>,
    /// SHA-256 of the DER of each authority that the declaration pins; no others are trusted then.
    pub pinned: BTreeSet<Digest>,
}

impl RouteNote {
    /// Both ways: a collector may ask more than one source.
    pub fn absorb(&mut self, other: Self) {
        self.endpoints.extend(other.endpoints);
        self.proxies.extend(other.proxies);
        self.authorities.extend(other.authorities);
        self.pinned.extend(other.pinned);
    }
}

/// One attempt of one request, as the transport saw it.
#[derive(Clone, Debug)]
pub struct NewExchange {
    pub endpoint: String,
    /// Whose certificates the TLS peer sent; `None` without TLS.
    pub peer: Option<Certificates>,
    pub operation: String,
    pub population: Option<String>,
    pub subject: Option<Subject>,
    pub page: u64,
    pub attempt: u32,
    pub started: Timestamp,
    pub status: Option<u16>,
    pub error: Option<String>,
    /// What went wrong on the way; `None` where an answer came whole.
    pub failure: Option<ExchangeFailure>,
    pub request_id: Option<String>,
    pub date: Option<String>,
    /// The request's parameters as a JSON object.
    pub parameters: Value,
    pub body: NewBody,
}

/// The body of an exchange.
#[derive(Clone, Debug)]
pub enum NewBody {
    /// As received, after transfer-decoding; what came of it if it was cut.
    Received(Bytes),
    /// Bears credentials by the nature of the operation: only its size is kept.
    CredentialBearing { size: u64 },
    /// A secret was suspected in it where it was received, in another process: only its size came here.
    Suspected { size: u64 },
    /// As received, but for texts that seem to hold a secret: each of their bytes is [`model::FILLER`].
    Masked { bytes: Bytes, texts: Vec<MaskedText> },
    /// No answer came.
    None,
}

/// Why a body was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithheldReason {
    CredentialBearing,
    SuspectedSecret,
}

impl WithheldReason {
    /// As it stands in a `body` record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CredentialBearing => "credential-bearing",
            Self::SuspectedSecret => "suspected-secret",
        }
    }
}

/// What became of a recorded exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub id: ExchangeId,
    /// `Some(SuspectedSecret)`: the caller must not use the answer; it becomes a gap.
    pub withheld: Option<WithheldReason>,
    /// The body as it is kept, where texts of it are masked: nothing else of the answer may be used.
    pub masked: Option<Bytes>,
}

/// Where a fact stands in an answer (`model::record::Locator` before sealing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub exchange: ExchangeId,
    pub syntax: Syntax,
    pub path: String,
    pub decode: Vec<Decode>,
    pub inner: Option<(Syntax, String)>,
}

impl Source {
    /// A place in a JSON answer, as RFC 6901 pointer.
    #[must_use]
    pub fn json(exchange: ExchangeId, path: impl Into<String>) -> Self {
        Self { exchange, syntax: Syntax::Json, path: path.into(), decode: Vec::new(), inner: None }
    }

    /// A place in an XML answer: `/Element/member[3]`.
    #[must_use]
    pub fn xml(exchange: ExchangeId, path: impl Into<String>) -> Self {
        Self { exchange, syntax: Syntax::Xml, path: path.into(), decode: Vec::new(), inner: None }
    }

    /// The text found there is decoded so.
    #[must_use]
    pub fn decoded(mut self, decode: Decode) -> Self {
        self.decode.push(decode);
        self
    }

    /// Inside the decoded text, a place in another syntax.
    #[must_use]
    pub fn inside(mut self, syntax: Syntax, path: impl Into<String>) -> Self {
        self.inner = Some((syntax, path.into()));
        self
    }
}

/// Where a fact stands in a declared file (`model::record::InDeclaration` before sealing): the first character of the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeclaredPlace {
    /// The file's path as its `declaration` record has it: relative to the declaration's folder, `/` between names.
    pub path: String,
    /// Counted from 1; a line ends with LF.
    pub line: u64,
    /// Counted from 1, in Unicode scalar values.
    pub column: u64,
}

/// Where a fact stands: in an answer of the source, or in a file of the declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Answer(Source),
    Declared(DeclaredPlace),
}

impl Place {
    /// The exchange whose answer it leads into.
    #[must_use]
    pub const fn exchange(&self) -> Option<ExchangeId> {
        match self {
            Self::Answer(source) => Some(source.exchange),
            Self::Declared(_) => None,
        }
    }

    /// The same place, where it is in an answer.
    #[must_use]
    pub const fn answer(&self) -> Option<&Source> {
        match self {
            Self::Answer(source) => Some(source),
            Self::Declared(_) => None,
        }
    }
}

impl From<Source> for Place {
    fn from(source: Source) -> Self {
        Self::Answer(source)
    }
}

impl From<DeclaredPlace> for Place {
    fn from(place: DeclaredPlace) -> Self {
        Self::Declared(place)
    }
}

/// The facts of a resource as it is recorded.
///
/// # Errors
/// When the type holds what JSON cannot (a map whose keys are no text, a number that is none).
pub fn facts<T: Serialize>(resource: &T) -> Result<Value, SinkError> {
    serde_json::to_value(resource).map_err(|error| SinkError(error.into()))
}

/// One normalised object. Parts that were not read are absent from `facts` and named by gaps. `P`: a [`Place`], or a [`Source`]
/// where all of them were read in answers.
#[derive(Clone, Debug)]
pub struct ResourceNote<P = Place> {
    pub population: String,
    pub kind: String,
    pub id: String,
    pub parts: BTreeMap<String, Vec<P>>,
    /// A JSON object whose members are the parts.
    pub facts: Value,
}

/// One object computed from others of the same target, where no single answer holds the fact. Sealed and judged like a resource.
///
/// Its kind stands in the descriptor like any other, its population has coverage, and what could not be computed because
/// something was not read is absent and named by gaps.
#[derive(Clone, Debug)]
pub struct DerivedNote {
    pub population: String,
    pub kind: String,
    pub id: String,
    /// All that it was computed from; order and repetitions do not matter.
    pub inputs: Vec<Input>,
    /// A JSON object whose members are the parts.
    pub facts: Value,
}

/// What a derived object was computed from. All must have been recorded by the same collector for the same target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    Resource {
        kind: String,
        id: String,
    },
    /// How completely a population was listed, and the gaps of the list itself: what an absence rests on.
    Population(String),
    Exchange(ExchangeId),
}

/// How completely a population was listed.
#[derive(Clone, Debug)]
pub struct CoverageNote {
    pub population: String,
    pub calls: u64,
    pub pages: u64,
    pub items: u64,
    pub complete: bool,
    pub total: Option<SourceTotal>,
}

/// The source's own count of a population, and where it says so.
#[derive(Clone, Debug)]
pub struct SourceTotal {
    pub count: u64,
    pub from: Source,
}

/// One thing asked for and not read.
#[derive(Clone, Debug)]
pub struct GapNote {
    pub population: Option<String>,
    pub subject: Option<Subject>,
    pub part: Option<String>,
    pub right: Option<String>,
    pub reason: GapReason,
    pub detail: String,
    pub exchange: Option<ExchangeId>,
}

/// Why a recorder can write no more. The run ends then; what was sealed before is untouched.
#[derive(Debug, thiserror::Error)]
#[error("evidence cannot be written: {0}")]
pub struct SinkError(pub std::io::Error);

/// Where a recorder writes: the run's spool, or a test's memory. Calls come from many tasks at once.
pub trait Sink: Debug + Send + Sync {
    fn exchange(
        &self,
        target: &str,
        collector: &str,
        exchange: NewExchange,
        withheld: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError>;
    fn resource(&self, target: &str, collector: &str, resource: ResourceNote) -> Result<(), SinkError>;
    fn derived(&self, target: &str, collector: &str, derived: DerivedNote) -> Result<(), SinkError>;
    fn coverage(&self, target: &str, collector: &str, coverage: CoverageNote) -> Result<(), SinkError>;
    fn gap(&self, target: &str, collector: &str, gap: GapNote) -> Result<(), SinkError>;
    /// May come more than once: all that came counts.
    fn route(&self, target: &str, collector: &str, route: RouteNote) -> Result<(), SinkError>;
}

/// What stands in the place of a text that seems to hold a secret.
const WITHHELD: &str = "the source's text is withheld: it seems to hold a secret";

/// The only way out of a collector: keeps exchanges, resources, coverage and gaps of one target.
#[derive(Clone, Debug)]
pub struct Recorder {
    sink: Arc<dyn Sink>,
    target: Arc<str>,
    collector: Arc<str>,
    secrets: KnownSecrets,
}

impl Recorder {
    /// A recorder for one target and collector. `secrets` are shared by all recorders of a run.
    #[must_use]
    pub fn new(sink: Arc<dyn Sink>, target: &str, collector: &str, secrets: KnownSecrets) -> Self {
        Self { sink, target: target.into(), collector: collector.into(), secrets }
    }

    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    #[must_use]
    pub fn collector(&self) -> &str {
        &self.collector
    }

    /// The secrets of our own that must appear in no output.
    #[must_use]
    pub fn secrets(&self) -> &KnownSecrets {
        &self.secrets
    }

    /// Keeps one attempt. A body in which a secret is suspected is not kept, and the answer says so.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn exchange(&self, exchange: NewExchange) -> Result<Captured, SinkError> {
        let withheld = match &exchange.body {
            NewBody::Received(bytes) | NewBody::Masked { bytes, .. } if suspects_secret(bytes, &self.secrets) => {
                Some(WithheldReason::SuspectedSecret)
            }
            NewBody::Suspected { .. } => Some(WithheldReason::SuspectedSecret),
            NewBody::CredentialBearing { .. } => Some(WithheldReason::CredentialBearing),
            NewBody::Received(_) | NewBody::Masked { .. } | NewBody::None => None,
        };
        self.keep(exchange, withheld)
    }

    /// Keeps one attempt of a caller who uses nothing of the answer but what is kept of it. Of a body in which a secret is suspected, the
    /// texts that seem to hold it are masked, where they can be told from the rest; otherwise it is not kept.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn answer(&self, mut exchange: NewExchange) -> Result<Captured, SinkError> {
        match &exchange.body {
            NewBody::Received(bytes) if suspects_secret(bytes, &self.secrets) => match mask(bytes, &self.secrets) {
                Some((bytes, texts)) => {
                    exchange.body = NewBody::Masked { bytes, texts };
                    self.keep(exchange, None)
                }
                None => self.keep(exchange, Some(WithheldReason::SuspectedSecret)),
            },
            NewBody::Received(_) => self.keep(exchange, None),
            _ => self.exchange(exchange),
        }
    }

    fn keep(&self, mut exchange: NewExchange, withheld: Option<WithheldReason>) -> Result<Captured, SinkError> {
        let parameters = exchange.parameters.to_string();
        if suspects_secret(parameters.as_bytes(), &self.secrets) {
            exchange.parameters = serde_json::json!({"withheld": WithheldReason::SuspectedSecret.as_str()});
        }
        // Every other text of it that a source wrote.
        let texts = [&mut exchange.error, &mut exchange.request_id, &mut exchange.date];
        for text in texts.into_iter().filter(|text| text.as_ref().is_some_and(|text| self.suspects(text))) {
            *text = Some(WITHHELD.to_owned());
        }
        let masked = match &exchange.body {
            NewBody::Masked { bytes, .. } if withheld.is_none() => Some(bytes.clone()),
            _ => None,
        };
        let id = self.sink.exchange(&self.target, &self.collector, exchange, withheld)?;
        Ok(Captured { id, withheld, masked })
    }

    /// Keeps one resource.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn resource<P: Into<Place>>(&self, resource: ResourceNote<P>) -> Result<(), SinkError> {
        let ResourceNote { population, kind, id, parts, facts } = resource;
        let parts = parts.into_iter().map(|(part, places)| (part, places.into_iter().map(Into::into).collect()));
        let resource = ResourceNote { population, kind, id, parts: parts.collect(), facts };
        self.sink.resource(&self.target, &self.collector, resource)
    }

    /// Keeps one computed object.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn derived(&self, derived: DerivedNote) -> Result<(), SinkError> {
        self.sink.derived(&self.target, &self.collector, derived)
    }

    /// Keeps how completely a population was listed.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn coverage(&self, coverage: CoverageNote) -> Result<(), SinkError> {
        self.sink.coverage(&self.target, &self.collector, coverage)
    }

    /// Keeps one thing that was not read.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn gap(&self, mut gap: GapNote) -> Result<(), SinkError> {
        if self.suspects(&gap.detail) {
            gap.detail = WITHHELD.to_owned();
        }
        self.sink.gap(&self.target, &self.collector, gap)
    }

    fn suspects(&self, text: &str) -> bool {
        suspects_secret(text.as_bytes(), &self.secrets)
    }

    /// Keeps over which way the target is reached. Before the first request, so that it is sealed also where nobody answers.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn route(&self, route: RouteNote) -> Result<(), SinkError> {
        self.sink.route(&self.target, &self.collector, route)
    }
}
