//! The run: plan, collect, judge, seal. Knows no standard, no source and no format of answers.

pub mod collect;
pub mod discover;
pub mod preflight;
pub mod run;
pub mod seal;
pub mod spool;
mod write;

pub use write::WriteBundleError;
