//! How long a source that fails is asked again: one rule for all collectors.

use std::time::Duration;

/// When an attempt that failed for a reason that may pass is made once more. A test sets another one, and need not wait.
///
/// The pauses between attempts double from `first` to `longest`, and each is between half and the whole of that length, so that
/// those who were refused together do not come back together. Whatever is said here, nothing is waited for beyond the run's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    pub first: Duration,
    pub longest: Duration,
    /// Since the first failure of a call, of a source that answers others, or answers with failures: what fails still after this
    /// long is given up.
    pub within: Duration,
    /// The same of a source that has not answered yet in this run: it may not be there at all.
    pub unheard: Duration,
    /// The same where nobody is there any more at a source that had answered: it is started again, or moved.
    pub gone: Duration,
}

impl Default for Patience {
    /// An API server that is started again is back after 6 s, and may take minutes; services fail for minutes. An outage of 30 s is
    /// outlasted whenever it begins.
    fn default() -> Self {
        Self {
            attempts: u32::MAX,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(8),
            within: Duration::from_secs(5 * 60),
            unheard: Duration::from_secs(45),
            // Longer than any run: its deadline ends it.
            gone: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl Patience {
    /// Of a command that a person waits for, and that seals nothing.
    #[must_use]
    pub fn attended() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self { within: half_a_minute, unheard: half_a_minute, gone: half_a_minute, ..Self::default() }
    }

    /// The pause after so many attempts. `chance`, from 0 to 1, says where between half and the whole of it.
    #[must_use]
    pub fn pause(&self, attempts: u32, chance: f64) -> Duration {
        let doubled = 2u32.saturating_pow(attempts.saturating_sub(1));
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_at_the_longest() {
        let usual = Patience::default();
        let pauses: Vec<u64> = [1, 2, 3, 6, 7, 4_000].map(|n| usual.pause(n, 1.0).as_millis() as u64).to_vec();
        assert_eq!(pauses, [250, 500, 1000, 8000, 8000, 8000]);
        assert_eq!(usual.pause(1, 0.0), Duration::from_millis(125));
        assert_eq!(usual.pause(1, f64::INFINITY), Duration::from_millis(250));
    }
}
