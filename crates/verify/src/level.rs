//! How much is proven.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// How much is proven; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// All parts belong to one statement.
    Integrity,
    /// A trusted key signed that statement, in its role and at its index.
    Authenticity,
    /// The trusted ledger key signed a head that contains it at its place.
    Position,
    /// A third party fixed that head in time.
    Time,
    /// No one is shown another ledger.
    NonEquivocation,
}

/// Why a text is not a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a level is one of `L0`, `L1`, `L2`, `L3`, `L4`")]
pub struct ParseLevelError;

impl Level {
    pub const ALL: [Self; 5] = [Self::Integrity, Self::Authenticity, Self::Position, Self::Time, Self::NonEquivocation];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "L0",
            Self::Authenticity => "L1",
            Self::Position => "L2",
            Self::Time => "L3",
            Self::NonEquivocation => "L4",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Authenticity => "authenticity",
            Self::Position => "position in the ledger",
            Self::Time => "trusted time",
            Self::NonEquivocation => "non-equivocation",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(ParseLevelError)
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Level {
    fn schema_name() -> Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Self::ALL.map(Self::as_str) })
    }
}
