//! The forms of what the template shows: texts, counts, and where a link leads.

use std::collections::BTreeSet;

use askama::Template;

use super::drift::DriftView;
pub use super::pieces::Mark;
use super::pieces::{Part, Table};

pub const STYLE: &str = include_str!("../../templates/page.css");
pub const SCRIPT: &str = include_str!("../../templates/page.js");

#[derive(Template)]
#[template(path = "page.html")]
pub struct View {
    pub style_hash: String,
    pub script_hash: String,
    pub foot_hash: String,
    pub style: &'static str,
    /// What every printed page says at its foot, as a style.
    pub foot: String,
    pub script: &'static str,
    pub title: String,
    pub entity: String,
    pub system: String,
    pub banners: Vec<(String, String)>,
    /// What has to be known before anything else is read.
    pub top: Vec<(&'static str, String)>,
    /// For a person's record: what it says, or why that is not in this copy. `None` for a run.
    pub person: Option<Result<PersonView, &'static str>>,
    pub tiles: Vec<Tile>,
    pub facts: Vec<(String, String)>,
    pub levels: Vec<(String, bool, String)>,
    pub rests: Vec<String>,
    pub verify_version: &'static str,
    pub statement: String,
    pub controls: Vec<ControlRow>,
    pub controls_left_out: usize,
    pub side: Side,
    /// What differs from an earlier bundle, where one is at hand.
    pub drift: Option<DriftView>,
    pub sections: Vec<Section>,
    /// So many findings `show` lists.
    pub most_listed: usize,
    pub findings_in_all: u64,
    pub findings_shown: u64,
    pub findings_withheld: u64,
    pub by_check: Vec<CheckRow>,
    pub gap_groups: Vec<GapView>,
    pub gaps_in_all: u64,
    pub gap_groups_not_shown: u64,
    pub not_kept: u64,
    pub texts_masked: u64,
    pub withheld: Vec<(String, u64)>,
    pub withheld_by: Option<String>,
    pub coverage: Vec<CoverageRow>,
    pub coverage_left_out: usize,
    pub acceptances: Vec<AcceptanceView>,
    pub acceptances_left_out: usize,
    pub checks: Vec<(String, String, String)>,
    pub declarations: Vec<DeclarationView>,
    pub resources: Vec<ResourceView>,
    pub resources_left_out: u64,
    pub exchanges: Vec<ExchangeView>,
    pub exchanges_left_out: u64,
    pub answers_cut: bool,
}

pub struct Tile {
    pub class: &'static str,
    pub count: u64,
    pub words: &'static str,
    pub target: &'static str,
}

pub struct ControlRow {
    pub id: String,
    /// Where it stands with all that hangs on it.
    pub href: Option<String>,
    pub title: String,
    pub requirements: String,
    pub marks: Vec<String>,
    pub outcome: Mark,
    pub conforms: u64,
    pub deviates: u64,
    pub accepted: u64,
    pub undetermined: u64,
    pub not_applicable: u64,
}

/// A person's record.
pub struct PersonView {
    pub id: String,
    pub record: String,
    pub says: Mark,
    pub method: String,
    pub about: String,
    pub by: String,
    pub role: String,
    /// SHA-256 of the key that signed.
    pub key: String,
    pub holder: String,
    pub counts: String,
    pub on: String,
    pub done_on: Option<String>,
    pub expires: String,
    pub text: String,
    pub attachments: Vec<AttachmentView>,
}

pub struct AttachmentView {
    pub name: String,
    /// In bytes.
    pub size: u64,
    pub sha256: String,
    /// The declared file; `None` where only its digest is sealed.
    pub file: Option<Reference>,
}

/// All of the declared side.
pub struct Side {
    /// What the system is called, for people.
    pub name: Option<String>,
    /// The standard and level that the system aims at, or why that cannot be said.
    pub aim: String,
    /// What stands for each requirement of the declared standard; else why that cannot be said.
    pub requirements: Result<RequirementsView, String>,
    /// What is declared, part by part; else why that cannot be said.
    pub parts: Result<Vec<Part>, String>,
    /// How much is declared, and how much of it no check judges.
    pub first: First,
    /// The anchors of controls that have a place of their own.
    pub controls: BTreeSet<String>,
}

impl Side {
    /// Where a control stands with all that hangs on it.
    pub fn control(&self, id: &str) -> Option<String> {
        Some(format!("control-{id}")).filter(|place| self.controls.contains(place))
    }
}

/// The first lines about what is declared.
pub enum First {
    /// Things, how many of them no check judges, and how many members of the others.
    Counted { things: usize, not_judged: usize, members: usize },
    /// Things, and why nobody can say how many no check judges.
    Uncounted { things: usize, why: String },
    /// Why nothing can be said at all.
    Nothing(String),
}

/// The requirements of the declared standard.
pub struct RequirementsView {
    pub standard: String,
    /// The level that is declared.
    pub aimed: Option<u32>,
    /// Where records of persons say otherwise than what was inspected, or than each other.
    pub contradictions: Vec<String>,
    /// How many records of persons there are; empty where nobody looked.
    pub records: Vec<String>,
    pub notes: Vec<String>,
    /// Numbers and what is missing, level by level.
    pub levels: Table,
    pub groups: Vec<RequirementGroup>,
    /// Requirements that are not in the page.
    pub left_out: usize,
}

pub struct RequirementGroup {
    pub title: Option<String>,
    pub table: Table,
}

pub struct Section {
    pub id: &'static str,
    pub title: &'static str,
    pub lead: &'static str,
    pub in_all: u64,
    pub shown: u64,
    /// What needs a look is open; the rest is one line each.
    pub open: bool,
    /// Findings that say the same stand together; most are alone.
    pub groups: Vec<Vec<FindingView>>,
}

pub struct FindingView {
    pub number: u64,
    pub mark: Mark,
    pub severity: &'static str,
    pub check: String,
    pub control: String,
    /// Where its control stands with all that hangs on it.
    pub chain: Option<String>,
    pub target: String,
    pub about: String,
    pub about_kind: String,
    pub evidence: Vec<EvidenceView>,
    pub reason: Option<String>,
    /// The reason without the records that it names, and these: for findings that say the same otherwise.
    pub reason_apart: Option<(String, String)>,
    pub grounds: Vec<GroundView>,
    pub grounds_left_out: u64,
    pub acceptance: Option<AcceptedBy>,
    pub parameters: Option<String>,
    pub marks: Vec<String>,
    pub places: Vec<PlaceView>,
    pub gaps: Vec<GapLine>,
    pub references: Vec<Reference>,
    pub references_left_out: usize,
}

/// A statement of a policy, a rule or a grant that a finding comes down to.
pub struct GroundView {
    pub record: Option<Reference>,
    pub kind: String,
    pub id: String,
    /// Its place in the facts of the record.
    pub path: String,
    pub statement: Vec<(&'static str, String)>,
    pub text: Option<String>,
    pub from: Vec<(Reference, String, Option<&'static str>)>,
    pub problem: Option<String>,
}

pub struct EvidenceView {
    pub because: Option<String>,
    pub path: Option<String>,
    pub actual: Option<String>,
    pub expected: Option<String>,
}

pub struct PlaceView {
    /// The exchange or declared file.
    pub record: Reference,
    pub operation: String,
    pub path: String,
    pub excerpt: Result<String, &'static str>,
    pub cut: bool,
}

pub struct Reference {
    pub text: String,
    pub href: Option<String>,
    pub withheld: bool,
}

pub struct CheckRow {
    pub check: String,
    pub counts: [u64; 5],
}

pub struct GapLine {
    pub record: String,
    pub words: &'static str,
    pub subject: String,
    pub detail: String,
    pub exchange: Option<Reference>,
    pub accepted: Option<AcceptedBy>,
}

pub struct GapView {
    pub count: u64,
    pub words: &'static str,
    pub right: String,
    pub what: String,
    pub target: String,
    pub collector: String,
    pub advice: String,
    pub accepted: u64,
    pub members: Vec<GapLine>,
    pub left_out: u64,
}

pub struct CoverageRow {
    pub target: String,
    pub population: String,
    pub complete: bool,
    pub items: u64,
    pub pages: u64,
    pub calls: u64,
    pub total: Option<u64>,
}

/// The acceptance that covers something: what it is called, and whether its approval is more than the custodian's word.
pub struct AcceptedBy {
    pub id: String,
    pub shown: bool,
    /// What is shown, or why it is not.
    pub because: String,
}

pub struct AcceptanceView {
    pub by: AcceptedBy,
    /// Findings and gaps in all.
    pub covered: u64,
    /// Absent where the record is not in this copy.
    pub words: Option<AcceptanceWords>,
}

/// An acceptance as it is sealed.
pub struct AcceptanceWords {
    pub reason: String,
    pub approved_by: String,
    pub approved: String,
    pub expires: String,
}

pub struct ResourceView {
    pub anchor: String,
    pub record: String,
    pub kind: String,
    pub id: String,
    pub parts: Vec<PartView>,
    pub inputs: Vec<Reference>,
    pub inputs_left_out: usize,
}

/// A part of a resource, its value, and the places it was read from.
pub struct PartView {
    pub name: String,
    pub value: String,
    pub from: Vec<(Reference, String)>,
}

pub struct ExchangeView {
    pub anchor: String,
    pub record: String,
    pub operation: String,
    pub status: String,
    /// When it was asked.
    pub started: String,
    /// The source's own id of the request.
    pub request_id: String,
    pub facts: Vec<(&'static str, String)>,
    pub answer: Option<AnswerView>,
}

pub struct DeclarationView {
    pub anchor: String,
    pub path: String,
    pub size: u64,
    pub sha256: String,
    pub text: AnswerView,
}

pub struct AnswerView {
    pub text: String,
    pub cut: bool,
    pub shown: usize,
    pub size: usize,
}
