//! Records of judging: the checks used, to what they were put, what they concluded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::due::Every;
use crate::record::{Covers, Subject};
use crate::{Date, Digest, Outcome, RecordRef, Severity, Timestamp};

/// Where a check's text comes from, against the table of the program that ran it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The shipped text.
    Stock,
    /// A shipped id with another text.
    Changed,
    /// The custodian's own.
    Own,
}

/// Whether a text is a check or a library that checks import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckRole {
    Check,
    Library,
}

/// `check`: one Rego text that took part in judging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `aws-kms/key-rotates`; for a library its path without suffix, `lib/kms`.
    pub id: String,
    pub role: CheckRole,
    pub sha256: Digest,
    pub provenance: Provenance,
    pub text: String,
}

/// `acceptance`: a declared acceptance that held on the day of the run. It changes no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    pub id: String,
    pub covers: Covers,
    pub reason: String,
    /// The custodian's word, unless a signed approval that says the same is in the bundle.
    pub approved_by: String,
    /// First and last date, UTC.
    pub approved: Date,
    pub expires: Date,
    /// SHA-256 of the signed text of the approval among the declared files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Digest>,
}

/// The control that the program itself adds: the declaration's own rules (`docs/spec/declaration.md` §7). What it says under `expect` is that there may
/// be nothing to judge, and is no expectation of the entity's.
pub const OWN_CONTROL: &str = "declaration";

/// The target of what is computed from the declaration and all targets together (`docs/spec/declaration.md` §7).
pub const JOINED: &str = "joined";

/// What a use of a check expects of its population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Why a complete and empty population is as it should be.
    pub none: String,
}

/// `assignment`: one use of a check by a control.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    pub control: String,
    pub check: String,
    pub targets: Vec<String>,
    /// Defaults filled in.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub parameters: Box<RawValue>,
    /// Names of parameters weaker than the check's default.
    pub weaker: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectation>,
    /// The parts of the declaration the check asked for.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub declared: Box<RawValue>,
    /// The clock the check sees.
    pub now: Timestamp,
}

/// What proves an outcome: a place in the subject, its value there, and what was expected.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// RFC 6901 pointer into the subject's facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Cut out of the sealed resource at `path`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub actual: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub expected: Option<Box<RawValue>>,
    /// A sentence for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A member that is there has a value, also when that value is `null`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// `finding`: a check's outcome for one subject, or for a population as a whole (then without `subject`).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    pub control: String,
    pub check: String,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    pub outcome: Outcome,
    pub severity: Severity,
    pub evidence: Vec<Evidence>,
    /// Why it is undetermined or not applicable, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Every record it rests on: assignment, resources, coverage, gaps.
    pub rests_on: Vec<RecordRef>,
    /// The `acceptance` record that covers it. It still deviates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<RecordRef>,
}

/// How many findings of each outcome. `accepted` counts deviations with a valid acceptance; they are among `deviates`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub conforms: u64,
    pub deviates: u64,
    pub undetermined: u64,
    pub not_applicable: u64,
    pub accepted: u64,
}

impl Counts {
    /// Counts one finding.
    pub const fn add(&mut self, finding: &Finding) {
        match finding.outcome {
            Outcome::Conforms => self.conforms += 1,
            Outcome::Deviates => {
                self.deviates += 1;
                if finding.acceptance.is_some() {
                    self.accepted += 1;
                }
            }
            Outcome::Undetermined => self.undetermined += 1,
            Outcome::NotApplicable => self.not_applicable += 1,
        }
    }

    /// How many findings there are.
    #[must_use]
    pub const fn findings(&self) -> u64 {
        let judged = self.conforms.saturating_add(self.deviates);
        judged.saturating_add(self.undetermined).saturating_add(self.not_applicable)
    }

    /// One outcome for many findings. An accepted deviation still deviates; no finding at all is undetermined.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        if self.deviates > 0 {
            Outcome::Deviates
        } else if self.undetermined > 0 {
            Outcome::Undetermined
        } else if self.conforms > 0 {
            Outcome::Conforms
        } else if self.not_applicable > 0 {
            Outcome::NotApplicable
        } else {
            Outcome::Undetermined
        }
    }
}

/// How often a control is to be observed, and whether this run was in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    pub every_seconds: u64,
    /// So long after its due moment an observation still meets it; absent: half the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u64>,
}

/// What people do again and again for a control, as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Absent: it is not declared how often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Every>,
    /// So many days after its due day it still counts for it, and is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_days: Option<u32>,
    /// Ascending by day.
    pub done: Vec<TaskDone>,
}

/// A day on which a task is declared to have been done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskDone {
    pub on: Date,
    /// What shows it, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// `control`: the roll-up of one control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub id: String,
    pub title: String,
    pub requirements: Vec<String>,
    /// Absent for a control without checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    pub counts: Counts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observe: Option<Observation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

/// The order of findings: control, check, target, the kind of its subject or the population, the subject's id.
pub type FindingPlace<'f> = (&'f str, &'f str, &'f str, &'f str, Option<&'f str>);

impl Finding {
    /// What a bundle sorts findings by, as bytes of UTF-8; no two are in one place.
    #[must_use]
    pub fn place(&self) -> FindingPlace<'_> {
        let (about, id) = match (&self.subject, &self.population) {
            (Some(subject), _) => (subject.kind.as_str(), Some(subject.id.as_str())),
            (None, Some(population)) => (population.as_str(), None),
            (None, None) => ("", None),
        };
        (&self.control, &self.check, &self.target, about, id)
    }

    /// What stays the same from run to run: control, check, target and subject or population.
    #[must_use]
    pub fn key(&self) -> String {
        let what = match (&self.subject, &self.population) {
            (Some(subject), _) => format!("{}={}", subject.kind, subject.id),
            (None, Some(population)) => format!("population={population}"),
            (None, None) => "target".to_owned(),
        };
        format!("{}/{}/{}/{what}", self.control, self.check, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_keeps_null_apart_from_nothing() {
        let text = r#"{"path":"/rotation","actual":null}"#;
        let evidence: Evidence = serde_json::from_str(text).unwrap();
        assert_eq!(evidence.actual.as_ref().map(|value| value.get()), Some("null"));
        assert!(evidence.expected.is_none());
        assert_eq!(serde_json::to_string(&evidence).unwrap(), text);
    }
}
