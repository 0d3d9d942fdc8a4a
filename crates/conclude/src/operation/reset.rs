//! What ends the time in which a control is in force.

use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Why a control is not in force any more, or from another day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It deviated.
    Deviates,
    /// It deviated, and every deviation was accepted.
    Accepted,
    /// It is not in the run.
    Missing,
    /// It is in the run without an outcome: no check is put to anything for it.
    NoOutcome,
    /// It asks less: a check or a target is gone, a parameter became weaker, it is looked at less often.
    Weaker,
    /// It asks something else, and that this is not less cannot be told from here.
    Changed,
}

/// Runs after each other that end the time in which a control is in force, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reset {
    pub why: Why,
    /// The first such run, and when it began.
    pub entry: u64,
    pub started: Timestamp,
    /// The last of them, and when that began.
    pub until_entry: u64,
    pub until: Timestamp,
    pub runs: u64,
    /// What exactly, for a person; of what is weaker or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}
