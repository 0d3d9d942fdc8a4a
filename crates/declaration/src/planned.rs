//! What a run does: the plan as types.

use model::record;
use model::{Covers, Date, Digest, Outcome};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::declared::Designation;

/// What a run does. Two equal plans have equal JSON, whatever the order of keys or the spelling in the files was.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    pub entity: String,
    pub system: PlannedSystem,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<PlannedLedger>,
    /// A bundle is due this often: `ledger.every`, else the shortest `observe.every`. Absent: no cadence is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// In the order declared.
    pub targets: Vec<PlannedTarget>,
    /// In the order declared; one per use of a check. Last the declaration's own rules.
    pub assignments: Vec<Assignment>,
    /// In the order declared; last the one by which the declaration's own rules are used.
    pub controls: Vec<PlannedControl>,
    /// In the order declared.
    pub acceptances: Vec<PlannedAcceptance>,
}

/// The system the plan is about.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedSystem {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designation: Option<Designation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
}

/// Where the bundle is chained.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedLedger {
    pub origin: String,
}

/// One target and who reads it.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedTarget {
    pub id: String,
    pub collectors: Vec<PlannedCollector>,
    /// Its collectors run in processes of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub isolate: bool,
}

/// One collector and the settings of the target that it knows.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedCollector {
    pub name: String,
    /// Sorted by name.
    pub settings: Map<String, Value>,
}

/// One use of a check by a control.
#[derive(Clone, Debug, Serialize)]
pub struct Assignment {
    pub control: String,
    pub check: String,
    /// In the order declared.
    pub targets: Vec<String>,
    /// Defaults filled in, sorted by name.
    pub parameters: Map<String, Value>,
    /// The check's own values, sorted by name.
    pub defaults: Map<String, Value>,
    /// Names of parameters that demand less than the default.
    pub weaker: Vec<String>,
    /// Why a complete and empty population is as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_none: Option<String>,
}

/// One control, without its checks: those are the assignments of its id.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedControl {
    pub id: String,
    pub title: String,
    pub requirements: Vec<String>,
    pub threats: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observe_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u64>,
    /// What people do for it again and again. When they did it is no part of the plan.
    #[serde(skip_serializing)]
    pub task: Option<record::Task>,
}

/// One acceptance.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedAcceptance {
    pub id: String,
    pub covers: Covers,
    pub reason: String,
    /// Claimed, unless a signature is shown to be good.
    pub approved_by: String,
    pub approved: Date,
    /// The last day.
    pub expires: Date,
    /// Path of a detached signature, relative to the declaration's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Plan {
    /// SHA-256 over the plan's JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Every member is a text, a number, a list or a map with text keys: writing it cannot fail.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    #[must_use]
    pub fn target(&self, id: &str) -> Option<&PlannedTarget> {
        self.targets.iter().find(|t| t.id == id)
    }

    /// The records of its controls before anything was judged: `undetermined` where there are checks, no outcome where not.
    #[must_use]
    pub fn unjudged_controls(&self) -> Vec<record::Control> {
        self.controls
            .iter()
            .map(|control| record::Control {
                id: control.id.clone(),
                title: control.title.clone(),
                requirements: control.requirements.clone(),
                outcome: self.assignments_of(&control.id).next().map(|_| Outcome::Undetermined),
                counts: record::Counts::default(),
                observe: control
                    .observe_seconds
                    .map(|every_seconds| record::Observation { every_seconds, grace_seconds: control.grace_seconds }),
                task: control.task.clone(),
            })
            .collect()
    }

    /// The uses of checks of one control.
    pub fn assignments_of<'p>(&'p self, control: &'p str) -> impl Iterator<Item = &'p Assignment> {
        self.assignments.iter().filter(move |a| a.control == control)
    }
}
