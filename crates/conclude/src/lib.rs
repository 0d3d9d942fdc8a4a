//! What follows from findings and gaps: which of them are accepted, one outcome per control, one exit code per run,
//! which targets of a run are rehearsals, whether runs kept their schedule, and what has to be known
//! beside each finding.
//!
//! It knows records and nothing of how a declaration is written: whoever has the records of a bundle can conclude the same.

mod acceptance;
mod marks;
mod rehearsal;
mod rollup;
mod schedule;

pub use acceptance::{AcceptanceState, AcceptanceUse, Acceptances, LastDeviation, excused, may_hide};
pub use marks::{Mark, MarkCount, Marked, Marks, SOURCES, Texts};
pub use rehearsal::Rehearsals;
pub use rollup::{Tally, Verdict};
pub use schedule::{Began, Kept, Schedule, Slot, Slots, Unsaid, Worth};
