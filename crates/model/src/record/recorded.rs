//! What a person saw, and stands for with their signature.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Date, Digest, RecordRef};

/// `recorded`: a person's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub id: String,
    pub method: RecordMethod,
    /// Requirements and controls, each once.
    pub about: Vec<About>,
    /// The person's name, as they wrote it.
    pub by: String,
    /// For whom they say they act. Who an auditor is the trust file says.
    pub role: ActsFor,
    /// The day on which it was seen.
    pub on: Date,
    /// The day on which the task of these controls was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_on: Option<Date>,
    /// The last day on which it counts.
    pub expires: Date,
    pub says: Says,
    pub text: String,
    /// Ascending by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// How a person came to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecordMethod {
    /// Read documents and records.
    Review,
    /// Looked at how things are configured.
    Inspect,
    /// Watched people do it.
    Observe,
    /// Asked people.
    Interview,
}

impl RecordMethod {
    /// As a record spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Inspect => "inspect",
            Self::Observe => "observe",
            Self::Interview => "interview",
        }
    }
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// With its standard: `name-version:item`.
    Requirement(String),
    Control(String),
}

/// For whom somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActsFor {
    /// Whose system it is.
    Entity,
    /// Who helps the entity to build or document it.
    Implementer,
    /// Who judges it.
    Auditor,
}

impl ActsFor {
    /// As a record spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Implementer => "implementer",
            Self::Auditor => "auditor",
        }
    }
}

/// What follows from what was seen, for the requirements and controls that the record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// It is as they say.
    Supports,
    /// It is not.
    Contradicts,
}

impl Says {
    /// As a record spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supports => "supports",
            Self::Contradicts => "contradicts",
        }
    }
}

/// A file beside a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub name: String,
    /// In bytes.
    pub size: u64,
    pub sha256: Digest,
    /// Where its bytes are sealed; absent where only the digest is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<RecordRef>,
}
