//! What follows from findings and gaps: which of them are accepted, one outcome per control, one exit code per run.
//!
//! It knows records and nothing of how a declaration is written: whoever has the records of a bundle can conclude the same.

mod acceptance;
mod rollup;

pub use acceptance::{AcceptanceState, AcceptanceUse, Acceptances, LastDeviation, excused, may_hide};
pub use rollup::{Tally, Verdict};
