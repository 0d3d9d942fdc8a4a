//! What follows from findings and gaps: which of them are accepted, one outcome per control, one exit code per run,
//! which targets of a run are rehearsals, whether runs kept their schedule, how each control did over a period, and what has to be known
//! beside each finding.
//!
//! It knows records and nothing of how a declaration is written: whoever has the records of a bundle can conclude the same.

mod acceptance;
mod marks;
mod operation;
mod rehearsal;
mod rollup;
mod schedule;
mod sources;

pub use acceptance::{AcceptanceState, AcceptanceUse, Acceptances, LastDeviation, excused, may_hide};
pub use marks::{Mark, MarkCount, Marked, Marks, Texts};
pub use operation::{
    ByPerson, CheckTexts, ControlOperation, DoneDay, DueDay, DueIs, Entries, InForce, Judged, Observations, Operated,
    Operation, Reset, RuleChange, TaskOperation, Uses, Why,
};
pub use rehearsal::Rehearsals;
pub use rollup::{Tally, Verdict};
pub use schedule::{Began, Kept, Schedule, Slot, Slots, Unsaid, Worth};
pub use sources::{SOURCES, Source, asked_elsewhere, is_built_in};
