//! What a verification found, as data: for people and for machines. Never a bare yes.

use std::collections::{BTreeMap, BTreeSet};

use bundle::statement::{Kind, Statement, Summary};
use bundle::trust::Holder;
use conclude::{Kept, MarkCount, Operated};
use model::record::{GapReason, Override, Rehearsed, RunStatus};
use model::{Digest, ExitStatus, Form, Formed, Output, RecordRef, RecordType, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::changes::Changes;
use crate::continuity::Continuity;
use crate::level::Level;
use crate::problem::{Class, Problem};

/// All that a verification says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
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
    pub ledger: Option<Output<AuditReport>>,
    /// The acceptances that the bundle applies: who approved them is shown or claimed.
    pub acceptances: Vec<AcceptanceReport>,
    /// Targets whose answers came from elsewhere, and from where: what is said of them is no evidence.
    pub rehearsal_targets: BTreeMap<String, BTreeSet<Rehearsed>>,
    /// With what findings were judged and how their targets were read, as far as it has to be known beside them; absent where nobody compared.
    pub marks: Option<Vec<MarkCount>>,
    /// How many more such targets there are, where they are too many to name.
    #[serde(skip_serializing_if = "is_zero")]
    pub rehearsal_targets_more: usize,
    /// What stays the custodian's word.
    pub rests_on_custodian: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Refusal {
    pub class: Class,
    pub message: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LevelReport {
    pub level: Level,
    pub name: &'static str,
    pub reached: bool,
    /// What it rests on, or why it is not reached.
    pub because: String,
}

/// What the statement says of the bundle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// Whose key that is, where the trust file says so of a key that signs records of persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What was found in the records.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// Answers that were not kept, because they carry credentials or seem to hold a secret.
    pub bodies_not_kept: u64,
    /// Answers of which texts that seem to hold a secret are masked, and how many texts that are.
    pub bodies_masked: u64,
    pub texts_masked: u64,
    /// What the sources' own dates say of the times of the exchanges, but those of rehearsals.
    pub dates: DatesReport,
    pub raw_files: u64,
    pub raw_bytes: u64,
    /// Sealed texts. Which of them are shipped ones the marks say, and not the records.
    pub checks: u64,
    /// Why the run failed.
    pub failure: Option<String>,
}

/// The dates of answers (`Date`) beside the times at which their exchanges began, by the custodian's clock.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct DatesReport {
    /// Exchanges whose answer has a date that can be read, and those with one that cannot.
    pub compared: u64,
    pub unreadable: u64,
    /// Answers over HTTP without one: of these nothing but the custodian's clock says when they were given.
    pub absent: u64,
    /// Of those compared, how many are more than five minutes apart from their exchange, and the first of them.
    pub apart: u64,
    pub apart_first: Option<RecordRef>,
    /// How much later (or, below 0, earlier) the farthest of them is, in seconds.
    pub apart_most_seconds: Option<i64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TypeReport {
    #[serde(rename = "t")]
    pub kind: RecordType,
    pub count: u64,
    pub withheld: u64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RedactionReport {
    pub by: String,
    pub made: Timestamp,
    pub reasons: Vec<String>,
}

/// One acceptance that the bundle applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcceptanceReport {
    /// Its record.
    pub record: RecordRef,
    /// Absent where the record is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Findings and gaps that it covers.
    pub covered: u64,
    pub approver: Approver,
    /// Who approved it, as the signed text says; absent where nothing is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// SHA-256 of the SPKI of the key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Digest>,
    /// Its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// What that rests on, or why it is no more than claimed.
    pub because: String,
}

/// How an approver is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Approver {
    /// A key that the trust file names in the role `approve` signed it.
    Shown,
    /// The custodian says so.
    Claimed,
}

impl Approver {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Claimed => "claimed",
        }
    }
}

/// What an audit found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuditReport {
    /// The ledger is whole, one chain, and of one system. Missing runs, rehearsals and failed runs do not change that.
    pub accepted: bool,
    pub exit_code: ExitStatus,
    pub problem: Option<Refusal>,
    /// Whose bundles it holds, as its first statement says.
    pub entity: Option<String>,
    pub system: Option<String>,
    pub head: Option<HeadReport>,
    pub entries: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
    pub failed_runs: u64,
    pub partial_runs: u64,
    /// Indices of rehearsals, at most a thousand of them.
    pub rehearsals: Vec<u64>,
    pub rehearsals_in_all: u64,
    /// Runs of which some targets are rehearsals, and others are not. They are none of these.
    pub rehearsals_in_part: u64,
    /// What was asked for.
    pub period: Period,
    /// Slots of the period without any run; `null` where no schedule was declared: then it cannot be said.
    pub missing_runs: Option<u64>,
    /// What came of each slot of the declared schedule.
    pub schedule: Kept,
    /// What changed between the runs of the period.
    pub changes: Changes,
    /// Every control over the period; `null` where no entry's controls are at hand (`export --with-ledger --with-controls`): then nothing is
    /// said of any.
    pub operation: Option<Operated>,
    /// Of the newest run.
    pub newest: Option<Newest>,
    pub rests_on_custodian: Vec<String>,
}

/// The period that is told of, both ends inclusive; without them from the first run to the last one.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Period {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Newest {
    pub index: u64,
    pub bundle: String,
    pub status: RunStatus,
    pub summary: Summary,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HeadReport {
    pub origin: String,
    pub size: u64,
    pub root: Digest,
    /// How it stands to the head that was seen before.
    pub since_last_seen: Continuity,
}

impl Formed for Report {
    const FORM: Form = Form::Verify;
}

impl Formed for AuditReport {
    const FORM: Form = Form::Audit;
}

impl RecordsReport {
    /// How many records of a type there are, and how many of them are withheld.
    #[must_use]
    pub fn of_type(&self, kind: RecordType) -> (u64, u64) {
        self.by_type.iter().find(|one| one.kind == kind).map_or((0, 0), |one| (one.count, one.withheld))
    }
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
            holder: None,
        }
    }
}
