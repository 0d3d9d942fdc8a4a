//! How a rule among records is held.

use model::RecordRef;

use crate::problem::Problem;

/// A contradiction in the record at `at`.
pub(super) fn contradiction(at: RecordRef, problem: &'static str) -> Problem {
    Problem::Record { at, problem }
}

/// `holds`, or a contradiction in the record at `at`.
pub(super) fn hold(holds: bool, at: RecordRef, problem: &'static str) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(contradiction(at, problem)) }
}
