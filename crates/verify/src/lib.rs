//! Decides, offline, whether a sealed bundle is authentic and complete, and says what that rests on.
//!
//! No clock, no network, no key of its own: the bundle comes through a [`Source`], what to trust is
//! an argument, and nothing in the bundle is executed. Classes of refusal and their exit codes stand
//! in `docs/spec/verify-classes.md`.

mod approvals;
mod audit;
mod contents;
mod decide;
pub mod ed25519;
mod ledger_position;
mod problem;
mod report;
mod stream;

use bundle::read::{Line, Source};
use bundle::statement::Statement;
use bundle::trust::Trust;
use ledger::Checkpoint;
use model::{Digest, RecordRef};

pub use approvals::{AcceptanceReport, Approver};
pub use audit::{Audit, AuditDemands, AuditReport, LedgerFiles, Newest, audit};
pub use conclude::Pause;
pub use problem::{Class, Problem, list, status};
pub use report::{
    About, Continuity, HeadReport, Level, LevelReport, ParseLevelError, RecordsReport, RedactionReport, Refusal,
    Report, TypeReport,
};

/// What is asked of a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Demands<'a> {
    /// Obtained out of band, never from the bundle.
    pub trust: &'a Trust,
    pub require: Level,
    /// Take a rehearsal for what it is.
    pub allow_rehearsal: bool,
    /// Take the record of a failed run for what it is.
    pub allow_failed: bool,
    /// The newest head of this ledger that was seen before.
    pub last_seen: Option<&'a Checkpoint>,
}

/// A bundle that was accepted. Only [`verify`] makes one, and [`sealed_anew`] of one that it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBundle {
    statement: Statement,
    statement_sha256: Digest,
    level: Level,
    acceptances: Vec<AcceptanceReport>,
}

impl VerifiedBundle {
    /// The acceptances it applies, and whether their approvers are shown or claimed; in the order of their ids.
    #[must_use]
    pub fn acceptances(&self) -> &[AcceptanceReport] {
        &self.acceptances
    }

    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// SHA-256 of the statement's bytes.
    #[must_use]
    pub fn statement_sha256(&self) -> Digest {
        self.statement_sha256
    }

    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }
}

/// The outcome of a verification.
#[derive(Debug)]
pub struct Verdict {
    pub report: Report,
    /// Absent when the bundle is not accepted; the report says why.
    pub bundle: Option<VerifiedBundle>,
    /// The newest head that the trusted ledger key signed and that contains the bundle: what to keep
    /// as last seen, if it continues what was seen before.
    pub head: Option<Checkpoint>,
}

/// Looks on while a bundle is read. Nothing it sees is proven before [`verify`] has returned an
/// accepted bundle: keep it, and show it only then.
pub trait Observer {
    /// A line of `records.jsonl`, in order; `text` is the line without LF.
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]);

    /// Whether the contents of this raw file are wanted.
    fn wants_raw(&mut self, _ordinal: u64) -> bool {
        false
    }

    /// The next piece of a raw file that was wanted.
    fn raw(&mut self, _ordinal: u64, _piece: &[u8]) {}
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn record(&mut self, _at: RecordRef, _line: &Line, _text: &[u8]) {}
}

/// Verifies one bundle in one pass.
pub fn verify(source: &mut dyn Source, demands: &Demands<'_>, observer: &mut (dyn Observer + Send)) -> Verdict {
    decide::decide(source, demands, observer)
}

/// Takes an accepted bundle's files for proven and verifies another `statement.sigstore.json` of theirs: the same statement,
/// whose digests and root bind every record and raw file, under other signatures and in another ledger.
///
/// # Errors
/// When it holds another statement, or signature or place in the ledger do not hold with this trust material.
pub fn sealed_anew(before: &VerifiedBundle, file: &[u8], trust: &Trust) -> Result<VerifiedBundle, Problem> {
    decide::sealed_anew(before, file, trust)
}
