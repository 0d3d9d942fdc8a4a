//! What both programs print of a bundle as JSON: each object says of which bundle it is, `from`.

use drift::Drift;
use links::{Gaps, Roster, Trace};
use model::{ExitStatus, Form, Formed};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use verify::{AcceptanceReport, MarkCount};

use crate::ask_read::Reply;
use crate::evidence::Evidence;
use crate::gaps_text::Basis;
use crate::overview::Overview;
use crate::requests::Requests;

/// What a bundle says, in short: `show`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShowOutput<'o> {
    pub from: &'o Basis,
    /// The acceptances that the bundle applies: who approved them is shown or claimed.
    pub acceptances: &'o [AcceptanceReport],
    /// With what findings were judged and how their targets were read, as far as it has to be known beside them.
    pub marks: Option<Vec<MarkCount>>,
    pub overview: &'o Overview,
}

/// One finding or exchange down to what it rests on: `show --finding`, `show --exchange`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EvidenceOutput<'o> {
    pub from: &'o Basis,
    #[serde(flatten)]
    pub evidence: &'o Evidence,
}

/// Every request that the run made, with the source's own id of it: `show --requests`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestsOutput<'o> {
    pub from: &'o Basis,
    #[serde(flatten)]
    pub requests: &'o Requests,
}

/// The requirements of a standard: what stands for each, and what is missing.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapsOutput<'o> {
    pub from: &'o Basis,
    pub gaps: &'o Gaps,
}

/// One control, threat, key or requirement, and all that hangs on it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TraceOutput<'o> {
    pub from: &'o Basis,
    pub trace: &'o Trace,
}

/// Who can use, administer and destroy a key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RosterOutput<'o> {
    pub from: &'o Basis,
    pub roster: &'o Roster,
}

/// Who may do what in a Kubernetes cluster, and by what.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AskOutput<'o> {
    pub from: &'o Basis,
    pub reply: &'o Reply,
}

/// In what two bundles differ, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftOutput<'o> {
    /// The later bundle.
    pub from: &'o Basis,
    /// The earlier one.
    pub since: &'o Basis,
    pub exit_code: ExitStatus,
    /// Differences of things that can be compared.
    pub changed: u64,
    /// Things that cannot be, gaps and lists among them.
    pub incomparable: u64,
    #[serde(flatten)]
    pub drift: &'o Drift,
}

impl<'o> DriftOutput<'o> {
    /// Of these two bundles.
    #[must_use]
    pub const fn of(since: &'o Basis, from: &'o Basis, drift: &'o Drift) -> Self {
        let (changed, incomparable) = (drift.changed(), drift.incomparable());
        Self { from, since, exit_code: drift.exit_status(), changed, incomparable, drift }
    }
}

impl Formed for DriftOutput<'_> {
    const FORM: Form = Form::Drift;
}

impl Formed for ShowOutput<'_> {
    const FORM: Form = Form::Show;
}

impl Formed for EvidenceOutput<'_> {
    const FORM: Form = Form::Evidence;
}

impl Formed for RequestsOutput<'_> {
    const FORM: Form = Form::Requests;
}

impl Formed for GapsOutput<'_> {
    const FORM: Form = Form::Gaps;
}

impl Formed for TraceOutput<'_> {
    const FORM: Form = Form::Trace;
}

impl Formed for RosterOutput<'_> {
    const FORM: Form = Form::Roster;
}

impl Formed for AskOutput<'_> {
    const FORM: Form = Form::Ask;
}

/// Their schemas.
#[must_use]
pub fn schemas() -> Vec<(Form, Value)> {
    vec![
        model::schema::<ShowOutput<'static>>(),
        model::schema::<EvidenceOutput<'static>>(),
        model::schema::<RequestsOutput<'static>>(),
        model::schema::<GapsOutput<'static>>(),
        model::schema::<TraceOutput<'static>>(),
        model::schema::<RosterOutput<'static>>(),
        model::schema::<AskOutput<'static>>(),
        model::schema::<DriftOutput<'static>>(),
    ]
}
