//! The run: plan, collect, judge, seal. Knows no standard, no source and no format of answers.

pub mod collect;
pub mod seal;
pub mod spool;
