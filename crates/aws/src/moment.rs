//! A time that AWS gives, for checks: a text for people, seconds for arithmetic.

use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// A moment as checks see it: `at` for people, `epoch` to compute with (Rego engines here have no `time`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub epoch: i64,
}

impl Moment {
    /// From seconds since 1970 as AWS' JSON protocols give them, with or without a fraction. `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_epoch_seconds(seconds: f64) -> Option<Self> {
        let millis = (seconds * 1000.0).round();
        // Every moment of the years 1 to 9999 lies far inside the exact integers of f64.
        if !millis.is_finite() || millis.abs() > 9.0e15 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
        Timestamp::from_millis(millis as i64).ok().map(Self::from)
    }

    /// From RFC 3339, as AWS' XML protocols and the credential report give it.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        Timestamp::from_rfc3339(text).ok().map(Self::from)
    }
}

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self { at: moment.to_string(), epoch: moment.as_seconds() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_aws_writes() {
        let moment = Moment::from_epoch_seconds(1_630_000_000.5).unwrap();
        assert_eq!(moment.at, "2021-08-26T17:46:40.500Z");
        assert_eq!(moment.epoch, 1_630_000_000);
        assert_eq!(Moment::from_rfc3339("2021-08-26T17:46:40+00:00").map(|m| m.epoch), Some(1_630_000_000));
        assert_eq!(Moment::from_epoch_seconds(f64::NAN), None);
        assert_eq!(Moment::from_epoch_seconds(1e300), None);
        assert_eq!(Moment::from_rfc3339("no_information"), None);
    }
}
