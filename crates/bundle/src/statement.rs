//! The signed statement of a bundle: an in-toto Statement v1 in one byte template.
//!
//! A statement is read by parsing it, checking what it says and rendering it again: bytes that
//! would be written differently are refused.

use model::record::{Override, RunStatus};
use model::{Digest, RecordType, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::basis::Basis;
use crate::{layout, limits};

/// `payloadType` of the DSSE envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// `predicateType` of a bundle.
pub const PREDICATE_TYPE: &str = "urn:witnessmark:evidence-bundle:v1";
/// `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Name of the tree that `records.root` is the head of.
pub const RECORDS_HASH: &str = "rfc6962-sha256";

/// What a bundle holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One run of the tool.
    Run,
    /// A person's records.
    Record,
    /// What was accepted as the state to compare with.
    Baseline,
    /// An announcement of new trust material; a hint, never itself trusted.
    Trust,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Run, Self::Record, Self::Baseline, Self::Trust];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Record => "record",
            Self::Baseline => "baseline",
            Self::Trust => "trust",
        }
    }
}

/// Everything a statement says. Members in the order of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// SHA-256 of `leaves.txt`.
    pub leaves_sha256: Digest,
    /// SHA-256 of `records.jsonl` with nothing withheld.
    pub records_sha256: Digest,
    pub predicate: Predicate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    pub kind: Kind,
    /// The run's id.
    pub bundle: String,
    pub entity: String,
    pub system: String,
    pub tool: Tool,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub status: RunStatus,
    /// Overrides that make it unfit as evidence, ascending, each once.
    pub rehearsal: Vec<Override>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    pub records: Records,
    pub summary: Summary,
    /// With what it was judged; of a run only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    pub chain: Chain,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub version: String,
    pub sha256: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Always [`RECORDS_HASH`].
    pub hash: String,
    /// Number of lines.
    pub count: u64,
    /// Merkle tree head over the lines' leaf hashes.
    pub root: Digest,
    /// The types that occur, in the order of types, without holes.
    pub segments: Vec<Segment>,
}

/// A run of lines of one type; `first` counts lines from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub t: RecordType,
    pub first: u64,
    pub count: u64,
}

/// Findings by outcome, deviations accepted (they are among `deviates`), and gaps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub conforms: u64,
    pub deviates: u64,
    pub undetermined: u64,
    pub not_applicable: u64,
    pub accepted: u64,
    pub gaps: u64,
}

/// Where the bundle is in its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The ledger's declared origin.
    pub origin: String,
    /// Index of this bundle's entry, counted from 0.
    pub index: u64,
    /// Size of the ledger before this bundle; equals `index`.
    pub prior_size: u64,
    /// Root of the ledger before this bundle.
    pub prior_root: Digest,
    /// SHA-256 of the statement at `index - 1`; absent at index 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_statement: Option<Digest>,
    /// How often a run is promised; absent where nothing is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    #[error("the statement cannot be read: {0}")]
    Json(String),
    #[error("the statement is of type `{found}`, not `{expected}`")]
    OtherType { expected: &'static str, found: String },
    #[error("the statement is of kind `{found}`, which this program does not know")]
    OtherKind { found: String },
    #[error("the statement's subjects are not `leaves.txt` and `records.jsonl`")]
    Subjects,
    #[error("the statement is not spelled as the format demands")]
    Spelling,
    #[error("the statement's signed form has {length} bytes, it must have fewer than 4096")]
    TooLong { length: usize },
    #[error("`{field}` of the statement {problem}")]
    Field { field: &'static str, problem: &'static str },
}

/// The shape around the predicate, shared with redactions.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InToto<P> {
    #[serde(rename = "_type")]
    pub kind: String,
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    pub predicate: P,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    pub name: String,
    pub digest: SubjectDigest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectDigest {
    pub sha256: Digest,
}

impl<P> InToto<P> {
    pub(crate) fn new<const N: usize>(predicate_type: &str, subjects: [(&str, Digest); N], predicate: P) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: subjects
                .into_iter()
                .map(|(name, sha256)| Subject { name: name.to_owned(), digest: SubjectDigest { sha256 } })
                .collect(),
            predicate_type: predicate_type.to_owned(),
            predicate,
        }
    }
}

/// Looks at type and kind before anything else, whatever else is there: another version may have other members and limits.
/// What has no type at all is left to the strict reader.
pub(crate) fn expect_type(bytes: &[u8], predicate_type: &'static str) -> Result<(), StatementError> {
    #[derive(Deserialize)]
    struct Types {
        #[serde(rename = "_type")]
        statement: String,
        #[serde(rename = "predicateType")]
        predicate: String,
    }
    let Ok(types) = serde_json::from_slice::<Types>(bytes) else { return Ok(()) };
    for (found, expected) in [(&types.statement, STATEMENT_TYPE), (&types.predicate, predicate_type)] {
        if found != expected {
            return Err(StatementError::OtherType { expected, found: found.chars().take(100).collect() });
        }
    }
    Ok(())
}

fn expect_kind(bytes: &[u8]) -> Result<(), StatementError> {
    #[derive(Deserialize)]
    struct Outer {
        predicate: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        kind: String,
    }
    let Ok(Outer { predicate: Inner { kind } }) = serde_json::from_slice(bytes) else { return Ok(()) };
    match Kind::ALL.iter().any(|known| known.as_str() == kind) {
        true => Ok(()),
        false => Err(StatementError::OtherKind { found: kind.chars().take(100).collect() }),
    }
}

impl<P: Serialize> InToto<P> {
    pub(crate) fn render(&self) -> Result<Vec<u8>, StatementError> {
        let bytes = serde_json::to_vec(self).map_err(|error| StatementError::Json(error.to_string()))?;
        let length = pae(&bytes).len();
        if length >= limits::PAE_MAX {
            return Err(StatementError::TooLong { length });
        }
        Ok(bytes)
    }
}

impl Statement {
    /// The statement's bytes: what is encoded into the envelope's payload.
    pub fn render(&self) -> Result<Vec<u8>, StatementError> {
        self.predicate.check()?;
        InToto::new(
            PREDICATE_TYPE,
            [(layout::LEAVES, self.leaves_sha256), (layout::RECORDS, self.records_sha256)],
            &self.predicate,
        )
        .render()
    }

    /// Reads a statement. What comes back is spelled as the format demands and agrees with itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        expect_type(bytes, PREDICATE_TYPE)?;
        expect_kind(bytes)?;
        if bytes.len() >= limits::PAE_MAX {
            return Err(StatementError::TooLong { length: pae(bytes).len() });
        }
        let parsed: InToto<Predicate> =
            serde_json::from_slice(bytes).map_err(|error| StatementError::Json(error.to_string()))?;
        let [leaves, records] = parsed.subject.as_slice() else {
            return Err(StatementError::Subjects);
        };
        if leaves.name != layout::LEAVES || records.name != layout::RECORDS {
            return Err(StatementError::Subjects);
        }
        let statement = Self {
            leaves_sha256: leaves.digest.sha256,
            records_sha256: records.digest.sha256,
            predicate: parsed.predicate,
        };
        if statement.render()? == bytes { Ok(statement) } else { Err(StatementError::Spelling) }
    }
}

impl Predicate {
    /// That what is said agrees with itself.
    fn check(&self) -> Result<(), StatementError> {
        let names = [
            ("bundle", &self.bundle),
            ("entity", &self.entity),
            ("system", &self.system),
            ("tool.version", &self.tool.version),
            ("chain.origin", &self.chain.origin),
        ];
        for (field, name) in names {
            check_name(field, name)?;
        }
        if let Some(challenge) = &self.challenge {
            check_name("challenge", challenge)?;
        }
        if !ledger::valid_origin(&self.chain.origin) {
            return Err(field("chain.origin", "is not made of letters, digits and `. _ - /`"));
        }
        if self.finished < self.started {
            return Err(field("finished", "is before `started`"));
        }
        if !self.rehearsal.is_sorted_by(|a, b| a < b) {
            return Err(field("rehearsal", "is not strictly ascending"));
        }
        self.records.check()?;
        if self.kind == Kind::Run && self.records.count_of(RecordType::Run) != 1 {
            return Err(field("records.segments", "do not have exactly one record of type `run`"));
        }
        if self.basis.is_some() && self.kind != Kind::Run {
            return Err(field("basis", "is of a run only"));
        }
        if self.kind == Kind::Record {
            self.of_a_person()?;
        }
        self.summary.check(&self.records)?;
        self.chain.check()
    }

    /// A person's record holds who made it where, the form with its attachments, and what it says.
    fn of_a_person(&self) -> Result<(), StatementError> {
        use RecordType as T;
        let known = |segment: &Segment| match segment.t {
            T::Run | T::Host | T::Recorded => segment.count == 1,
            T::Declaration => true,
            _ => false,
        };
        let there = [T::Run, T::Declaration, T::Recorded].iter().all(|kind| self.records.segment(*kind).is_some());
        if there && self.records.segments.iter().all(known) && self.status == RunStatus::Complete {
            return Ok(());
        }
        Err(field(
            "kind",
            "is `record`, and it is not complete, or does not have one `run`, declarations and one `recorded`, and at most a `host` beside them",
        ))
    }
}

impl Records {
    /// The segment of this type, if there is a record of it.
    #[must_use]
    pub fn segment(&self, kind: RecordType) -> Option<Segment> {
        self.segments.iter().copied().find(|segment| segment.t == kind)
    }

    /// How many records of this type there are.
    #[must_use]
    pub fn count_of(&self, kind: RecordType) -> u64 {
        self.segment(kind).map_or(0, |segment| segment.count)
    }

    fn check(&self) -> Result<(), StatementError> {
        if self.hash != RECORDS_HASH {
            return Err(field("records.hash", "is not `rfc6962-sha256`"));
        }
        if self.count == 0 || self.count > limits::RECORDS_MAX {
            return Err(field("records.count", "is not between 1 and 100000000"));
        }
        let mut next = 0_u64;
        let mut last = None;
        for segment in &self.segments {
            if last >= Some(segment.t) {
                return Err(field("records.segments", "are not strictly ordered by type"));
            }
            if segment.first != next || segment.count == 0 {
                return Err(field("records.segments", "have holes, overlap or are empty"));
            }
            if segment.count > limits::records_max(segment.t) {
                return Err(field("records.segments", "have more records of a type than the format allows"));
            }
            next = next.checked_add(segment.count).ok_or(field("records.segments", "are too long"))?;
            last = Some(segment.t);
        }
        if next != self.count {
            return Err(field("records.segments", "do not add up to `records.count`"));
        }
        Ok(())
    }
}

impl Summary {
    /// Findings of all outcomes.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.conforms
            .saturating_add(self.deviates)
            .saturating_add(self.undetermined)
            .saturating_add(self.not_applicable)
    }

    fn check(&self, records: &Records) -> Result<(), StatementError> {
        if self.findings() != records.count_of(RecordType::Finding) {
            return Err(field("summary", "does not add up to the number of findings"));
        }
        if self.gaps != records.count_of(RecordType::Gap) {
            return Err(field("summary.gaps", "is not the number of gaps"));
        }
        if self.accepted > self.deviates {
            return Err(field("summary.accepted", "exceeds `deviates`"));
        }
        Ok(())
    }
}

impl Chain {
    fn check(&self) -> Result<(), StatementError> {
        if self.index >= limits::LEDGER_MAX {
            return Err(field("chain.index", "is not below 2^40"));
        }
        if self.prior_size != self.index {
            return Err(field("chain.prior_size", "is not `chain.index`"));
        }
        if (self.index == 0) != self.previous_statement.is_none() {
            return Err(field("chain.previous_statement", "is absent at index 0 and only there"));
        }
        if self.index == 0 && self.prior_root != ledger::empty_root() {
            return Err(field("chain.prior_root", "is not the root of the empty ledger"));
        }
        if self.every_seconds.is_some_and(|seconds| seconds == 0 || seconds > limits::INTEGER_MAX) {
            return Err(field("chain.every_seconds", "is not between 1 and 2^53-1"));
        }
        Ok(())
    }
}

/// DSSE pre-authentication encoding of a statement: the bytes that are signed.
#[must_use]
pub fn pae(statement: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), statement.len()).into_bytes();
    bytes.extend_from_slice(statement);
    bytes
}

/// 1 to 256 bytes without control characters.
pub(crate) fn check_name(name: &'static str, text: &str) -> Result<(), StatementError> {
    if text.is_empty() || text.len() > limits::NAME_MAX {
        return Err(field(name, "does not have 1 to 256 bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(field(name, "has a control character"));
    }
    Ok(())
}

fn field(field: &'static str, problem: &'static str) -> StatementError {
    StatementError::Field { field, problem }
}
