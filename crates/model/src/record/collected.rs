//! Records of what was asked, what came back, and what could not be read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::origin::Unproven;
use crate::{Digest, RecordRef, Timestamp};

/// `route`: how one collector reached one target. Always disclosed. Of a source that is not asked over a network only the
/// first two members are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub target: String,
    pub collector: String,
    /// Endpoints that the declaration sets instead of the source's own, ascending, in the form of [`Exchange::endpoint`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
    /// Proxies that requests go through, as `http://host:port` or `https://host:port` without credentials, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxies: Vec<String>,
    /// SHA-256 of the DER of each trusted authority that is not the operating system's, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<Digest>,
    /// SHA-256 of the DER of each authority that the declaration pins: of this server, no others were trusted. Ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<Digest>,
    /// Endpoints from which answers came that prove nothing about the source, ascending. With one of them, what is said of this
    /// target is a rehearsal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rehearsal: Vec<Rehearsed>,
}

/// An endpoint that is not the source's own, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearsed {
    pub endpoint: String,
    pub because: Unproven,
}

impl std::fmt::Display for Rehearsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.because.words())
    }
}

/// `peer`: a chain of certificates that some source showed. Always disclosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// [`Peer::digest`] of the certificates.
    pub sha256: Digest,
    /// As the peer sent them, leaf first.
    pub certificates: Vec<Certificate>,
}

/// The DER of an X.509 certificate; in JSON base64 (RFC 4648 §4).
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(pub Vec<u8>);

impl Peer {
    /// SHA-256 over the DER of the certificates, leaf first, each prefixed with its length as 4 bytes big-endian. `None` where
    /// one is so long that its length does not fit.
    #[must_use]
    pub fn digest<'c>(certificates: impl IntoIterator<Item = &'c [u8]>) -> Option<Digest> {
        let mut hash = Sha256::new();
        for der in certificates {
            hash.update(u32::try_from(der.len()).ok()?.to_be_bytes());
            hash.update(der);
        }
        Some(Digest::from_bytes(hash.finalize().into()))
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({} bytes)", self.0.len())
    }
}

impl Serialize for Certificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Certificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What went wrong between a request and its whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// No connection came about.
    Connect,
    /// No answer in time, or not all of it.
    Timeout,
    /// The peer broke the connection off.
    Reset,
    /// The answer ended before its announced length.
    Cut,
    /// TLS was not agreed on, or the peer's certificate is not trusted.
    Tls,
    /// The answer was longer than we take.
    TooLarge,
}

impl Failure {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::Tls => "tls",
            Self::TooLarge => "too-large",
        }
    }
}

/// Why a body was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotKept {
    /// The operation's answers bear credentials.
    CredentialBearing,
    /// It seemed to hold a secret.
    SuspectedSecret,
}

impl NotKept {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CredentialBearing => "credential-bearing",
            Self::SuspectedSecret => "suspected-secret",
        }
    }
}

/// `exchange`: one attempt of one request. Always disclosed, so it names no subject; that is in `params`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub target: String,
    pub collector: String,
    /// Scheme, host and port of the source, without path and query; `local:<collector>` where it is on this machine.
    pub endpoint: String,
    /// The `peer` record of the certificates that the peer sent. Absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<RecordRef>,
    /// As the source spells it: `kms:ListKeys`.
    pub operation: String,
    /// What was being listed, where the call belongs to a population: `aws-kms/key@eu-west-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// Counted from 1; 0 where the call has no pages.
    pub page: u64,
    /// Counted from 1.
    pub attempt: u32,
    pub started: Timestamp,
    /// HTTP status, absent when no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The source's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What went wrong on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The source's own id of this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The answer's `Date` header as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// `params`: the parameters of an exchange, and the subject it asked about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub exchange: RecordRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The request's parameters as a JSON object.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub parameters: Box<RawValue>,
}

/// A text of an answer that seemed to hold a secret: each of its bytes is [`crate::FILLER`] in the raw file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Masked {
    /// The first byte, counted from 0.
    pub at: u64,
    pub length: u64,
}

/// `body`: the body of an exchange: kept as raw file `raw`, or withheld with the reason. Exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Body {
    pub exchange: RecordRef,
    /// Bytes of the entity body after transfer-decoding.
    pub size: u64,
    /// Texts of a kept body that are withheld, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<Masked>,
    /// Of the body as it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<NotKept>,
}

/// `coverage`: how completely one population of one target was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    pub target: String,
    pub collector: String,
    /// `<kind>`, or `<kind>@<scope>` where the source lists by region: `aws-kms/key@eu-west-1`.
    pub population: String,
    pub calls: u64,
    pub pages: u64,
    /// As the source listed them, repetitions included.
    pub items: u64,
    /// Items among them that the source had listed before: one resource, however often it is listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// Whether the source said that the list had ended.
    pub complete: bool,
    /// The source's own count, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// A source's own count of a population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Total {
    pub count: u64,
    /// Where the count stands.
    pub from: Locator,
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// The source refused the call to this caller.
    Denied,
    /// Closed by an organisation policy.
    ClosedByPolicy,
    /// Still throttled when the deadline or the last attempt was reached.
    Throttled,
    /// The source does not know the call, or not for this subject.
    Unsupported,
    /// No answer in time.
    TimedOut,
    /// The source could not be reached, or broke off.
    Unreachable,
    /// The source said that it failed.
    SourceError,
    /// An answer that does not have the documented form.
    Malformed,
    /// A list that says it goes on and does not say how, or does not end.
    Truncated,
    /// A list that does not have as many items as the source itself counts.
    TotalMismatch,
    /// Another identity than the pinned one.
    WrongIdentity,
    /// Credentials missing, expired or not accepted.
    Unauthenticated,
    /// The answer seemed to hold a secret and was not kept.
    WithheldSecret,
    /// Left out on purpose by the declaration.
    Skipped,
    /// Gone between the list and the look.
    Vanished,
    /// The run's time was over before the call was made: its deadline was reached, or it was told to stop.
    Deadline,
    /// The collector failed.
    CollectorFailed,
}

impl GapReason {
    /// What happened, as part of a sentence: one word for one thing, wherever a person reads it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Denied => "access denied",
            Self::ClosedByPolicy => "denied by an organisation policy",
            Self::Throttled => "throttled until retries ran out",
            Self::Unsupported => "not offered by the source",
            Self::TimedOut => "no answer in time",
            Self::Unreachable => "not reachable",
            Self::SourceError => "source error",
            Self::Malformed => "malformed answer",
            Self::Truncated => "list truncated",
            Self::TotalMismatch => "not as many items as the source counts",
            Self::WrongIdentity => "not the declared identity",
            Self::Unauthenticated => "credentials rejected",
            Self::WithheldSecret => "withheld: it seems to hold a secret",
            Self::Skipped => "left out on purpose",
            Self::Vanished => "gone before it could be read",
            Self::Deadline => "not reached before the run ended",
            Self::CollectorFailed => "the collector failed",
        }
    }
}

/// One thing a record is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub kind: String,
    pub id: String,
}

/// `gap`: one thing asked for and not read. Without `subject` it touches the whole population (without `population`: the target).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    pub target: String,
    pub collector: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The part of the subject, or of every subject of the population. Absent: the subject itself, or the list itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The right that would have been needed, as the source spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    pub reason: GapReason,
    /// What the source said, for a person.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<RecordRef>,
    /// The `acceptance` record that covers it. It stays a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<RecordRef>,
}

/// The form of an answer, which says how a locator's path is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// `path` is an RFC 6901 pointer.
    Json,
    /// `path` is `/Element/member[3]/Element`, members counted from 1 among siblings of that name.
    Xml,
    /// `path` is `/row`, counted from 1 without the header.
    Csv,
}

/// A step of decoding between an answer and the text that holds the fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    Percent,
    Base64,
}

/// Where a fact stands: in an answer, or in a declared file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged, try_from = "AnyLocator")]
pub enum Locator {
    Answer(InAnswer),
    Declared(InDeclaration),
}

/// A place in an answer. With several steps each reads the text the one before it found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct InAnswer {
    pub exchange: RecordRef,
    pub syntax: Syntax,
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decode: Vec<Decode>,
    /// Inside the decoded text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<(Syntax, String)>,
}

/// A place in a declared file: the first character of the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct InDeclaration {
    pub declaration: RecordRef,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in Unicode scalar values.
    pub column: u64,
}

/// Both forms at once: read without looking twice at the text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyLocator {
    exchange: Option<RecordRef>,
    syntax: Option<Syntax>,
    path: Option<String>,
    decode: Option<Vec<Decode>>,
    inner: Option<(Syntax, String)>,
    declaration: Option<RecordRef>,
    line: Option<u64>,
    column: Option<u64>,
}

impl Locator {
    /// The exchange or declaration that it leads into.
    #[must_use]
    pub const fn record(&self) -> RecordRef {
        match self {
            Self::Answer(place) => place.exchange,
            Self::Declared(place) => place.declaration,
        }
    }
}

impl JsonSchema for Locator {
    fn schema_name() -> Cow<'static, str> {
        "Locator".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let forms = [generator.subschema_for::<InAnswer>(), generator.subschema_for::<InDeclaration>()];
        json_schema!({ "anyOf": forms })
    }
}

impl TryFrom<AnyLocator> for Locator {
    type Error = &'static str;

    fn try_from(any: AnyLocator) -> Result<Self, Self::Error> {
        match any {
            AnyLocator {
                exchange: Some(exchange),
                syntax: Some(syntax),
                path: Some(path),
                decode,
                inner,
                declaration: None,
                line: None,
                column: None,
            } => Ok(Self::Answer(InAnswer { exchange, syntax, path, decode: decode.unwrap_or_default(), inner })),
            AnyLocator {
                exchange: None,
                syntax: None,
                path: None,
                decode: None,
                inner: None,
                declaration: Some(declaration),
                line: Some(line),
                column: Some(column),
            } => Ok(Self::Declared(InDeclaration { declaration, line, column })),
            _ => Err("a locator has `exchange`, `syntax` and `path`, or `declaration`, `line` and `column`"),
        }
    }
}

/// `resource`: one normalised object. Its parts are the top-level members of `facts`; a part that was not read is absent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    pub target: String,
    pub collector: String,
    pub population: String,
    pub kind: String,
    /// Unique within target and kind, as the source names it (ARN).
    pub id: String,
    /// For each part of `facts` where it was read.
    pub parts: BTreeMap<String, Vec<Locator>>,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub facts: Box<RawValue>,
}

/// `derived`: an object computed from other records.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    pub target: String,
    pub collector: String,
    pub population: String,
    pub kind: String,
    pub id: String,
    pub inputs: Vec<RecordRef>,
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub facts: Box<RawValue>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_has_one_of_two_forms() {
        for text in [
            r#"{"exchange":"exchange:0","syntax":"json","path":"/a"}"#,
            r#"{"exchange":"exchange:0","syntax":"xml","path":"/a","decode":["percent"],"inner":["json","/b"]}"#,
            r#"{"declaration":"declaration:1","line":3,"column":7}"#,
        ] {
            let locator: Locator = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&locator).unwrap(), text);
        }
        for text in [
            "{}",
            r#"{"exchange":"exchange:0","syntax":"json"}"#,
            r#"{"exchange":"exchange:0","syntax":"json","path":"/a","line":1}"#,
            r#"{"declaration":"declaration:1","line":3}"#,
            r#"{"declaration":"declaration:1","line":3,"column":7,"path":"/a"}"#,
            r#"{"declaration":"declaration:1","line":3,"column":7,"more":1}"#,
        ] {
            assert!(serde_json::from_str::<Locator>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_chain_has_the_digest_of_its_certificates_with_their_lengths() {
        let certificates = [b"leaf".as_slice(), b"issuer"];
        let expected = Digest::of(b"\0\0\0\x04leaf\0\0\0\x06issuer");
        assert_eq!(Peer::digest(certificates), Some(expected));
        let peer = Peer { sha256: expected, certificates: certificates.map(|der| Certificate(der.to_vec())).to_vec() };
        let text = format!(r#"{{"sha256":"{expected}","certificates":["bGVhZg==","aXNzdWVy"]}}"#);
        assert_eq!(serde_json::to_string(&peer).unwrap(), text);
        assert_eq!(serde_json::from_str::<Peer>(&text).unwrap(), peer);
    }
}
