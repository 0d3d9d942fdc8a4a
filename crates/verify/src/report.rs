//! What a verification found, as data: for people and for machines. Never a bare yes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bundle::statement::{Kind, Statement, Summary};
use model::record::{GapReason, Override, RunStatus};
use model::{Digest, ExitStatus, RecordRef, RecordType, Timestamp};
use serde::{Serialize, Serializer};

use crate::approvals::AcceptanceReport;
use crate::audit::AuditReport;
use crate::problem::{Class, Problem};

/// How much is proven; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// All parts belong to one statement.
    Integrity,
    /// A trusted key signed that statement, in its role and at its index.
    Authenticity,
    /// The trusted ledger key signed a head that contains it at its place.
    Position,
    /// A third party fixed that head in time.
    Time,
    /// Nobody is shown another ledger.
    NonEquivocation,
}

/// Why a text is no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a level is one of `L0`, `L1`, `L2`, `L3`, `L4`")]
pub struct ParseLevelError;

impl Level {
    pub const ALL: [Self; 5] = [Self::Integrity, Self::Authenticity, Self::Position, Self::Time, Self::NonEquivocation];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "L0",
            Self::Authenticity => "L1",
            Self::Position => "L2",
            Self::Time => "L3",
            Self::NonEquivocation => "L4",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Authenticity => "authenticity",
            Self::Position => "position in the ledger",
            Self::Time => "trusted time",
            Self::NonEquivocation => "non-equivocation",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(ParseLevelError)
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// All that a verification says.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of this form: `witnessmark-verify-report/1`.
    pub form: &'static str,
    /// Authentic, to the required level, complete, and of the kind that was asked for.
    pub accepted: bool,
    pub exit_code: ExitStatus,
    /// Why not. The first one decides the exit code.
    pub problems: Vec<Refusal>,
    /// The highest level that was reached; absent when not even the contents hold together.
    pub level: Option<Level>,
    pub required: Level,
    pub levels: Vec<LevelReport>,
    /// What the statement says. Proven if level L1 is reached, else only claimed.
    pub bundle: Option<About>,
    pub records: Option<RecordsReport>,
    /// The newest head of the ledger that was proven.
    pub head: Option<HeadReport>,
    /// The audit of the whole ledger, where the export holds it.
    pub ledger: Option<AuditReport>,
    /// The acceptances that the bundle applies: who approved them is shown or claimed.
    pub acceptances: Vec<AcceptanceReport>,
    /// What stays the custodian's word.
    pub rests_on_custodian: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    pub class: Class,
    pub message: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct LevelReport {
    pub level: Level,
    pub name: &'static str,
    pub reached: bool,
    /// What it rests on, or why it is not reached.
    pub because: String,
}

/// What the statement says of the bundle.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    pub kind: Kind,
    pub id: String,
    pub entity: String,
    pub system: String,
    pub ledger: String,
    pub index: u64,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub status: RunStatus,
    pub rehearsal: Vec<Override>,
    pub challenge: Option<String>,
    pub tool_version: String,
    pub tool_sha256: Digest,
    pub summary: Summary,
    /// SHA-256 of the signed statement.
    pub statement_sha256: Digest,
    pub previous_statement: Option<Digest>,
    pub every_seconds: Option<u64>,
    /// SHA-256 of the SPKI of the key that signed.
    pub signer: Digest,
}

/// What was found in the records.
#[derive(Debug, Clone, Serialize)]
pub struct RecordsReport {
    pub count: u64,
    pub by_type: Vec<TypeReport>,
    pub withheld: u64,
    /// Who withheld it, as a signed redaction says.
    pub redaction: Option<RedactionReport>,
    /// How many findings rest on withheld records, and the first of them.
    pub findings_on_withheld: u64,
    pub findings_on_withheld_first: Vec<RecordRef>,
    pub gaps: BTreeMap<GapReason, u64>,
    pub gaps_accepted: u64,
    /// Answers that were not kept, because they bear credentials or seemed to hold a secret.
    pub bodies_not_kept: u64,
    pub raw_files: u64,
    pub raw_bytes: u64,
    pub checks: u64,
    pub checks_changed: Vec<String>,
    pub checks_own: Vec<String>,
    /// Why the run failed.
    pub failure: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TypeReport {
    #[serde(rename = "t")]
    pub kind: RecordType,
    pub count: u64,
    pub withheld: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct RedactionReport {
    pub by: String,
    pub made: Timestamp,
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct HeadReport {
    pub origin: String,
    pub size: u64,
    pub root: Digest,
    /// How it stands to the head that was seen before.
    pub since_last_seen: Continuity,
}

/// How the ledger of a bundle stands to the head that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Continuity {
    /// No head was given to compare with.
    NothingSeen,
    /// It is the head that was seen.
    Same,
    /// It continues the head that was seen.
    Continues,
    /// The two could not be compared with what is at hand.
    NotComparable,
}

impl Refusal {
    pub(crate) fn of(problem: &Problem) -> Self {
        let class = problem.class();
        Self { class, message: problem.to_string() }
    }
}

impl About {
    pub(crate) fn of(statement: &Statement, statement_sha256: Digest, signer: Digest) -> Self {
        let said = &statement.predicate;
        Self {
            kind: said.kind,
            id: said.bundle.clone(),
            entity: said.entity.clone(),
            system: said.system.clone(),
            ledger: said.chain.origin.clone(),
            index: said.chain.index,
            started: said.started,
            finished: said.finished,
            status: said.status,
            rehearsal: said.rehearsal.clone(),
            challenge: said.challenge.clone(),
            tool_version: said.tool.version.clone(),
            tool_sha256: said.tool.sha256,
            summary: said.summary,
            statement_sha256,
            previous_statement: said.chain.previous_statement,
            every_seconds: said.chain.every_seconds,
            signer,
        }
    }
}
