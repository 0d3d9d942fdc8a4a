//! The operating system's clock, read here and nowhere else.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;

/// The moment now. A clock before 1970 or after 9999 gives 1970: no run on such a machine could be dated anyway.
#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn now() -> Timestamp {
    let millis =
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or(0);
    Timestamp::from_millis(millis)
        .or_else(|_| Timestamp::from_millis(0))
        .unwrap_or_else(|_| unreachable!("1970 has a text"))
}
