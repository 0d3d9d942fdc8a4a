//! In what two bundles of a store differ. Both are verified while they are compared.

use drift::{Drift, Keeper};
use verify::VerifiedBundle;

use crate::past::{HistoryError, Past};

/// Two verified bundles, and in what they differ.
#[derive(Debug)]
pub struct Drifted {
    pub since: VerifiedBundle,
    pub bundle: VerifiedBundle,
    pub drift: Drift,
}

/// Compares bundle `index` with the earlier one at `since`.
///
/// # Errors
/// When one of them cannot be relied on: then nothing is said of either.
pub fn drifted(past: &Past<'_>, since: u64, index: u64) -> Result<Drifted, HistoryError> {
    let mut keeper = Keeper::default();
    let (earlier, later, alike) =
        drift::between(|observer| past.read(since, observer), |observer| past.read(index, observer), &mut keeper);
    Ok(Drifted { since: earlier?, bundle: later?, drift: keeper.finish(alike) })
}
