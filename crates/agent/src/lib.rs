//! The run: plan, collect, judge, seal. Knows no standard, no source and no format of answers.

mod approvals;
pub mod collect;
mod declared;
pub mod discover;
mod findings;
mod joined;
mod judge;
pub mod preflight;
pub mod record;
pub mod redact;
mod rehearsal;
pub mod rules;
pub mod run;
pub mod seal;
pub mod spool;
mod write;

pub use judge::JudgeError;
pub use write::{Randomness, WriteBundleError};
