//! Why something differs.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// What can be behind a difference: whatever it rests on that is itself another one in the two bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Cause {
    /// The source said something else.
    Environment = 1,
    /// What is declared is another: targets, controls, parameters, acceptances, the declared things themselves.
    Declaration = 2,
    /// The text of the check is another, or that of a library it needs.
    Checks = 4,
    /// Another program, which may read or judge otherwise.
    Tool = 8,
    /// What we were allowed to see: gaps, lists that do not end, records that are withheld, another identity.
    Visibility = 16,
    /// Nothing that it rests on is another; the day is.
    Time = 32,
}

impl Cause {
    pub const ALL: [Self; 6] =
        [Self::Environment, Self::Declaration, Self::Checks, Self::Tool, Self::Visibility, Self::Time];

    /// As an output spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Declaration => "declaration",
            Self::Checks => "checks",
            Self::Tool => "tool",
            Self::Visibility => "visibility",
            Self::Time => "time",
        }
    }
}

/// Several of them. None: nothing that it names as what it rests on differs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Causes(u8);

impl Causes {
    pub const NONE: Self = Self(0);
    /// Whatever it may be: it was not followed that far.
    pub(crate) const ANY: Self = Self(63);

    /// Those for which `cause` is so.
    #[must_use]
    pub const fn when(holds: bool, cause: Cause) -> Self {
        Self(if holds { cause as u8 } else { 0 })
    }

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn with(self, cause: Cause) -> Self {
        Self(self.0 | cause as u8)
    }

    #[must_use]
    pub const fn without(self, cause: Cause) -> Self {
        Self(self.0 & !(cause as u8))
    }

    #[must_use]
    pub const fn has(self, cause: Cause) -> bool {
        self.0 & cause as u8 != 0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Cause> {
        Cause::ALL.into_iter().filter(move |cause| self.has(*cause))
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn of_bits(bits: u8) -> Self {
        Self(bits & Self::ANY.0)
    }
}

impl From<Cause> for Causes {
    fn from(cause: Cause) -> Self {
        Self(cause as u8)
    }
}

impl FromIterator<Cause> for Causes {
    fn from_iter<I: IntoIterator<Item = Cause>>(causes: I) -> Self {
        causes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl std::fmt::Debug for Causes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// With `, ` between them.
impl std::fmt::Display for Causes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(Cause::as_str).collect();
        f.write_str(&if words.is_empty() { "not found".to_owned() } else { words.join(", ") })
    }
}

impl Serialize for Causes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl JsonSchema for Causes {
    fn schema_name() -> Cow<'static, str> {
        "Causes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Vec<Cause>>()
    }
}
