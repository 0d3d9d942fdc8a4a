//! Values that are written as one text: ids, periods, dates, and whatever else implements [`Form`].

use std::fmt;

use crate::decode::{Decode, text};
use crate::diagnostic::{Code, Reporter};
use crate::source::Located;
use crate::yaml::{Core, Node, Value};

/// A value that is written as one text. What could not be read is the default, without a place.
pub trait FromText: Sized + Default {
    /// # Errors
    /// What is wrong with the text.
    fn from_text(text: &str) -> Result<Self, BadText>;
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadText {
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl<T: FromText> Decode for Located<T> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        // A number that would be wrong in quotes too: they are not what it lacks.
        if let (Value::Scalar { text, .. }, Some(Core::Integer(_) | Core::Float(_))) = (&node.value, node.core())
            && let Err(bad) = T::from_text(text)
        {
            reporter.error(node.at, Code::BadValue, bad.message).maybe_help(bad.help);
            return Self::default();
        }
        let Some(written) = text(node, reporter) else {
            return Self::default();
        };
        match T::from_text(written) {
            Ok(value) => Self::new(value, node.at),
            Err(bad) => {
                reporter.error(node.at, Code::BadValue, bad.message).maybe_help(bad.help);
                Self::default()
            }
        }
    }
}

/// A text with a form of its own. [`crate::form_schema`] describes it to others.
pub trait Form: Sized + Default {
    const NAME: &'static str;
    /// Regular expression of ECMA 262, for the schema.
    const PATTERN: &'static str;
    /// What is behind "`x` is not".
    const EXPECTED: &'static str;

    fn read(text: &str) -> Option<Self>;

    /// What to write instead of a text that cannot be read, where what was meant can be told.
    fn instead(_text: &str) -> Option<String> {
        None
    }
}

impl<T: Form> FromText for T {
    fn from_text(text: &str) -> Result<Self, BadText> {
        T::read(text)
            .ok_or_else(|| BadText { message: format!("`{text}` is not {}", T::EXPECTED), help: T::instead(text) })
    }
}

/// Digits, and the letters behind them.
fn count_and_unit(text: &str) -> Option<(&str, &str)> {
    let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    (!count.is_empty()).then_some((count, unit.trim_start()))
}

/// The JSON Schema of types with a [`Form`], and their text in JSON.
#[macro_export]
macro_rules! form_schema {
    ($($name:ident),+) => { $(
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool { false }
            fn schema_name() -> std::borrow::Cow<'static, str> { <Self as $crate::Form>::NAME.into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": <Self as $crate::Form>::PATTERN,
                    "description": <Self as $crate::Form>::EXPECTED,
                })
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+ };
}

/// An enum of words, read from a text. The first word stands for what could not be read; it then has no place.
#[macro_export]
macro_rules! words {
    ($(#[doc = $doc:literal])+ pub enum $name:ident {
        $(#[doc = $fdoc:literal])+ $first:ident = $fword:literal,
        $( $(#[doc = $vdoc:literal])+ $variant:ident = $word:literal, )+
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
        pub enum $name {
            $(#[doc = $fdoc])+
            #[default]
            #[serde(rename = $fword)]
            $first,
            $( $(#[doc = $vdoc])+ #[serde(rename = $word)] $variant, )+
        }

        impl $crate::FromText for $name {
            fn from_text(text: &str) -> Result<Self, $crate::BadText> {
                match text {
                    $fword => Ok(Self::$first),
                    $( $word => Ok(Self::$variant), )+
                    other => Err($crate::BadText {
                        message: format!("unknown word `{other}`"),
                        help: $crate::help_known(other, &[$fword, $($word),+], "one of"),
                    }),
                }
            }
        }
    };
}

form_schema!(Id, Period, Cadence);

/// The name of a declared thing. It is in the keys of findings, so it has no `/` and no spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for Id {
    const NAME: &'static str = "Id";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
    const EXPECTED: &'static str = "an id: letters, digits, `.`, `_` and `-`, the first a letter or digit, at most 128";

    fn read(text: &str) -> Option<Self> {
        is_word(text).then(|| Self(text.to_owned()))
    }
}

/// Whether a text has the form of an [`Id`].
#[must_use]
pub fn is_word(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A length of time: `30m`, `12h`, `1d`, `2w`, `1y`. A day is 24 hours, a year is 365 days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Period {
    text: String,
    seconds: u64,
}

impl Period {
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Form for Period {
    const NAME: &'static str = "Period";
    const PATTERN: &'static str = "^[1-9][0-9]{0,4}[mhdwy]$";
    const EXPECTED: &'static str = "a length of time, written `30m`, `12h`, `1d`, `2w` or `1y`";

    fn read(text: &str) -> Option<Self> {
        let unit = text.chars().last()?;
        let digits = text.strip_suffix(unit)?;
        if digits.is_empty()
            || digits.len() > 5
            || digits.starts_with('0')
            || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let each: u64 = match unit {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        let seconds = digits.parse::<u64>().ok()?.checked_mul(each)?;
        Some(Self { text: text.to_owned(), seconds })
    }

    fn instead(text: &str) -> Option<String> {
        let (count, unit) = count_and_unit(text)?;
        let days = |each: u64| count.parse::<u64>().ok()?.checked_mul(each);
        match unit {
            "" => Some(format!("write the unit: `{count}d` is in days")),
            "mo" => Some(format!("a length of time has no months: write `{}d`; `m` is minutes", days(30)?)),
            "q" => Some(format!("a length of time has no quarters: write `{}d`", days(90)?)),
            _ => None,
        }
    }
}

/// How often people do something, in whole days of the calendar: `90d`, `2w`, `1mo`, `1q`, `1y`. A quarter is three months, a year twelve.
/// The text stays as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cadence {
    text: String,
    months: u32,
    days: u32,
}

/// Days of so many consecutive months where they are longest; where they are shortest is what is left of 365.
const LONGEST_MONTHS: [u32; 13] = [0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337, 365];

impl Cadence {
    /// When it is due again: the same day of a later month, or so many days later. `None`: after the year 9998.
    #[must_use]
    pub fn after(&self, date: model::Date) -> Option<model::Date> {
        date.later(self.months, self.days)
    }

    /// The same as a rule of the calendar. `None` where nothing was written.
    #[must_use]
    pub fn every(&self) -> Option<model::due::Every> {
        model::due::Every::new(self.months, self.days)
    }

    /// Its days, where it has no months.
    #[must_use]
    pub fn whole_days(&self) -> Option<u32> {
        (self.months == 0).then_some(self.days)
    }

    /// Whether this is as long as the other, whatever months it falls on: a quarter has at least 89 days (December to February counts
    /// 90, February to April 89), and at most 92.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        if self.days == 0 && other.days == 0 { self.months >= other.months } else { self.shortest() >= other.longest() }
    }

    /// Days where its months are shortest.
    fn shortest(&self) -> u32 {
        let (years, rest) = (self.months / 12, self.months % 12);
        let left = usize::try_from(12 - rest).ok().and_then(|n| LONGEST_MONTHS.get(n)).copied().unwrap_or(365);
        years * 365 + (365 - left) + self.days
    }

    /// Days where its months are longest, leap days with them.
    fn longest(&self) -> u32 {
        let (years, rest) = (self.months / 12, self.months % 12);
        let months = usize::try_from(rest).ok().and_then(|n| LONGEST_MONTHS.get(n)).copied().unwrap_or(365);
        let leap = if years == 0 { 0 } else { years.div_ceil(4).max(1) };
        years * 365 + leap + months + self.days
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Form for Cadence {
    const NAME: &'static str = "Cadence";
    const PATTERN: &'static str = "^[1-9][0-9]{0,3}(d|w|mo|q|y)$";
    const EXPECTED: &'static str =
        "a number of whole days, weeks, months, quarters or years, written `90d`, `2w`, `1mo`, `1q` or `1y`";

    fn read(text: &str) -> Option<Self> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let unit = text.strip_prefix(digits)?;
        if digits.is_empty()
            || digits.len() > 4
            || digits.starts_with('0')
            || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let count: u32 = digits.parse().ok()?;
        let (months, days) = match unit {
            "d" => (0, count),
            "w" => (0, count * 7),
            "mo" => (count, 0),
            "q" => (count * 3, 0),
            "y" => (count * 12, 0),
            _ => return None,
        };
        // What is not due within a century is never due.
        model::due::Every::new(months, days)?;
        Some(Self { text: text.to_owned(), months, days })
    }

    fn instead(text: &str) -> Option<String> {
        let (count, unit) = count_and_unit(text)?;
        match unit {
            "" => Some(format!("write the unit: `{count}mo` is in months, `{count}d` in days")),
            "m" => Some(format!("a month is `mo`: write `{count}mo`")),
            "d" | "w" | "mo" | "q" | "y" if count.len() <= 4 && !count.starts_with('0') => {
                Some("what is not due within a century is never due".to_owned())
            }
            _ => None,
        }
    }
}

impl Form for model::Date {
    const NAME: &'static str = "Date";
    const PATTERN: &'static str = Self::PATTERN;
    const EXPECTED: &'static str = "a date, written `2026-12-31`";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadence(text: &str) -> Cadence {
        Cadence::read(text).unwrap()
    }

    #[test]
    fn a_cadence_is_whole_days_as_written() {
        for text in ["1d", "90d", "2w", "1mo", "1q", "1y", "100y", "1200mo", "9999d"] {
            assert_eq!(cadence(text).to_string(), text);
        }
        for text in [
            "", "d", "0d", "01d", "1.5mo", "1m", "12h", "1 y", "1Y", "10000d", "1mo2d", "-1d", "1yy", "101y", "9999w",
            "1201mo",
        ] {
            assert_eq!(Cadence::read(text), None, "{text}");
        }
        let after = |text: &str, date: &str| cadence(text).after(date.parse().unwrap()).map(|date| date.to_string());
        assert_eq!(after("1q", "2026-11-30").as_deref(), Some("2027-02-28"));
        assert_eq!(after("2w", "2026-12-20").as_deref(), Some("2027-01-03"));
        assert_eq!(after("100y", "9950-12-20"), None);
    }

    #[test]
    fn the_unit_that_was_meant_is_named() {
        let period = |text: &str| Period::from_text(text).unwrap_err().help;
        let cadence = |text: &str| Cadence::from_text(text).unwrap_err().help;
        assert_eq!(period("2mo").as_deref(), Some("a length of time has no months: write `60d`; `m` is minutes"));
        assert_eq!(period("1q").as_deref(), Some("a length of time has no quarters: write `90d`"));
        assert_eq!(period("12").as_deref(), Some("write the unit: `12d` is in days"));
        assert_eq!(cadence("1m").as_deref(), Some("a month is `mo`: write `1mo`"));
        assert_eq!(cadence("12").as_deref(), Some("write the unit: `12mo` is in months, `12d` in days"));
        assert_eq!(cadence("101y").as_deref(), Some("what is not due within a century is never due"));
        assert_eq!((period("quarterly"), cadence("12h"), cadence("")), (None, None, None));
        assert_eq!(period("99999999999999999999mo"), None);
    }

    #[test]
    fn the_longer_of_two_is_longer_in_every_month() {
        for (window, every) in [
            ("90d", "90d"),
            ("1q", "3mo"),
            ("4q", "1y"),
            ("1y", "4q"),
            ("92d", "1q"),
            ("1q", "89d"),
            ("31d", "1mo"),
            ("366d", "1y"),
            ("1y", "365d"),
            ("2y", "1y"),
        ] {
            assert!(cadence(window).covers(&cadence(every)), "{window} {every}");
        }
        for (window, every) in [
            ("89d", "90d"),
            ("90d", "1q"),
            ("1q", "90d"),
            ("30d", "1mo"),
            ("1mo", "30d"),
            ("365d", "1y"),
            ("1mo", "1q"),
        ] {
            assert!(!cadence(window).covers(&cadence(every)), "{window} {every}");
        }
    }

    /// Every cadence of months against the calendar, from each day of eight years.
    #[test]
    fn shortest_and_longest_bound_the_calendar() {
        for months in 1..=30 {
            let one = cadence(&format!("{months}mo"));
            let mut date: model::Date = "2024-01-01".parse().unwrap();
            let (mut least, mut most) = (u32::MAX, 0);
            while date < "2032-01-01".parse().unwrap() {
                let days = u32::try_from((one.after(date).unwrap().epoch() - date.epoch()) / 86_400).unwrap();
                (least, most) = (least.min(days), most.max(days));
                date = date.later(0, 1).unwrap();
            }
            assert!(one.shortest() <= least && most <= one.longest(), "{months}: {least} {most}");
            assert!(least - one.shortest() <= 1 && one.longest() - most <= 1, "{months}: {least} {most}");
        }
    }
}
