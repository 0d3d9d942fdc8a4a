//! What a collector can say for a first declaration, before there is one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A target that the credentials at hand lead to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundTarget {
    /// A short name for it. Collectors that find the same target give it the same name and settings.
    pub id: String,
    /// Its settings, with the identity it is pinned to.
    pub settings: Map<String, Value>,
    /// For a person: as whom it was reached, what could be narrowed. A comment in the declaration.
    pub note: String,
}

/// A key for the inventory of a first declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundKey {
    /// A short name for it; made unique by whoever writes the declaration.
    pub id: String,
    /// How it is known at the target: `alias/hot-signing`.
    pub key: String,
    /// For a person: what kind of key it is.
    pub note: String,
}
