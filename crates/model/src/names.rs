//! Names that are in every record: its type, references to records, outcomes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::Parsed;

/// Whether a text may stand in a statement: 1 to 256 bytes without control characters (`docs/spec/bundle.md` §3).
#[must_use]
pub fn is_statement_text(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The types of records, in the order in which their segments are in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecordType {
    Run,
    Host,
    Declaration,
    Check,
    Acceptance,
    Assignment,
    Route,
    Peer,
    Exchange,
    Params,
    Body,
    Coverage,
    Gap,
    Resource,
    Derived,
    Recorded,
    Finding,
    Control,
}

impl RecordType {
    /// All types in segment order.
    pub const ALL: [Self; 18] = [
        Self::Run,
        Self::Host,
        Self::Declaration,
        Self::Check,
        Self::Acceptance,
        Self::Assignment,
        Self::Route,
        Self::Peer,
        Self::Exchange,
        Self::Params,
        Self::Body,
        Self::Coverage,
        Self::Gap,
        Self::Resource,
        Self::Derived,
        Self::Recorded,
        Self::Finding,
        Self::Control,
    ];

    /// The value of a record's `t`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Host => "host",
            Self::Declaration => "declaration",
            Self::Check => "check",
            Self::Acceptance => "acceptance",
            Self::Assignment => "assignment",
            Self::Route => "route",
            Self::Peer => "peer",
            Self::Exchange => "exchange",
            Self::Params => "params",
            Self::Body => "body",
            Self::Coverage => "coverage",
            Self::Gap => "gap",
            Self::Resource => "resource",
            Self::Derived => "derived",
            Self::Recorded => "recorded",
            Self::Finding => "finding",
            Self::Control => "control",
        }
    }

    /// Whether a redacted copy must still show every record of this type.
    #[must_use]
    pub const fn always_disclosed(self) -> bool {
        matches!(
            self,
            Self::Run
                | Self::Check
                | Self::Assignment
                | Self::Route
                | Self::Peer
                | Self::Exchange
                | Self::Coverage
                | Self::Gap
                | Self::Control
        )
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecordType {
    type Err = ParseRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|t| t.as_str() == text).ok_or(ParseRefError)
    }
}

/// A reference to a record: `<type>:<ordinal within the type>`, the ordinal counted from 0 without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    pub kind: RecordType,
    pub ordinal: u64,
}

/// Why a text is not a reference to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference to a record is written as `exchange:12`")]
pub struct ParseRefError;

impl RecordRef {
    #[must_use]
    pub const fn new(kind: RecordType, ordinal: u64) -> Self {
        Self { kind, ordinal }
    }
}

impl fmt::Display for RecordRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.ordinal)
    }
}

impl FromStr for RecordRef {
    type Err = ParseRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, ordinal) = text.split_once(':').ok_or(ParseRefError)?;
        // One number, one text: `parse` takes a sign and leading zeros too.
        let plain = ordinal.bytes().all(|byte| byte.is_ascii_digit()) && (ordinal == "0" || !ordinal.starts_with('0'));
        if !plain {
            return Err(ParseRefError);
        }
        Ok(Self { kind: kind.parse()?, ordinal: ordinal.parse().map_err(|_| ParseRefError)? })
    }
}

impl Serialize for RecordRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for RecordRef {
    fn schema_name() -> Cow<'static, str> {
        "RecordRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let types: Vec<&str> = RecordType::ALL.iter().map(|kind| kind.as_str()).collect();
        json_schema!({
            "type": "string",
            "pattern": format!("^({}):(0|[1-9][0-9]*)$", types.join("|")),
            "description": "a record of the bundle, written `exchange:12`",
        })
    }
}

impl<'de> Deserialize<'de> for RecordRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::new("a reference to a record, `exchange:12`"))
    }
}

/// What a check says of one subject, or a control of all of its subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Conforms,
    Deviates,
    Undetermined,
    NotApplicable,
}

impl Outcome {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Deviates => "deviates",
            Self::Undetermined => "undetermined",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a deviation matters, as the check's author sees it. Never used for an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_one_text() {
        assert_eq!("exchange:12".parse(), Ok(RecordRef::new(RecordType::Exchange, 12)));
        for bad in ["exchange:012", "exchange:-1", "exchange", "Exchange:1", "exchange:+1", "nothing:1"] {
            assert_eq!(bad.parse::<RecordRef>(), Err(ParseRefError), "{bad}");
        }
    }

    #[test]
    fn every_type_has_its_serde_name() {
        for kind in RecordType::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert!(RecordType::ALL.is_sorted());
    }
}
