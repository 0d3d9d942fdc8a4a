//! A run as sealing sees it: what it means to do, what it holds while it lives, what comes out.

use std::path::{Path, PathBuf};

use bundle::statement::{Kind, Statement, Summary};
use bundle::writer::WrittenRecords;
use model::record::{ClockSource, Override, Purpose, RunStatus, Tool};
use model::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Guard, RunId};

/// What a run means to do, written before its first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    pub kind: Kind,
    /// The run's id; see [`RunId`] for its form.
    pub run: String,
    pub entity: String,
    pub system: String,
    pub tool: Tool,
    pub clock: ClockSource,
    pub started: Timestamp,
    /// Digest of the resolved plan.
    pub plan: Digest,
    pub purpose: Purpose,
    /// The overrides known at the start.
    pub overrides: Vec<Override>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// How often a run is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// When the run ends its reading at the latest. Long after that machines that cannot see whether it lives take it for dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Begin although the clock shows a time before the newest bundle's: asked for by whoever starts the run, and kept nowhere.
    #[serde(skip)]
    pub despite_clock: bool,
}

/// What `Sealer::begin` found and made.
#[derive(Debug)]
pub struct Begun {
    pub session: Session,
    /// Bundles of killed runs that had been signed; they are published now.
    pub completed: Vec<Sealed>,
    /// Runs that died before they signed. Give each to `Sealer::record_unfinished`. None where a person's record is begun: a run
    /// leaves them to the next run.
    pub unfinished: Vec<Unfinished>,
    /// Records of persons that were broken off before they were signed. Nobody else can sign them: they are gone.
    pub dropped: Vec<Intent>,
}

/// A run between its intent and its seal. While it lives no one takes the run for dead; dropped
/// unsealed, the next run records it as failed.
#[derive(Debug)]
pub struct Session {
    pub(super) run: RunId,
    pub(super) intent: Intent,
    pub(super) staged: PathBuf,
    pub(super) scratch: PathBuf,
    pub(super) guard: Guard,
}

/// A run that died before it signed, now held by us.
#[derive(Debug)]
pub struct Unfinished {
    pub(super) run: RunId,
    pub(super) intent: Intent,
    pub(super) guard: Guard,
}

/// What is known at the end of a run only. The rest of the statement comes from the intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealInput {
    pub finished: Timestamp,
    pub status: RunStatus,
    /// Overrides that make the bundle unfit as evidence, in any order.
    pub rehearsal: Vec<Override>,
    pub summary: Summary,
    /// What `bundle::writer` wrote, as it is in [`Session::staged`].
    pub records: WrittenRecords,
}

/// A bundle that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub run: String,
    pub index: u64,
    pub statement: Statement,
    /// The signed head that holds it, in C2SP form.
    pub checkpoint: String,
    /// Records of persons that gave their place free for it: broken off before they were signed.
    pub dropped: Vec<Intent>,
}

impl Session {
    #[must_use]
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// The file that the run makes of all but the statement; see [`super::pack::BodyWriter`]. Its durability is the
    /// sealer's.
    #[must_use]
    pub fn staged(&self) -> &Path {
        &self.staged
    }

    /// Where the run may keep what it needs on the way. Removed when the run is sealed.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }
}

impl Unfinished {
    #[must_use]
    pub fn intent(&self) -> &Intent {
        &self.intent
    }
}
