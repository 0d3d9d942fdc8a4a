//! Values that are written as one text: ids, periods, dates, and whatever else implements [`Form`].

use std::fmt;

use crate::decode::{Decode, text};
use crate::diagnostic::{Code, Reporter};
use crate::source::Located;
use crate::yaml::Node;

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
}

impl<T: Form> FromText for T {
    fn from_text(text: &str) -> Result<Self, BadText> {
        T::read(text).ok_or_else(|| BadText { message: format!("`{text}` is not {}", T::EXPECTED), help: None })
    }
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

form_schema!(Id, Period);

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
}

impl Form for model::Date {
    const NAME: &'static str = "Date";
    const PATTERN: &'static str = Self::PATTERN;
    const EXPECTED: &'static str = "a date, written `2026-12-31`";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}
