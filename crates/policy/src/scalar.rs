//! Words, durations, days and requirement ids: texts with a form of their own.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::decode::{Decode, text};
use crate::diagnostic::{Code, Reporter};
use crate::source::Located;
use crate::yaml::Node;

/// A text with a form of its own.
pub(crate) trait Form: Sized + Default {
    const NAME: &'static str;
    /// Regular expression of ECMA 262, for the schema.
    const PATTERN: &'static str;
    /// "expected …"
    const EXPECTED: &'static str;

    fn read(text: &str) -> Option<Self>;
}

impl<T: Form> Decode for Located<T> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let Some(written) = text(node, reporter) else {
            return Self::default();
        };
        match T::read(written) {
            Some(value) => Self::new(value, node.at),
            None => {
                reporter.error(node.at, Code::BadValue, format!("`{written}` is not {}", T::EXPECTED));
                Self::default()
            }
        }
    }
}

macro_rules! form_schema {
    ($($name:ident),+) => { $(
        impl JsonSchema for $name {
            fn inline_schema() -> bool { false }
            fn schema_name() -> Cow<'static, str> { <Self as Form>::NAME.into() }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": <Self as Form>::PATTERN, "description": <Self as Form>::EXPECTED })
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> { serializer.collect_str(self) }
        }
    )+ };
}

form_schema!(Id, CheckId, RequirementId, Period, Day, StandardId, Origin);

/// The name of a thing in the declaration. It stands in the keys of findings, so it has no `/` and no spaces.
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

fn is_word(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The id of a check: `aws-kms/key-rotates`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(String);

impl CheckId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for CheckId {
    const NAME: &'static str = "CheckId";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
    const EXPECTED: &'static str = "the id of a check, written `collector/check`";

    fn read(text: &str) -> Option<Self> {
        let (collector, check) = text.split_once('/')?;
        (is_word(collector) && is_word(check)).then(|| Self(text.to_owned()))
    }
}

/// A standard and its version: `ccss-9.0`. The same ids mean other things in other versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StandardId(String);

impl StandardId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StandardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for StandardId {
    const NAME: &'static str = "StandardId";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)+$";
    const EXPECTED: &'static str = "a standard with its version, written `ccss-9.0`";

    fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        (is_word(text) && parts.len() > 1 && parts.iter().all(|p| !p.is_empty()) && !text.contains(':'))
            .then(|| Self(text.to_owned()))
    }
}

/// One item of a standard, always with the standard's version: `ccss-9.0:1.05.1.1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId {
    pub standard: String,
    pub item: String,
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.standard, self.item)
    }
}

impl Form for RequirementId {
    const NAME: &'static str = "RequirementId";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)+:[A-Za-z0-9][A-Za-z0-9._-]*$";
    const EXPECTED: &'static str = "a requirement with its standard and version, written `ccss-9.0:1.05.1.1`";

    fn read(text: &str) -> Option<Self> {
        let (standard, item) = text.split_once(':')?;
        StandardId::read(standard)?;
        is_word(item).then(|| Self { standard: standard.to_owned(), item: item.to_owned() })
    }
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
}

/// A calendar day, `2026-12-31`. It starts and ends in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// The UTC day of a moment.
    #[must_use]
    pub fn of(moment: model::Timestamp) -> Self {
        jiff::Timestamp::from_millisecond(moment.as_millis())
            .map_or_else(|_| Self::default(), |t| Self(t.to_zoned(jiff::tz::TimeZone::UTC).date()))
    }

    /// Written `2026-12-31` and in no other way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day: jiff::civil::Date = text.parse().ok()?;
        (day.year() > 0 && day.to_string() == text).then_some(Self(day))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Form for Day {
    const NAME: &'static str = "Day";
    const PATTERN: &'static str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
    const EXPECTED: &'static str = "a day, written `2026-12-31`";

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

/// The name of a ledger as C2SP checkpoints carry it: one line without spaces and `+`, best a host and path that is yours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Form for Origin {
    const NAME: &'static str = "Origin";
    const PATTERN: &'static str = "^[^\\s+]{1,255}$";
    const EXPECTED: &'static str =
        "the name of a ledger: no spaces, no `+`, at most 255 bytes, for example `northbank.example/hot-wallet`";

    fn read(text: &str) -> Option<Self> {
        (text.len() <= 255
            && !text.is_empty()
            && text.chars().all(|c| !c.is_whitespace() && c != '+' && !c.is_control()))
        .then(|| Self(text.to_owned()))
    }
}
