//! The patience of tests.

use std::time::Duration;

use sdk::Patience;

/// Seven attempts, with next to no pause between them.
pub const HASTY: Patience = Patience {
    attempts: 7,
    first: Duration::from_millis(2),
    longest: Duration::from_millis(20),
    within: Duration::from_secs(30),
    unheard: Duration::from_secs(30),
    gone: Duration::from_secs(30),
};
