//! A calendar date, written one way only: RFC 3339 `full-date`, `2026-12-31`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Timestamp;

/// A calendar date, `2026-12-31`. It starts and ends in UTC. The default stands for no date and cannot be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// Why a text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is written as `2026-12-31`")]
pub struct ParseDateError;

impl Date {
    /// Regular expression of ECMA 262 for the text. That a month has so many days it does not say.
    pub const PATTERN: &str =
        "^(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

    /// The UTC date of a moment.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        Self(moment.utc_date())
    }

    /// Its first second, in seconds since 1970 UTC.
    #[must_use]
    pub fn epoch(self) -> i64 {
        self.0.duration_since(jiff::civil::Date::constant(1970, 1, 1)).as_secs()
    }

    /// The date so many calendar months and then days later. Where that month has no such day it is its last: a month after 31 January is
    /// the end of February. `None`: after the year 9998.
    #[must_use]
    pub fn later(self, months: u32, days: u32) -> Option<Self> {
        let span = jiff::Span::new().try_months(months).ok()?.try_days(days).ok()?;
        let date = self.0.checked_add(span).ok()?;
        (date.year() <= 9998).then_some(Self(date))
    }

    /// The day before. `None`: before 1970.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        let date = self.0.yesterday().ok()?;
        (date.year() >= 1970).then_some(Self(date))
    }
}

impl FromStr for Date {
    type Err = ParseDateError;

    /// Years 1970 to 9998, as of a [`Timestamp`], and no spelling but the one that [`fmt::Display`] gives.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date: jiff::civil::Date = text.parse().map_err(|_| ParseDateError)?;
        let within = (1970..=9998).contains(&date.year());
        if within && date.to_string() == text { Ok(Self(date)) } else { Err(ParseDateError) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": Self::PATTERN, "description": "a date, written `2026-12-31`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling() {
        for text in ["2026-12-31", "1970-01-01", "9998-12-31", "2028-02-29"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::to_string(&serde_json::from_str::<Date>(&json).unwrap()).unwrap(), json);
        }
        for text in [
            "",
            "2026-2-29",
            "2027-02-29",
            "2026-13-01",
            "20261231",
            "2026-12-31T00:00:00Z",
            "0000-01-01",
            "1969-12-31",
            "9999-01-01",
            "-000001-01-01",
            "+2026-12-31",
            " 2026-12-31",
        ] {
            assert_eq!(text.parse::<Date>(), Err(ParseDateError), "{text}");
            assert!(serde_json::from_str::<Date>(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let later = |text: &str, months, days| {
            text.parse::<Date>().unwrap().later(months, days).map(|date| date.to_string()).unwrap_or_default()
        };
        assert_eq!(later("2026-01-31", 1, 0), "2026-02-28");
        assert_eq!(later("2028-01-31", 1, 0), "2028-02-29");
        assert_eq!(later("2028-02-29", 12, 0), "2029-02-28");
        assert_eq!(later("2026-11-30", 3, 0), "2027-02-28");
        assert_eq!(later("2026-12-31", 0, 90), "2027-03-31");
        assert_eq!(later("9998-12-31", 0, 1), "");
        assert_eq!(later("9998-12-31", u32::MAX, u32::MAX), "");
        let epoch = |text: &str| text.parse::<Date>().unwrap().epoch();
        assert_eq!((epoch("1970-01-01"), epoch("2026-11-21")), (0, 1_795_219_200));
    }

    #[test]
    fn dates_are_those_of_utc_and_in_the_order_of_time() {
        let of = |text: &str| Date::of(Timestamp::from_rfc3339(text).unwrap()).to_string();
        assert_eq!(of("2026-12-31T23:59:59.999Z"), "2026-12-31");
        assert_eq!(of("2026-12-31T23:30:00-01:00"), "2027-01-01");
        assert!("2026-12-31".parse::<Date>().unwrap() < "2027-01-01".parse().unwrap());
    }
}
