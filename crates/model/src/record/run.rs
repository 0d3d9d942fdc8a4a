//! Records about the run itself: tool, host, declared documents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Digest, Timestamp};

/// The program that made the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
    /// Digest of the program file that ran.
    pub sha256: Digest,
}

/// Where the run's times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockSource {
    /// The operating system's clock.
    System,
    /// A moment given on the command line or by a test.
    Set,
}

/// What the run was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    Readiness,
    Audit,
}

/// An override that makes a bundle a rehearsal, all of it or in part: unfit as evidence unless the reader says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Override {
    /// A set clock.
    Clock,
    /// Endpoints that are not the sources' own: no target gave evidence.
    Endpoint,
    /// Given randomness.
    Randomness,
    /// Recorded answers.
    Replay,
    /// Of some targets only: those of which a `route` says so. What is said of the others is evidence.
    Target,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Everything that was asked for was read.
    Complete,
    /// Sealed with gaps.
    Partial,
    /// The run could not be made; the bundle records that and why.
    Failed,
}

impl RunStatus {
    /// As a record spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// `run`: the one record about the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The run's id; it is in session names and user agents at the sources.
    pub id: String,
    pub tool: Tool,
    /// Version of the rules of judging (`docs/spec/bundle.md`), not of any check.
    pub assessment: u32,
    pub clock: ClockSource,
    pub started: Timestamp,
    pub finished: Timestamp,
    /// Digest of the resolved plan: targets, assignments, parameters.
    pub plan: Digest,
    pub purpose: Purpose,
    pub status: RunStatus,
    pub overrides: Vec<Override>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// Why the run failed, or which unfinished run this one records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// `host`: who asked for the run, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    pub user: String,
    pub name: String,
    pub os: String,
    pub identities: Vec<Identity>,
}

/// Who we were at one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub target: String,
    pub collector: String,
    /// As the source names the caller, for example an ARN.
    pub caller: String,
    /// The identity of the target that was found: account id, cluster UID.
    pub found: String,
}

/// `declaration`: one declared file or document. Its bytes are raw file `raw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    pub path: String,
    pub size: u64,
    pub sha256: Digest,
    pub raw: u64,
}
