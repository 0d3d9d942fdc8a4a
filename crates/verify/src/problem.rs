//! Why a bundle is not accepted. `docs/spec/verify-classes.md` lists the classes with their exit codes.

use std::borrow::Cow;

use bundle::consistency::{ConsistencyError, SinceError};
use bundle::controls::{ControlsError, MakeError};
use bundle::read::{LineError, ReadError};
use bundle::sigstore::SigstoreError;
use bundle::statement::StatementError;
use bundle::trust::TrustError;
use ledger::{CheckpointError, ProofError};
use model::record::RunStatus;
use model::{Digest, ExitStatus, RecordRef, RecordType};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::continuity::Owner;
use crate::level::Level;

/// A class of refusal. Machines act on it; its names and codes do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Not in the form that the format demands.
    Malformed,
    /// Contents are not the ones that were signed.
    Altered,
    /// The signature is not the trusted key's.
    Signature,
    /// Not where the ledger says it stands.
    Position,
    /// The ledger is not the one that was seen before.
    Rewritten,
    /// Whether the ledger is the one that was seen before is not shown.
    NotComparable,
    /// Signed, and contradicting itself.
    Contradiction,
    /// Something is withheld that must be shown.
    Undisclosed,
    /// Signed by a key, or of a ledger, that the trust file does not name for this.
    UnknownKey,
    /// Records are withheld, and no one who may has signed for that.
    UnsignedRedaction,
    /// Of a version or kind that this program does not know.
    Unsupported,
    /// A part is not there.
    MissingPart,
    /// Authentic, and not to the level that was asked for.
    LevelNotReached,
    /// A rehearsal, where evidence was asked for.
    Rehearsal,
    /// The record of a run that failed, where a complete one was asked for.
    FailedRun,
    /// It does not carry the challenge that was asked for.
    OtherChallenge,
    /// The input could not be read; nothing can be concluded.
    Unreadable,
}

impl Class {
    pub const ALL: [Self; 17] = [
        Self::Malformed,
        Self::Altered,
        Self::Signature,
        Self::Position,
        Self::Rewritten,
        Self::Contradiction,
        Self::Undisclosed,
        Self::NotComparable,
        Self::UnknownKey,
        Self::UnsignedRedaction,
        Self::Unsupported,
        Self::MissingPart,
        Self::LevelNotReached,
        Self::Rehearsal,
        Self::FailedRun,
        Self::OtherChallenge,
        Self::Unreadable,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Altered => "altered",
            Self::Signature => "signature",
            Self::Position => "position",
            Self::Rewritten => "rewritten",
            Self::NotComparable => "not-comparable",
            Self::Contradiction => "contradiction",
            Self::Undisclosed => "undisclosed",
            Self::UnknownKey => "unknown-key",
            Self::UnsignedRedaction => "unsigned-redaction",
            Self::Unsupported => "unsupported",
            Self::MissingPart => "missing-part",
            Self::LevelNotReached => "level-not-reached",
            Self::Rehearsal => "rehearsal",
            Self::FailedRun => "failed-run",
            Self::OtherChallenge => "other-challenge",
            Self::Unreadable => "unreadable",
        }
    }

    /// How `witnessmark-verify` ends.
    #[must_use]
    pub const fn exit_status(self) -> ExitStatus {
        match self {
            Self::Malformed
            | Self::Altered
            | Self::Signature
            | Self::Position
            | Self::Rewritten
            | Self::Contradiction
            | Self::Undisclosed => ExitStatus::NotAuthentic,
            Self::NotComparable
            | Self::UnknownKey
            | Self::UnsignedRedaction
            | Self::Unsupported
            | Self::MissingPart
            | Self::LevelNotReached
            | Self::Rehearsal
            | Self::FailedRun
            | Self::OtherChallenge => ExitStatus::Undecided,
            Self::Unreadable => ExitStatus::ToolFailed,
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Class {
    fn schema_name() -> Cow<'static, str> {
        "Class".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Self::ALL.map(Self::as_str), "description": "docs/spec/verify-classes.md" })
    }
}

/// A step of the verification, in its order (`docs/spec/bundle.md` §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Names, order, sizes of the files.
    Files,
    /// `statement.sigstore.json`.
    StatementFile,
    Signature,
    Statement,
    Leaves,
    Records,
    Raw,
    /// The entry, the head inside the statement file, inclusion, the ledger before.
    Position,
    /// `ledger/checkpoint` and `ledger/consistency`, and the head seen before.
    Checkpoint,
    /// Tiles and statements.
    Ledger,
    Anchors,
    Redaction,
    Approvals,
    Demands,
}

/// What exactly is wrong. Record lines are counted from 1, as an editor does. Each message is whole, its cause included: a report
/// has one text for it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("`{path}` is missing")]
    Missing { path: String },
    #[error("`{path}` is not allowed in a bundle of this kind")]
    Stray { path: String },
    #[error("`{path}`: this program does not verify anchors, and cannot say whether this one is genuine")]
    Anchor { path: String },

    // The signed statement and its key.
    #[error("`statement.sigstore.json`: {0}")]
    Sigstore(SigstoreError),
    #[error(transparent)]
    Statement(#[from] StatementError),
    #[error("it is signed by key {id}, which the trust file does not name")]
    UnknownKey { id: Digest },
    #[error("key {id} is trusted, but not to sign in the role `{role}` at index {index}")]
    KeyNotForThis { id: Digest, role: &'static str, index: u64 },
    #[error("the signature is not key {id}'s over this statement")]
    BadSignature { id: Digest },
    #[error("it is a Sigstore bundle of media type `{found}`, which this program does not know")]
    MediaType { found: String },
    #[error("this program does not verify bundles of kind `{kind}`")]
    UnsupportedKind { kind: &'static str },

    #[error(transparent)]
    Trust(TrustError),

    // A redacted copy.
    #[error("`redaction.sigstore.json`: {0}")]
    RedactionFile(SigstoreError),
    #[error("the redaction: {0}")]
    Redaction(StatementError),
    #[error(
        "{withheld} records are withheld, and no key that the trust file names in the role `record` has signed for that"
    )]
    UnsignedRedaction { withheld: u64 },
    #[error("the redaction is not signed by key {id}")]
    RedactionSignature { id: Digest },
    #[error("the redaction belongs to another bundle")]
    RedactionOfOther,
    #[error("the records are not the redacted ones that the redactor signed")]
    RedactionRecords,
    #[error("the withheld records are not those that the redactor signed for")]
    RedactionCounts,

    #[error("the statement is another one than the files were verified with")]
    OtherStatement,

    // Position in the ledger.
    #[error("it belongs to the ledger `{found}`; the trust file is about `{expected}`")]
    OtherLedger { expected: String, found: String },
    #[error("its ledger signs with key {found}; the trust file names key {expected}")]
    LedgerKey { expected: Digest, found: Digest },
    #[error("the trust file does not let the ledger key sign a head of {size} entries")]
    HeadNotTrusted { size: u64 },
    #[error("the head of the ledger inside the statement file: {0}")]
    Head(CheckpointError),
    #[error("the signed head has another size or root than the proof beside it")]
    HeadDisagrees,
    #[error("the statement says index {signed}, but the ledger entry is at {found}")]
    Index { signed: u64, found: u64 },
    #[error("the proof is for a ledger of {size} entries, not for the one this bundle completed")]
    NotCompletedHead { size: u64 },
    #[error("the entry is not in the ledger: {0}")]
    Inclusion(ProofError),
    #[error("the statement does not have the root of the ledger before this bundle")]
    PriorRoot,
    #[error("`ledger/checkpoint`: {0}")]
    Newest(CheckpointError),
    #[error("`ledger/checkpoint` is not UTF-8 text")]
    NewestText,
    #[error("`ledger/checkpoint` is older than the bundle")]
    NewestOlder,
    #[error(transparent)]
    ConsistencyText(#[from] ConsistencyError),
    #[error("the newest head does not continue the bundle's: {0}")]
    Consistency(ProofError),
    #[error(transparent)]
    SinceText(#[from] SinceError),
    #[error("the newest head does not continue the one of {size} entries that `ledger/since` names: {error}")]
    Since { size: u64, error: ProofError },
    #[error("entry {index} of the ledger is another statement than the one that was proven before")]
    OtherEntry { index: u64 },
    #[error(
        "it is not shown to continue the head of {seen} entries that was proven before (its newest head has {newest}); ask the custodian for `witnessmark export --bundle {index} --since {seen}`, or with `--with-ledger` for the whole ledger"
    )]
    NotComparable { index: u64, seen: u64, newest: u64 },
    #[error("it is of {found}, and the ledger of {expected}: one ledger holds one system")]
    OtherSystem { expected: Owner, found: Owner },
    #[error("entry {index} is of {found}, and the ledger of {expected}: one ledger holds one system")]
    TwoSystems { index: u64, expected: Owner, found: Owner },
    #[error("the ledger was rewritten: it does not continue the head of {size} entries seen before")]
    Rewritten { size: u64 },

    // A whole ledger.
    #[error("the ledger has {size} entries; this program audits at most {max}")]
    LedgerTooLarge { size: u64, max: u64 },
    #[error("the ledger inside the export has more than {max} bytes: unpack it and use `witnessmark-verify audit`")]
    LedgerInExport { max: usize },
    #[error("statement {index} of the ledger: {error}")]
    Envelope { index: u64, error: SigstoreError },
    #[error("statement {index} of the ledger: {error}")]
    LedgerStatement { index: u64, error: StatementError },
    #[error("statement {index} of the ledger is not signed by a key that the trust file names for it")]
    LedgerSigner { index: u64 },
    #[error("statement {index} does not have the root of the ledger before it")]
    ChainRoot { index: u64 },
    #[error("`previous_statement` of statement {index} is not the digest of the statement before it")]
    ChainPrevious { index: u64 },
    #[error("statement {index} is of another ledger, or says that its index is {signed}")]
    ChainPlace { index: u64, signed: u64 },
    #[error("statement {index} is not what the ledger has as its entry {index}")]
    ChainEntry { index: u64 },
    #[error("the entries in the ledger's tiles are not those of its signed head")]
    LedgerRoot,
    #[error("`{path}` does not hold what follows from the ledger's entries")]
    LedgerFile { path: String },
    #[error("`{path}`: {error}")]
    ControlsFile { path: String, error: ControlsError },
    #[error("`{path}`: {error}")]
    ControlsLine { path: String, error: LineError },
    #[error("`{path}` has a record of another type than its place is for, or a control twice")]
    ControlsOther { path: String },
    #[error("`{path}` in the store does not show its controls: {error}")]
    ControlsNotMade { path: String, error: MakeError },
    #[error(
        "the ledger has {size} entries, and a head of {seen} entries was proven before: it is an older copy, or it was set back; ask the custodian for the ledger as it stands now (`witnessmark export --with-ledger`)"
    )]
    HeadOlderThanSeen { size: u64, seen: u64 },

    // Integrity.
    #[error("line {line} of `leaves.txt` is not 64 lower-case hexadecimal digits")]
    LeafForm { line: u64 },
    #[error("`{path}` has {found} lines, {signed} are signed")]
    Count { path: &'static str, signed: u64, found: u64 },
    #[error("`leaves.txt` is not the one that was signed")]
    Leaves,
    #[error("line {line} of `records.jsonl` is not the one that was sealed")]
    Leaf { line: u64 },
    #[error("the records are not the ones that were sealed")]
    Records,
    #[error("line {line} of `records.jsonl` is longer than {max} bytes")]
    LineTooLong { line: u64, max: usize },
    #[error("the last line of `records.jsonl` does not end with a line feed")]
    LineUnfinished,
    #[error("the raw file {ordinal} is not the answer that was sealed")]
    Raw { ordinal: u64 },
    #[error("the raw files are not the ones that were sealed")]
    RawFiles,
    #[error("the raw file {ordinal} is missing")]
    RawMissing { ordinal: u64 },
    #[error("{count} more raw files are missing")]
    RawMissingMore { count: u64 },
    #[error("the raw file {ordinal} belongs to no record that is shown")]
    RawStray { ordinal: u64 },

    // What the records say.
    #[error("line {line} of `records.jsonl`: {error}")]
    Line { line: u64, error: LineError },
    #[error("line {line} of `records.jsonl` is a `{found}` record among those of type `{expected}`")]
    Segment { line: u64, expected: RecordType, found: RecordType },
    #[error("{what} is withheld; records of that type must always be shown")]
    Undisclosed { what: RecordRef },
    #[error("{at} names {to}, which does not exist or may not be named there")]
    Reference { at: RecordRef, to: RecordRef },
    #[error("{at}: {problem}")]
    Record { at: RecordRef, problem: &'static str },
    #[error("the statement and the run's own record differ in `{field}`")]
    RunDisagrees { field: &'static str },
    #[error("its records were judged by newer rules; this program knows version {}", bundle::read::line::ASSESSMENT)]
    Assessment,
    #[error("the counts of {at} are not those of its findings")]
    RollUp { at: RecordRef },
    #[error("{at} names a control that has no assignment or no record")]
    NoControl { at: RecordRef },
    #[error("the statement's count of `{field}` is not that of the records")]
    Summary { field: &'static str },
    #[error("the statement's digest of `{member}` is not that of the records")]
    Basis { member: &'static str },
    #[error("there are more than {max} controls")]
    Controls { max: u64 },
    #[error("exchanges are of more than {max} targets and collectors")]
    Asked { max: u64 },
    #[error("there are more than {max} gaps with a subject")]
    SubjectGaps { max: u64 },
    #[error("there are more than {max} masked texts in the answers")]
    MaskedTexts { max: u64 },
    #[error("raw file {ordinal} shows a text that its record calls masked")]
    NotMasked { ordinal: u64 },
    #[error("there are more than {max} approvals among the declared files")]
    Approvals { max: u64 },

    // Not what was asked for.
    #[error("level {required} is required, {reached} is reached: {because}")]
    Level { required: Level, reached: Level, because: String },
    #[error("it is {words}")]
    Rehearsal { words: String },
    #[error("it records a run that failed")]
    Failed,
    #[error("the challenge `{wanted}` is demanded, and `{found}` is sealed in it")]
    OtherChallenge { wanted: String, found: String },
    #[error("the challenge `{wanted}` is demanded, and none is sealed in it")]
    NoChallenge { wanted: String },
}

impl From<SigstoreError> for Problem {
    fn from(error: SigstoreError) -> Self {
        Self::Sigstore(error)
    }
}

impl Problem {
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Read(error) | Self::ControlsNotMade { error: MakeError::Read(error), .. } => read_class(error),
            Self::Missing { .. } | Self::RawMissing { .. } | Self::RawMissingMore { .. } => Class::MissingPart,
            Self::Stray { .. }
            | Self::Sigstore(_)
            | Self::LeafForm { .. }
            | Self::LineTooLong { .. }
            | Self::Controls { .. }
            | Self::Asked { .. }
            | Self::SubjectGaps { .. }
            | Self::MaskedTexts { .. }
            | Self::Approvals { .. }
            | Self::LineUnfinished
            | Self::ControlsFile { error: ControlsError::Form, .. }
            | Self::ControlsLine { .. }
            | Self::ConsistencyText(_)
            | Self::SinceText(_)
            | Self::RedactionFile(_)
            | Self::Line { .. } => Class::Malformed,
            Self::Statement(StatementError::OtherType { .. } | StatementError::OtherKind { .. })
            | Self::Redaction(StatementError::OtherType { .. })
            | Self::LedgerStatement {
                error: StatementError::OtherType { .. } | StatementError::OtherKind { .. },
                ..
            }
            | Self::LedgerTooLarge { .. }
            | Self::LedgerInExport { .. }
            | Self::UnsupportedKind { .. }
            | Self::Anchor { .. }
            | Self::MediaType { .. }
            | Self::Assessment => Class::Unsupported,
            Self::UnsignedRedaction { .. } => Class::UnsignedRedaction,
            Self::Statement(_) | Self::Redaction(_) | Self::LedgerStatement { .. } | Self::Envelope { .. } => {
                Class::Malformed
            }
            Self::UnknownKey { .. }
            | Self::LedgerSigner { .. }
            | Self::Trust(_)
            | Self::KeyNotForThis { .. }
            | Self::OtherLedger { .. }
            | Self::LedgerKey { .. }
            | Self::HeadNotTrusted { .. } => Class::UnknownKey,
            Self::BadSignature { .. } | Self::RedactionSignature { .. } => Class::Signature,
            Self::Head(_)
            | Self::HeadDisagrees
            | Self::Index { .. }
            | Self::NotCompletedHead { .. }
            | Self::Inclusion(_)
            | Self::PriorRoot
            | Self::ChainRoot { .. }
            | Self::ChainPrevious { .. }
            | Self::ChainPlace { .. }
            | Self::ChainEntry { .. }
            | Self::Newest(_)
            | Self::NewestText
            | Self::NewestOlder
            | Self::Since { .. }
            | Self::Consistency(_) => Class::Position,
            Self::Rewritten { .. } | Self::OtherEntry { .. } => Class::Rewritten,
            Self::NotComparable { .. } | Self::HeadOlderThanSeen { .. } => Class::NotComparable,
            Self::LedgerFile { .. }
            | Self::ControlsFile { error: ControlsError::Proof { .. }, .. }
            | Self::ControlsNotMade { .. }
            | Self::LedgerRoot
            | Self::Count { .. }
            | Self::Leaves
            | Self::Leaf { .. }
            | Self::Records
            | Self::RedactionOfOther
            | Self::OtherStatement
            | Self::RedactionRecords
            | Self::Raw { .. }
            | Self::RawFiles
            | Self::RawStray { .. } => Class::Altered,
            Self::RedactionCounts
            | Self::NotMasked { .. }
            | Self::Segment { .. }
            | Self::Reference { .. }
            | Self::Record { .. }
            | Self::RunDisagrees { .. }
            | Self::RollUp { .. }
            | Self::NoControl { .. }
            | Self::Basis { .. }
            | Self::ControlsFile { .. }
            | Self::ControlsOther { .. }
            | Self::OtherSystem { .. }
            | Self::TwoSystems { .. }
            | Self::Summary { .. } => Class::Contradiction,
            Self::Undisclosed { .. } => Class::Undisclosed,
            Self::Level { .. } => Class::LevelNotReached,
            Self::Rehearsal { .. } => Class::Rehearsal,
            Self::Failed => Class::FailedRun,
            Self::OtherChallenge { .. } | Self::NoChallenge { .. } => Class::OtherChallenge,
        }
    }
}

fn read_class(error: &ReadError) -> Class {
    match error {
        ReadError::Io { .. } | ReadError::Changed { .. } => Class::Unreadable,
        ReadError::Ends => Class::MissingPart,
        ReadError::Packed { problem, .. } if problem.is_undecided() => Class::Unsupported,
        _ => Class::Malformed,
    }
}

/// The status in words.
#[must_use]
pub const fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Complete => "complete",
        RunStatus::Partial => "partial",
        RunStatus::Failed => "failed",
    }
}
