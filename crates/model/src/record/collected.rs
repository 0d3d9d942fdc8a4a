//! Records of what was asked, what came back, and what could not be read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Digest, RecordRef, Timestamp};

/// `exchange`: one attempt of one request. Always disclosed, so it names no subject; that is in `params`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub target: String,
    pub collector: String,
    /// Scheme, host and port of the source, without path and query.
    pub endpoint: String,
    /// SHA-256 over the DER certificates the peer sent, leaf first, each prefixed with its length as 4 bytes big-endian. Absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Digest>,
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
    /// What went wrong on the way: `connect`, `timeout`, `reset`, `cut`, `tls`, `too-large`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The source's own id of this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The answer's `Date` header as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// `params`: the parameters of an exchange, and the subject it asked about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    pub exchange: RecordRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The request's parameters as a JSON object.
    pub parameters: Box<RawValue>,
}

/// `body`: the body of an exchange: kept as raw file `raw`, or withheld with the reason. Exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    pub exchange: RecordRef,
    /// Bytes of the entity body after transfer-decoding.
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<u64>,
    /// `credential-bearing` or `suspected-secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

/// `coverage`: how completely one population of one target was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    pub target: String,
    pub collector: String,
    /// `<kind>`, or `<kind>@<scope>` where the source lists by region: `aws-kms/key@eu-west-1`.
    pub population: String,
    pub calls: u64,
    pub pages: u64,
    pub items: u64,
    /// Whether the source said that the list had ended.
    pub complete: bool,
    /// The source's own count, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// A source's own count of a population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The run's deadline was reached before the call was made.
    Deadline,
    /// The collector failed.
    CollectorFailed,
}

/// One thing a record is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub kind: String,
    pub id: String,
}

/// `gap`: one thing asked for and not read. Without `subject` it touches the whole population (without `population`: the target).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The id of the acceptance that covers it. It stays a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<String>,
}

/// The form of an answer, which says how a locator's path is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// `path` is an RFC 6901 pointer.
    Json,
    /// `path` is `/Element/member[3]/Element`, members counted from 1 among siblings of that name.
    Xml,
    /// `path` is `/row/column-name`, rows counted from 1 without the header.
    Csv,
}

/// A step of decoding between an answer and the text that holds the fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    Percent,
    Base64,
}

/// Where a fact stands in an answer. With several steps each reads the text the one before it found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locator {
    pub exchange: RecordRef,
    pub syntax: Syntax,
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decode: Vec<Decode>,
    /// Inside the decoded text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<(Syntax, String)>,
}

/// `resource`: one normalised object. Its parts are the top-level members of `facts`; a part that was not read is absent.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    pub facts: Box<RawValue>,
}

/// `derived`: an object computed from other records.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    pub target: String,
    pub collector: String,
    pub population: String,
    pub kind: String,
    pub id: String,
    pub inputs: Vec<RecordRef>,
    pub facts: Box<RawValue>,
}
