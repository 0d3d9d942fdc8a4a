//! Whose ledger a bundle is of, and how that ledger stands to what was proven of it before.

use std::fmt;

use bundle::statement::Predicate;
use schemars::JsonSchema;
use serde::Serialize;

/// Whose bundles a ledger holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub entity: String,
    pub system: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entity `{}`, system `{}`", self.entity, self.system)
    }
}

impl Owner {
    pub(crate) fn of(said: &Predicate) -> Self {
        Self { entity: said.entity.clone(), system: said.system.clone() }
    }
}

/// How the ledger of a bundle stands to the head that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Continuity {
    /// No head was given to compare with.
    NothingSeen,
    /// It is the head that was seen.
    Same,
    /// It continues the head that was seen.
    Continues,
    /// It was proven before to be of the ledger that was seen.
    Known,
    /// The two could not be compared with what is at hand.
    NotComparable,
}
