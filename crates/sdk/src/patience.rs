//! How long a source that fails is asked again: one rule for all collectors.

use std::time::Duration;

/// When an attempt that failed for a reason that may pass is made once more. A test sets another one, and need not wait.
///
/// The pauses between attempts double from `first` to `longest`, and each is between half and the whole of that length, so that
/// those who were refused together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts of one call, the first included.
    pub attempts: u32,
    pub first: Duration,
    pub longest: Duration,
    /// Since the first failure of a call: what fails still after this long is given up. Attempts that wait long for an answer are
    /// fewer by it.
    pub within: Duration,
}

impl Default for Patience {
    /// An API server that is started again is back after 6 s, an outage that hands over to another machine is shorter. Seven attempts
    /// last 8 s at least and 16 s at most.
    fn default() -> Self {
        Self {
            attempts: 7,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(8),
            within: Duration::from_secs(30),
        }
    }
}

impl Patience {
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

    fn all(patience: Patience, chance: f64) -> Duration {
        (1..patience.attempts).map(|attempts| patience.pause(attempts, chance)).sum()
    }

    #[test]
    fn an_outage_of_six_seconds_is_outlasted_whatever_chance_says() {
        let usual = Patience::default();
        assert!(all(usual, 0.0) > Duration::from_secs(6), "{:?}", all(usual, 0.0));
        assert!(all(usual, 1.0) < usual.within, "{:?}", all(usual, 1.0));
    }

    #[test]
    fn pauses_double_and_end_at_the_longest() {
        let usual = Patience::default();
        let pauses: Vec<u64> = [1, 2, 3, 6, 7, 4_000].map(|n| usual.pause(n, 1.0).as_millis() as u64).to_vec();
        assert_eq!(pauses, [250, 500, 1000, 8000, 8000, 8000]);
        assert_eq!(usual.pause(1, 0.0), Duration::from_millis(125));
        assert_eq!(usual.pause(1, f64::INFINITY), Duration::from_millis(250));
    }
}
