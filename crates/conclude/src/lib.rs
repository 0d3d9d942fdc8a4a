//! What follows from findings and gaps: which of them are accepted, one outcome per control, one exit code per run,
//! and whether runs kept their schedule.
//!
//! It knows records and nothing of how a declaration is written: whoever has the records of a bundle can conclude the same.

mod acceptance;
mod rollup;
mod schedule;

pub use acceptance::{AcceptanceState, AcceptanceUse, Acceptances, LastDeviation, excused, may_hide};
pub use rollup::{Tally, Verdict};
pub use schedule::{Began, Pause, Schedule};
