//! What an acceptance is about, as it is in its record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::collected::GapReason;

/// What an acceptance is about. A member that is absent narrows nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Covers {
    /// The findings of one check of one control that say that this subject deviates.
    Deviation {
        control: String,
        check: String,
        /// The subject's id, without its kind.
        subject: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// The gaps of one target.
    Gap {
        target: String,
        /// `aws-kms/key` for every place of that kind, `aws-kms/key@eu-west-1` for that place alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        population: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        right: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
        /// The subject's id, without its kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason_is: Option<GapReason>,
    },
}
