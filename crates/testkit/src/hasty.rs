//! The patience of tests.

use std::time::Duration;

use sdk::Patience;

const LONG: Duration = Duration::from_secs(15 * 60);

/// Seven attempts, with next to no pause between them. Attempts alone end it: on a busy machine they may take long.
pub const HASTY: Patience = Patience {
    attempts: 7,
    first: Duration::from_millis(2),
    longest: Duration::from_millis(20),
    within: LONG,
    unheard: LONG,
    gone: LONG,
};
