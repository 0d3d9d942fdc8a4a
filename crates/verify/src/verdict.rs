//! What is asked of a bundle, and what comes of it.

use bundle::statement::Statement;
use bundle::trust::Trust;
use std::sync::Arc;

use conclude::{Marks, Rehearsals, Texts};
use model::Digest;

use crate::level::Level;
use crate::report::{AcceptanceReport, Report};
use crate::seen::{Seen, Shown};

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
    /// Take a redacted copy for which no one who may has signed.
    pub allow_unsigned_redaction: bool,
    /// What was proven of this ledger before.
    pub seen: Option<&'a Seen>,
    /// The challenge that must be sealed in it.
    pub challenge: Option<&'a str>,
    /// The shipped texts against which marks are computed; none are where there are none.
    pub texts: Option<&'static dyn Texts>,
}

impl<'a> Demands<'a> {
    /// Evidence at its place in the ledger, and nothing allowed.
    #[must_use]
    pub const fn of_evidence(trust: &'a Trust) -> Self {
        Self {
            trust,
            require: Level::Position,
            allow_rehearsal: false,
            allow_failed: false,
            allow_unsigned_redaction: false,
            seen: None,
            challenge: None,
            texts: None,
        }
    }
}

/// A bundle that was accepted. Only [`crate::verify`] makes one, and [`crate::sealed_anew`] of one that it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBundle {
    pub(crate) statement: Statement,
    pub(crate) statement_sha256: Digest,
    pub(crate) signer: Digest,
    pub(crate) level: Level,
    pub(crate) acceptances: Vec<AcceptanceReport>,
    pub(crate) rehearsals: Rehearsals,
    pub(crate) marks: Option<Arc<Marks>>,
}

impl VerifiedBundle {
    /// Its acceptances, and whether their approvers are shown or claimed; in the order of their records.
    #[must_use]
    pub fn acceptances(&self) -> &[AcceptanceReport] {
        &self.acceptances
    }

    /// Of which targets it is a rehearsal.
    #[must_use]
    pub fn rehearsals(&self) -> &Rehearsals {
        &self.rehearsals
    }

    /// What has to be known beside its findings. Absent where no shipped texts were at hand, and where nothing was judged.
    #[must_use]
    pub fn marks(&self) -> Option<&Marks> {
        self.marks.as_deref()
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

    /// SHA-256 of the SPKI of the key that signed it.
    #[must_use]
    pub fn signer(&self) -> Digest {
        self.signer
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
    /// What was proven of the ledger before, and what this bundle proves beside it: what to keep. Absent when the bundle is not
    /// accepted, and where its place is not proven.
    pub seen: Option<Seen>,
    /// What the bundle shows of its ledger. Absent where `seen` is.
    pub(crate) shown: Option<Shown>,
}
