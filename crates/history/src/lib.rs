//! What earlier bundles of the ledger say. Every past bundle is read through [`Past`], which verifies it first: nothing is
//! concluded from a bundle that was altered or records a failed run, nor of a target that was a rehearsal beside evidence. How far
//! back it is read is for those who ask: until the newest bundles answer them, or there are no more.
//!
//! ```text
//! store ─ Past::newest_first ─┬─ last_deviations: which subjects deviated when they were last read
//!                             ├─ last_declared: what the newest of them says is declared
//!                             └─ only_new: what deviates or is undetermined now and was not so before
//! store ─ Past::read, twice ────── drifted: in what two bundles differ, and why
//! ```

mod declared;
mod deviations;
mod drifted;
mod novelty;
mod past;

pub use declared::{DeclaredBefore, last_declared};
pub use deviations::last_deviations;
pub use drifted::{Drifted, drifted};
pub use novelty::{NewFinding, Novelty, only_new};
pub use past::{Earlier, HistoryError, Past};
