//! What a comparison finds, one entry for each difference.

use model::record::{GapReason, Subject};
use model::{Outcome, Severity};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cause::Causes;
use crate::tree::Field;

/// One place in which two objects differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDrift {
    pub field: Field,
    /// Why nothing follows from it: the part that it is in was not read, or not all of it, in one of them.
    pub unclear: Option<Unclear>,
}

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Only the later bundle has it, and the earlier one would have it if it had been there.
    Added,
    /// Only the earlier bundle has it, and the later one would have it if it were still there.
    Removed,
    Changed,
    /// It cannot be said.
    Incomparable,
}

impl What {
    /// As an output spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Incomparable => "incomparable",
        }
    }
}

/// One of the two bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    Before,
    After,
}

/// Why something cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unclear {
    pub because: Because,
    /// Which bundle does not tell.
    pub bundle: Which,
    /// The reason of the gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapReason>,
    /// The part of the object that was not read, where only that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// What stands against a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// A gap, or a list that did not end, may hide it.
    NotRead,
    /// Nobody listed where it is.
    NotListed,
    /// It is withheld, or may be among what is.
    Withheld,
    /// The target was a rehearsal in this bundle alone.
    Rehearsal,
    /// The target was another account, cluster or organisation.
    OtherIdentity,
    /// What it was computed from, or judged by, cannot be compared.
    RestsOn,
    /// Of more than can be followed.
    TooMany,
}

impl Unclear {
    /// For a person, as part of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let bundle = match self.bundle {
            Which::Before => "the earlier bundle",
            Which::After => "the later bundle",
        };
        let part = self.part.as_deref().map(|part| format!("`{part}` ")).unwrap_or_default();
        match (self.because, self.gap) {
            (Because::NotRead, Some(gap)) => format!("{part}not read in {bundle}: {}", gap.words()),
            (Because::NotRead, None) => format!("{part}not read in {bundle}: its list did not end"),
            (Because::NotListed, _) => format!("never listed in {bundle}"),
            (Because::Withheld, _) => format!("withheld in {bundle}, or may be"),
            (Because::Rehearsal, _) => format!("a rehearsal in {bundle} alone"),
            (Because::OtherIdentity, _) => "the target was another identity in each of them".to_owned(),
            (Because::RestsOn, _) => "what it rests on cannot be compared".to_owned(),
            (Because::TooMany, _) => format!("{bundle} has more gaps than can be followed"),
        }
    }
}

/// What of that with which a run reads and judges is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The program.
    Tool,
    /// A declared file.
    File,
    /// A check.
    Check,
    /// A library that checks use.
    Library,
    /// An acceptance that held on the day of the run.
    Acceptance,
    /// A use of a check at a target.
    Use,
    /// The way to a target.
    Route,
    /// Who a target was found to be.
    Identity,
}

impl Aspect {
    /// As an output spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::File => "file",
            Self::Check => "check",
            Self::Library => "library",
            Self::Acceptance => "acceptance",
            Self::Use => "use",
            Self::Route => "route",
            Self::Identity => "identity",
        }
    }
}

/// A difference in that with which a run reads and judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BasisDrift {
    pub aspect: Aspect,
    /// Which one: a path, an id, `control check target`, `target collector`.
    pub name: String,
    pub what: What,
    /// A text for a person: version and digest, a digest, parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    pub causes: Causes,
}

/// A difference in how completely a population was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageDrift {
    pub target: String,
    pub collector: String,
    pub population: String,
    /// Whether its end was reached; absent where it was not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<bool>,
    pub causes: Causes,
}

/// A difference in what was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GapDrift {
    pub target: String,
    pub collector: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    /// Why it was not read; absent where it was, or was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<UnreadReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<UnreadReason>,
    pub causes: Causes,
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct UnreadReason {
    pub reason: GapReason,
    pub accepted: bool,
}

/// A difference in a resource, or in what was derived from others.
#[derive(Clone, Debug)]
pub struct ObjectDrift {
    pub target: String,
    pub kind: String,
    pub id: String,
    pub derived: bool,
    pub what: What,
    /// In what it differs, where both have it.
    pub fields: Vec<FieldDrift>,
    /// Where only one has it.
    pub facts: Option<Box<RawValue>>,
    /// Which bundle has it, where only one does.
    pub only: Option<Which>,
    pub causes: Causes,
    pub unclear: Option<Unclear>,
}

/// How a finding differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingWhat {
    /// Only the later bundle has it.
    New,
    /// Only the earlier bundle has it.
    Gone,
    Outcome,
    /// It is accepted, or no longer.
    Acceptance,
    Severity,
    /// It deviates in both, by other values.
    Evidence,
    /// Why it is undetermined or does not apply.
    Reason,
    /// One of the two is not known.
    Incomparable,
}

impl FindingWhat {
    /// As an output spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Outcome => "outcome",
            Self::Acceptance => "acceptance",
            Self::Severity => "severity",
            Self::Evidence => "evidence",
            Self::Reason => "reason",
            Self::Incomparable => "incomparable",
        }
    }
}

/// What a finding says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Judgement {
    /// Which of its bundle's findings it is, from 0.
    pub number: u64,
    pub outcome: Outcome,
    pub severity: Severity,
    pub accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A difference in a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingDrift {
    pub control: String,
    pub check: String,
    pub target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    pub what: FindingWhat,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Judgement>,
    pub causes: Causes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclear: Option<Unclear>,
}

impl FindingDrift {
    /// Whether it deviates now without being accepted, and did not before.
    #[must_use]
    pub fn deviates_anew(&self) -> bool {
        let bad = |judgement: &Option<Judgement>| {
            judgement.as_ref().is_some_and(|one| one.outcome == Outcome::Deviates && !one.accepted)
        };
        bad(&self.after) && (!bad(&self.before) || self.what == FindingWhat::Evidence)
    }
}

/// A difference in a control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ControlDrift {
    pub id: String,
    pub what: What,
    /// Absent where there is no such control, or no check is assigned to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Outcome>,
    pub causes: Causes,
}

/// Takes what is found, in the order of the bundles.
pub trait Sink {
    fn basis(&mut self, found: BasisDrift);
    fn coverage(&mut self, found: CoverageDrift);
    fn gap(&mut self, found: GapDrift);
    fn object(&mut self, found: ObjectDrift);
    fn finding(&mut self, found: FindingDrift);
    fn control(&mut self, found: ControlDrift);
}

/// What was seen of both, and said nothing of in an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Alike {
    /// Objects (resources, derived ones) that are the same in both.
    pub objects: u64,
    /// Findings that are.
    pub findings: u64,
    /// Gaps that are the same in both: what is behind them was read in neither.
    pub gaps: u64,
    /// Records that are withheld in each.
    pub withheld_before: u64,
    pub withheld_after: u64,
}
