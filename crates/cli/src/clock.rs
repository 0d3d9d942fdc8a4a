//! The operating system's clock, read here and nowhere else.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use model::Timestamp;
use sdk::Clock;

use crate::failure::Failure;

/// The moment now.
///
/// # Errors
/// When the machine's clock is outside of the years 1970 to 9998: what is sealed is dated by it, and no bundle can say such a date.
pub fn now() -> Result<Timestamp, Failure> {
    read().ok_or_else(|| {
        Failure::tool(anyhow!("the clock of this machine is not within the years 1970 to 9998"))
            .with_help("set it right and try again: everything that is sealed is dated by it")
    })
}

/// A clock that goes on. Where the machine's own leaves these years meanwhile, it stands still at the last moment within them.
///
/// # Errors
/// As [`now`], at its start.
pub fn running() -> Result<Clock, Failure> {
    let last = AtomicI64::new(now()?.as_millis());
    Ok(Clock::new(move || {
        if let Some(now) = read() {
            last.store(now.as_millis(), Ordering::Relaxed);
        }
        Timestamp::from_millis(last.load(Ordering::Relaxed)).unwrap_or_else(|_| unreachable!("it was a moment before"))
    }))
}

#[expect(clippy::disallowed_methods, reason = "the one clock")]
fn read() -> Option<Timestamp> {
    moment(SystemTime::now().duration_since(UNIX_EPOCH).ok()?)
}

/// The moment so long after the begin of 1970.
fn moment(since: Duration) -> Option<Timestamp> {
    Timestamp::from_millis(i64::try_from(since.as_millis()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_beyond_the_year_9998_is_no_clock() {
        let last = Duration::from_secs(253_370_764_799);
        assert_eq!(moment(last).unwrap().to_string(), "9998-12-31T23:59:59.000Z");
        for beyond in [last + Duration::from_secs(1), Duration::MAX] {
            assert_eq!(moment(beyond), None, "{beyond:?}");
        }
        assert!(read().is_some() && now().is_ok());
        let clock = running().unwrap();
        assert!(clock.now() >= now().map(|now| Timestamp::from_millis(now.as_millis() - 60_000).unwrap()).unwrap());
    }
}
