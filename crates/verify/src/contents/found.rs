//! What a report says about the records.

use std::collections::BTreeMap;

use conclude::{Marks, Rehearsals};
use model::RecordRef;
use model::record::GapReason;

/// So many findings are named in a report; the rest are counted.
pub(super) const NAMED: usize = 100;

/// What a report says about the records.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub gaps: BTreeMap<GapReason, u64>,
    pub accepted_gaps: u64,
    /// Findings that rest on withheld records: how many, and the first of them.
    pub resting: u64,
    pub resting_first: Vec<RecordRef>,
    /// Bodies that were never kept because they carry credentials or seem to hold a secret.
    pub bodies_not_kept: u64,
    /// Answers of which texts that seem to hold a secret are masked, and how many texts that are.
    pub bodies_masked: u64,
    pub texts_masked: u64,
    pub checks: u64,
    pub failure: Option<String>,
    pub rehearsals: Rehearsals,
    /// Where there are texts to compare with.
    pub marks: Option<Marks>,
}
