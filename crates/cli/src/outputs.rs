//! What `witnessmark` prints as JSON. What both programs print of a bundle is in `report::outputs`.

use std::collections::{BTreeMap, BTreeSet};

use agent::preflight::Checked;
use agent::redact::Effect;
use bundle::statement::{Kind, Summary};
use diagnose::Diagnostic;
use drift::Cause;
use history::NewFinding;
use model::record::{Evidence, Override, Rehearsed, RunStatus, Subject};
use model::{Digest, ExitStatus, Form, Formed, Outcome, RecordType, Severity, Timestamp};
use report::{Basis, Overview};
use schemars::JsonSchema;
use sdk::{Descriptor, Right};
use serde::Serialize;
use serde_json::{Map, Value};
use verify::{AcceptanceReport, Level, MarkCount};

/// A bundle that a run sealed, as it was read back and verified.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunOutput<'o> {
    pub from: &'o Basis,
    /// Its place in the ledger.
    pub index: u64,
    /// Id of the run.
    pub bundle: &'o str,
    pub exit_code: ExitStatus,
    /// Why it is no evidence, of some targets or of all.
    pub rehearsal: &'o [Override],
    /// Targets whose answers came from elsewhere, and from where.
    pub rehearsal_targets: &'o BTreeMap<String, BTreeSet<Rehearsed>>,
    /// With what findings were judged and how their targets were read, as far as it has to be known beside them.
    pub marks: Option<Vec<MarkCount>>,
    /// Findings that are undetermined because of accepted gaps alone.
    pub excused: u64,
    pub statement_sha256: Digest,
    /// The signal that told the run to stop.
    pub stopped: Option<&'static str>,
    pub declared: DeclaredCounts<'o>,
    /// With `--fail-on new`: the findings that are new since their target was last read.
    pub new: Option<&'o [NewFinding]>,
    /// In what it differs from the bundle before it that is of its sort, in short; `null`: there is none, or it cannot be relied on.
    pub drift: Option<DriftCounts<'o>>,
    /// Bundles of earlier runs that were interrupted, sealed now.
    pub recovered: Vec<u64>,
    /// Checks that could not be evaluated, and why.
    pub broken_checks: &'o BTreeMap<String, String>,
    /// How far the machine's clock was set back during the run.
    pub clock_set_back_millis: i64,
    pub acceptances: &'o [AcceptanceReport],
    pub overview: &'o Overview,
}

/// How much differs from an earlier bundle: `drift` lists it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftCounts<'o> {
    /// Index of the earlier bundle.
    pub since: u64,
    /// Differences of things that can be compared.
    pub changed: u64,
    /// Things that cannot be, gaps and lists among them.
    pub incomparable: u64,
    /// Findings that deviate, are not accepted, and were not so before.
    pub deviating_anew: u64,
    /// How many differences of objects and findings each cause can be behind.
    pub by_cause: &'o BTreeMap<Cause, u64>,
    /// Of how many of them no cause was found.
    pub without_cause: u64,
}

/// How much is declared, and what of it no check judges.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeclaredCounts<'o> {
    pub things: usize,
    /// Things of other systems in the same files, which are kept out.
    pub of_other_systems: usize,
    pub judged_by_no_check: Vec<Unjudged<'o>>,
    pub members_judged_by_no_check: Vec<UnjudgedMember<'o>>,
}

/// Things of one sort that no check judges.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unjudged<'o> {
    pub what: &'o str,
    pub count: usize,
}

/// A member of things that no check judges.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnjudgedMember<'o> {
    pub what: &'o str,
    pub member: &'o str,
    /// Ids of the things that have it.
    pub things: &'o [String],
}

/// The bundles of a ledger, as their statements say. Nothing of it is verified.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerLog {
    /// Name (origin) of the ledger.
    pub ledger: String,
    pub bundles: Vec<LoggedBundle>,
}

/// A bundle of the ledger.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LoggedBundle {
    pub index: u64,
    pub kind: Kind,
    /// Id of the run or record.
    pub bundle: String,
    pub entity: String,
    pub system: String,
    pub started: String,
    pub finished: String,
    pub status: RunStatus,
    pub rehearsal: Vec<Override>,
    pub summary: Summary,
}

/// What is wrong with a declaration, and what its own rules find in it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Validated<'o> {
    /// Whether it can be used. If not, `entity`, `system` and `rules` are absent.
    pub usable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<&'o str>,
    pub diagnostics: &'o [Diagnostic],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesFound<'o>>,
}

/// What the declaration's own rules find in it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RulesFound<'o> {
    pub not_met: Vec<NotMet<'o>>,
    /// Things that are not met, and accepted.
    pub accepted: usize,
    /// Checks that could not be evaluated, and why.
    pub broken_checks: &'o BTreeMap<String, String>,
    /// What only a run can say.
    pub not_looked_at: &'static str,
}

/// One thing that does not meet a rule, or of which that is undetermined.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotMet<'o> {
    pub control: &'o str,
    pub check: &'o str,
    pub title: Option<&'o str>,
    pub outcome: Outcome,
    pub severity: Severity,
    pub subject: Option<&'o Subject>,
    /// Where in the declaration it stands.
    pub file: Option<&'o str>,
    pub line: Option<u64>,
    pub column: Option<u64>,
    pub evidence: &'o [Evidence],
    pub reason: Option<&'o str>,
}

/// The permissions that the declared targets need.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RightsOutput<'o> {
    pub entity: &'o str,
    pub system: &'o str,
    pub collectors: Vec<CollectorRights<'o>>,
}

/// The permissions of one collector.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CollectorRights<'o> {
    pub collector: &'o str,
    pub rights: &'o [Right],
    /// What could be done with them if they were stolen.
    pub thief: &'o str,
}

/// Which of the needed permissions are granted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PreflightOutput<'o> {
    pub entity: &'o str,
    pub system: &'o str,
    pub targets: &'o [Checked],
}

/// The acceptances of a declaration.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AcceptancesOutput<'o> {
    pub entity: &'o str,
    pub system: &'o str,
    pub acceptances: Vec<AcceptanceListed<'o>>,
}

/// What is known of one acceptance before a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AcceptanceListed<'o> {
    pub id: &'o str,
    pub approved_by: &'o str,
    pub expires: &'o str,
    /// `shown` or `claimed`.
    pub approver: &'static str,
    /// What that rests on, or why it is no more than claimed.
    pub because: &'o str,
}

/// The checks of the program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChecksOutput<'o> {
    pub checks: Vec<CheckListed<'o>>,
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CheckListed<'o> {
    pub id: &'o str,
    pub title: &'o str,
    pub severity: Severity,
    /// A JSON Schema for each parameter.
    pub parameters: &'o Map<String, Value>,
    /// The kind of resource that it judges, or `target`.
    pub subject: &'o str,
    /// For `target`: the kinds that it reads.
    pub reads: &'o [String],
    pub needs: NeedsListed,
}

/// What each outcome rests on: parts, or lists of which each is enough; `null` where the check does not give it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NeedsListed {
    pub conforms: Option<Value>,
    pub deviates: Option<Value>,
    pub not_applicable: Option<Value>,
}

/// The collectors of the program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CollectorsOutput {
    pub collectors: Vec<Descriptor>,
}

/// One collector.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CollectorOutput {
    pub collector: Descriptor,
}

/// A copy that says less: what it withholds, what then rests on the custodian's word, and what it says all the same.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedactOutput<'o> {
    /// The bundle that is copied.
    pub from: &'o Basis,
    /// As it was written, signed and verified; `null` with `--dry-run`: nothing was.
    pub copy: Option<CopyOutput<'o>>,
    /// What the copy withholds, by type and reason, with what was withheld before.
    pub withheld: Vec<WithheldOutput<'o>>,
    pub effect: &'o Effect,
    pub approvers: TurnedOutput,
}

/// A redacted copy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CopyOutput<'o> {
    pub file: String,
    /// Who signed for what is withheld.
    pub by: &'o str,
    pub made: Timestamp,
    /// Of its `records.jsonl`.
    pub records_sha256: Digest,
    /// To which level it was verified.
    pub level: Option<Level>,
}

/// Records of one type that are withheld for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WithheldOutput<'o> {
    #[serde(rename = "type")]
    pub kind: RecordType,
    pub count: u64,
    /// So many records of this type the bundle has.
    pub of: u64,
    pub reason: &'o str,
}

/// What becomes of the approvers of acceptances.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TurnedOutput {
    /// Acceptances whose approver is shown in the bundle that is copied.
    pub shown: usize,
    /// Of what is withheld, the types by which approvers are shown: where such a record is withheld they are only claimed.
    pub shown_by: Vec<RecordType>,
    /// Of those that are shown, so many are only claimed in the copy; `null` with `--dry-run`: the copy says it.
    pub claimed: Option<usize>,
}

impl Formed for RedactOutput<'_> {
    const FORM: Form = Form::Redact;
}

impl Formed for RunOutput<'_> {
    const FORM: Form = Form::Run;
}

impl Formed for LedgerLog {
    const FORM: Form = Form::LedgerLog;
}

impl Formed for Validated<'_> {
    const FORM: Form = Form::Validate;
}

impl Formed for RightsOutput<'_> {
    const FORM: Form = Form::Rights;
}

impl Formed for PreflightOutput<'_> {
    const FORM: Form = Form::Preflight;
}

impl Formed for AcceptancesOutput<'_> {
    const FORM: Form = Form::Acceptances;
}

impl Formed for ChecksOutput<'_> {
    const FORM: Form = Form::Checks;
}

impl Formed for CollectorsOutput {
    const FORM: Form = Form::Collectors;
}

impl Formed for CollectorOutput {
    const FORM: Form = Form::Collector;
}

/// The schemas of all that `witnessmark` prints as JSON.
#[must_use]
pub fn schemas() -> Vec<(Form, Value)> {
    let own = [
        model::schema::<RunOutput<'static>>(),
        model::schema::<LedgerLog>(),
        model::schema::<Validated<'static>>(),
        model::schema::<RightsOutput<'static>>(),
        model::schema::<PreflightOutput<'static>>(),
        model::schema::<AcceptancesOutput<'static>>(),
        model::schema::<ChecksOutput<'static>>(),
        model::schema::<CollectorsOutput>(),
        model::schema::<CollectorOutput>(),
        model::schema::<RedactOutput<'static>>(),
        model::schema::<exec::Report>(),
    ];
    own.into_iter().chain(report::outputs::schemas()).collect()
}
