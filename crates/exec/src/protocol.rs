//! The lines of the protocol, version 1 (`docs/spec/exec-protocol.md`). Its JSON Schemas come from these types.
//!
//! Each line is one JSON object with one member, whose name says what the line is.

use std::collections::{BTreeMap, BTreeSet};

use model::record::{Decode, GapReason, Masked, Subject, Syntax};
use model::{Digest, Timestamp};
use schemars::JsonSchema;
use sdk::Descriptor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version that this program speaks.
pub const VERSION: u32 = 1;

/// What is asked of a program, one line on its stdin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// First of all: what are you? Answered by `descriptor`.
    Describe(Describe),
    /// Who are we at the source, and which is it? Answered by `identity`.
    Identify(Box<Identify>),
    /// Which of the rights do we have? Answered by any number of `right` lines and `done`.
    Preflight(Nothing),
    /// Read everything. Answered by what is recorded, and `done`.
    Collect(Nothing),
}

/// No members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The version of the protocol. A program that does not speak it answers `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Describe {
    pub version: u32,
}

/// The target and what the run gives.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identify {
    /// The id of the target in the declaration.
    pub target: String,
    /// The settings of the target, which please the schema in the descriptor.
    pub settings: Map<String, Value>,
    /// Stands in session names and user agents, so that the source's own log shows whose calls these were.
    pub run_id: String,
    /// First part of the user agent.
    pub user_agent: String,
    /// Requests under way at once.
    pub concurrency: usize,
    /// The run's clock.
    #[schemars(with = "String")]
    pub now: Timestamp,
    /// What is not read by then is a gap.
    #[schemars(with = "String")]
    pub deadline: Timestamp,
    /// A PIN that a person gave for this target and run. Only collectors that are built in get one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub pin: Option<Pin>,
    /// Replaced endpoints and credentials of a rehearsal. Only collectors that are built in get any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub overrides: Option<Overrides>,
}

/// A PIN on the pipe to a collector of our own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pin(pub String);

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("**REDACTED**")
    }
}

/// `sdk::Overrides` on the pipe to a collector of our own.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    pub endpoint_url: Option<String>,
    pub endpoint_urls: BTreeMap<String, String>,
    /// Key id and secret.
    pub credentials: Option<(String, String)>,
    pub token: Option<String>,
    pub extra_roots: Option<String>,
}

impl std::fmt::Debug for Overrides {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overrides").field("endpoint_url", &self.endpoint_url).finish_non_exhaustive()
    }
}

/// What a program answers, one line on its stdout.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Answer {
    /// What the program is; the answer to `describe`.
    Descriptor(Box<Descriptor>),
    /// Who we are; the answer to `identify`.
    Identity(Identity),
    /// The state of one right.
    Right(RightStatus),
    /// Over which way the target is reached.
    Route(Route),
    /// The certificates of a TLS peer; exchanges name it.
    Peer(Peer),
    /// One request to the source, and its exact answer.
    Exchange(Box<Exchange>),
    /// One normalised object.
    Resource(Resource),
    /// One object computed from others, where no single answer holds the fact.
    Derived(Derived),
    /// How completely a population was listed.
    Coverage(Coverage),
    /// One thing asked for and not read.
    Gap(Gap),
    /// The request is answered.
    Done(Nothing),
    /// The request cannot be answered at all. Ends it.
    Error(Error),
}

impl Answer {
    /// The name of the line.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Descriptor(_) => "descriptor",
            Self::Identity(_) => "identity",
            Self::Right(_) => "right",
            Self::Route(_) => "route",
            Self::Peer(_) => "peer",
            Self::Exchange(_) => "exchange",
            Self::Resource(_) => "resource",
            Self::Derived(_) => "derived",
            Self::Coverage(_) => "coverage",
            Self::Gap(_) => "gap",
            Self::Done(_) => "done",
            Self::Error(_) => "error",
        }
    }
}

/// Who we are at the source, and which target was found there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// As the source names the caller.
    pub caller: String,
    /// What the target is pinned by: the `identity` of its declaration must be this.
    pub found: String,
}

/// Whether one right may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RightStatus {
    /// As the descriptor names it.
    pub right: String,
    pub state: RightState,
    /// Where it applies; absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What the source said.
    pub detail: String,
}

/// Undecided is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RightState {
    Granted,
    Denied,
    Undecided,
}

/// Over which way the target is reached, where that is not the source's own. Said before it is used; what is said again adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Configured endpoints: scheme, host and port, in lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub endpoints: BTreeSet<String>,
    /// Proxies that requests go through, as `scheme://host:port` and without credentials.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub proxies: BTreeSet<String>,
    /// SHA-256 of the DER of each authority that is trusted and is not the operating system's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "BTreeSet<String>")]
    pub authorities: BTreeSet<Digest>,
    /// SHA-256 of the DER of each authority that the declaration names as that of the target's own server; no others are trusted then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "BTreeSet<String>")]
    pub pinned: BTreeSet<Digest>,
}

/// The certificates that a TLS peer sent: each chain once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Chosen by the program, unique for its life; exchanges name it.
    pub id: u64,
    /// The DER of each, in base64 with padding, leaf first: 1 to 16 of at most 65,536 bytes.
    pub certificates: Vec<String>,
}

/// One attempt of one request. Request headers and credentials have no place here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Chosen by the program, unique for its life; sources name it.
    pub id: u64,
    /// Scheme, host and port; `local:<what>` for what is on this machine.
    pub endpoint: String,
    /// The id of the TLS peer that answered, which was sent before; absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<u64>,
    /// One of the rights of the descriptor.
    pub operation: String,
    /// What was being listed, where the call belongs to a population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Counted from 1; 0 where the call has no pages.
    #[serde(default)]
    pub page: u64,
    /// Counted from 1.
    #[serde(default = "first")]
    pub attempt: u32,
    /// When it was asked. Absent: the moment the line came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    /// HTTP status; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The source's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What went wrong on the way: `connect`, `timeout`, `reset`, `cut`, `tls`, `too-large`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The source's own id of this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The answer's `Date` as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// What was asked, without secrets.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The answer. Absent: none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

const fn first() -> u32 {
    1
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Body {
    /// The exact bytes, in base64 with padding.
    Base64(String),
    /// The same, but for texts that seem to hold a secret. Nothing may rest on them.
    Masked(MaskedBody),
    /// Not handed over.
    Withheld(Withheld),
}

/// A body of which texts are not handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskedBody {
    /// All of its bytes, in base64 with padding; those of masked texts are `*`.
    pub base64: String,
    /// The masked texts, ascending and apart from each other: whole strings of JSON, whole texts between tags of XML.
    pub texts: Vec<Masked>,
}

/// A body that the program keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    pub why: Why,
    /// Its bytes.
    pub size: u64,
}

/// Why a body is not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It bears credentials by the nature of the operation.
    CredentialBearing,
    /// It seems to hold a secret. Nothing may rest on it.
    SuspectedSecret,
}

/// Where a fact stands in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The id of an exchange that was sent before.
    pub exchange: u64,
    #[serde(default = "json")]
    pub syntax: Syntax,
    /// `json`: RFC 6901 pointer, empty for the whole answer; `xml`: `/Element/member[3]`; `csv`: `/row`, counted from 1 without
    /// the header.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decode: Vec<Decode>,
    /// Inside the decoded text; only with `decode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<(Syntax, String)>,
}

const fn json() -> Syntax {
    Syntax::Json
}

/// Where a fact stands in a declared file: the first character of the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The file's path, relative to the declaration's folder.
    pub declaration: String,
    /// Counted from 1; a line ends with LF.
    pub line: u64,
    /// Counted from 1, in Unicode scalar values.
    pub column: u64,
}

/// Where a fact stands: in an answer, or in a declared file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a place has `exchange` and `path`, or `declaration`, `line` and `column`")]
pub enum Place {
    Answer(Source),
    Declared(Declared),
}

/// One normalised object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// `<kind>` or `<kind>@<scope>`. Absent: the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// One of the kinds of the descriptor.
    pub kind: String,
    /// Unique within target and kind.
    pub id: String,
    /// For each member of `facts` where it was read; at least one place each.
    pub parts: BTreeMap<String, Vec<Place>>,
    /// The parts that were read, as the kind's schema has them. One that was not read is absent and named by a gap.
    pub facts: Map<String, Value>,
}

/// One object computed from others. Its kind stands in the descriptor and its population has coverage, like those of resources.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// `<kind>` or `<kind>@<scope>`. Absent: the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    pub kind: String,
    /// Unique within target and kind.
    pub id: String,
    /// All that it was computed from; each was sent before.
    pub inputs: Vec<Input>,
    pub facts: Map<String, Value>,
}

/// What a derived object was computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Input {
    Resource(Subject),
    /// How completely a population was listed: what an absence rests on.
    Population(String),
    Exchange(u64),
}

/// How completely a population was listed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// `<kind>` or `<kind>@<scope>`, each once.
    pub population: String,
    pub calls: u64,
    pub pages: u64,
    /// Members that the source listed.
    pub items: u64,
    /// Whether the source said that the list had ended.
    pub complete: bool,
    /// The source's own count, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// The source's own count of a population, and where it says so.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Total {
    pub count: u64,
    pub from: Source,
}

/// One thing asked for and not read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Absent, without `subject`: everything of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The part of the subject, or of every member. Absent: the subject itself, or the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The right that would have been needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    pub reason: GapReason,
    /// What the source said, for a person.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u64>,
}

/// Why a request cannot be answered at all.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Error {
    pub reason: GapReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u64>,
}
