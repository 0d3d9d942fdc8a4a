//! A moment, written one way only: RFC 3339 in UTC with milliseconds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Parsed;

/// A moment in UTC at millisecond resolution, written `2026-11-21T10:06:50.123Z` (RFC 3339).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// Why a text is not a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as `2026-11-21T10:06:50.123Z`")]
pub struct ParseTimestampError;

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z. Moments outside the years 1970 to 9998 are refused: of the year 9999 not every library
    /// knows the last days.
    pub fn from_millis(millis: i64) -> Result<Self, ParseTimestampError> {
        /// 9998-12-31T23:59:59.999Z.
        const LAST: i64 = 253_370_764_799_999;
        if !(0..=LAST).contains(&millis) {
            return Err(ParseTimestampError);
        }
        jiff::Timestamp::from_millisecond(millis).map(Self).map_err(|_| ParseTimestampError)
    }

    /// From any RFC 3339 text, cut to milliseconds. For times that a source gives.
    pub fn from_rfc3339(text: &str) -> Result<Self, ParseTimestampError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| ParseTimestampError)?;
        Self::from_millis(moment.as_millisecond())
    }

    /// From the date of an HTTP answer (RFC 9110 §5.6.7): `Sat, 21 Nov 2026 10:06:50 GMT`. The two obsolete forms are not read.
    pub fn from_http_date(text: &str) -> Result<Self, ParseTimestampError> {
        let moment =
            jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).map_err(|_| ParseTimestampError)?;
        if text.ends_with(" GMT") { Self::from_millis(moment.as_millisecond()) } else { Err(ParseTimestampError) }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }

    pub(crate) fn utc_date(self) -> jiff::civil::Date {
        self.0.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The calendar day in UTC, `2026-11-21`.
    #[must_use]
    pub fn day(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = Self::from_rfc3339(text)?;
        // One moment, one text: what we would not write we do not read.
        if value.to_string() == text { Ok(value) } else { Err(ParseTimestampError) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
            "description": "a time, written `2026-11-21T10:06:50.123Z`",
        })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::new("a time, `2026-11-21T10:06:50.123Z`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_text() {
        let moment = Timestamp::from_millis(1_795_255_610_120).unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T10:06:50.120Z");
        assert_eq!("2026-11-21T10:06:50.120Z".parse(), Ok(moment));
        for other in ["2026-11-21T10:06:50.12Z", "2026-11-21T11:06:50.120+01:00", "2026-11-21 10:06:50.120Z", ""] {
            assert_eq!(other.parse::<Timestamp>(), Err(ParseTimestampError), "{other}");
        }
        assert_eq!(moment.day(), "2026-11-21");
        for (millis, text) in [(0, "1970-01-01T00:00:00.000Z"), (253_370_764_799_999, "9998-12-31T23:59:59.999Z")] {
            assert_eq!(Timestamp::from_millis(millis).unwrap().to_string(), text);
        }
        for outside in [-1, 253_370_764_800_000, i64::MIN, i64::MAX] {
            assert_eq!(Timestamp::from_millis(outside), Err(ParseTimestampError), "{outside}");
        }
        assert_eq!(Timestamp::from_rfc3339("2026-11-21T11:06:50.120999+01:00"), Ok(moment));
    }

    #[test]
    fn reads_the_date_of_an_answer() {
        let moment = Timestamp::from_millis(1_795_255_610_000);
        assert_eq!(Timestamp::from_http_date("Sat, 21 Nov 2026 10:06:50 GMT"), moment);
        for other in [
            "Sun, 21 Nov 2026 10:06:50 GMT",
            "Sat, 21 Nov 2026 10:06:50 +0000",
            "Saturday, 21-Nov-26 10:06:50 GMT",
            "Sat Nov 21 10:06:50 2026",
            "2026-11-21T10:06:50Z",
            "",
        ] {
            assert_eq!(Timestamp::from_http_date(other), Err(ParseTimestampError), "{other}");
        }
    }
}
