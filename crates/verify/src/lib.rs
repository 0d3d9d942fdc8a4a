//! Decides, offline, whether a sealed bundle is authentic and complete, and says what that rests on.
//!
//! No clock, no network, no key of its own: the bundle comes through a [`Source`], what to trust is
//! an argument, and nothing in the bundle is executed. Classes of refusal and their exit codes stand
//! in `docs/spec/verify-classes.md`.

mod approvals;
mod audit;
mod changes;
mod contents;
mod continuity;
mod custodian;
mod decide;
pub mod ed25519;
mod fact_parts;
mod facts;
mod files;
mod held;
mod ledger_position;
mod level;
mod observer;
mod one_chain;
mod operation;
mod places;
mod problem;
pub mod rehearsal;
mod report;
mod seen;
mod stream;
mod verdict;

use bundle::read::Source;
use bundle::trust::Trust;

pub use audit::{Audit, AuditDemands, audit, audit_export};
pub use changes::{Aspect, Change, Changes};
pub use conclude::{
    ByPerson, ControlOperation, DoneDay, DueDay, DueIs, InForce, Kept, Mark, MarkCount, Marked, Marks, Observations,
    Operated, Rehearsals, Reset, RuleChange, Slot, Slots, TaskOperation, Texts, Unsaid, Why,
};
pub use continuity::{Continuity, Owner};
pub use fact_parts::PartCounts;
pub use facts::{FactCounts, FactDiffers, Facts};
pub use files::{HeldFiles, LedgerFiles};
pub use level::{Level, ParseLevelError};
pub use observer::{Observer, Unobserved};
pub use one_chain::one_chain;
pub use problem::{Class, Problem, Step, status};
pub use rehearsal::list;
pub use report::{
    About, AcceptanceReport, Approver, AuditReport, DatesReport, HeadReport, LevelReport, Newest, Period,
    RecordsReport, RedactionReport, Refusal, Report, TypeReport,
};
pub use seen::{Seen, SeenError};
pub use verdict::{Demands, Verdict, VerifiedBundle};

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
