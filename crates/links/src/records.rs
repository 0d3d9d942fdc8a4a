//! What people saw, and what each record counts for.

use declaration::{Method, RequirementId};
use model::record::{About, ActsFor, Says};
use model::{Date, Digest};
use schemars::JsonSchema;
use serde::Serialize;

/// The records of persons that are at hand, and the day for which is asked what they count.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub day: Date,
    pub all: Vec<PersonRecord>,
    pub not_believed: Vec<NotBelieved>,
}

/// A record that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonRecord {
    /// Its index in the ledger.
    pub bundle: u64,
    pub id: String,
    pub method: Method,
    pub about: Vec<About>,
    /// The name that they wrote.
    pub by: String,
    /// For whom they say they act.
    pub role: ActsFor,
    /// Whose key signed it; absent where the trust file does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderOf>,
    pub on: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_on: Option<Date>,
    pub expires: Date,
    pub says: Says,
    pub text: String,
    /// How many files belong to it.
    pub attachments: usize,
    /// SHA-256 of the SPKI of the key that signed it.
    pub key: Digest,
}

/// Whose key it is, as the trust file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolderOf {
    pub name: String,
    #[serde(rename = "as")]
    pub acts_for: ActsFor,
}

/// A record that counts for nothing, as it could not be verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotBelieved {
    pub bundle: u64,
    pub why: String,
}

/// What a record counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// It is an auditor's: its method is covered.
    Covers,
    /// It is the entity's own, or its implementer's, or of somebody who is not shown to be an auditor: material for one.
    Prepares,
    /// It has expired.
    Expired,
}

/// A record where it is shown, with what it counts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordRow {
    #[serde(flatten)]
    pub record: PersonRecord,
    pub counts: Weight,
}

/// Two ways to look at one thing that do not say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contradiction {
    /// `control AC-MFA`, `requirement name-version:item`
    pub about: String,
    /// Ids of the records that say it, each with its bundle.
    pub records: Vec<(String, u64)>,
    pub text: String,
}

/// How many records there are, and which are not shown at any of the things that were asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordTotals {
    pub day: Date,
    pub count: u64,
    pub expired: u64,
    /// Ids of those that are about other things.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_believed: Vec<NotBelieved>,
}

impl PersonRecord {
    /// Whether it is shown to be an auditor's: they say so, and the trust file says it of the key's holder.
    #[must_use]
    pub fn is_auditors(&self) -> bool {
        self.role == ActsFor::Auditor && self.holder.as_ref().is_some_and(|holder| holder.acts_for == ActsFor::Auditor)
    }

    /// What it counts for on a day.
    #[must_use]
    pub fn weight(&self, day: Date) -> Weight {
        match (self.expires < day, self.is_auditors()) {
            (true, _) => Weight::Expired,
            (false, true) => Weight::Covers,
            (false, false) => Weight::Prepares,
        }
    }

    /// Who it is by, and how that is known, in words.
    #[must_use]
    pub fn who(&self) -> String {
        let role = self.role.as_str();
        match &self.holder {
            None => format!("{}, who says: {role}; the trust file names no holder of the key", self.by),
            Some(holder) => {
                let name =
                    if holder.name == self.by { String::new() } else { format!(", with the key of {}", holder.name) };
                let shown = holder.acts_for.as_str();
                let role = if holder.acts_for == self.role {
                    shown.to_owned()
                } else {
                    format!("says: {role}; the trust file says: {shown}")
                };
                format!("{}{name} ({role})", self.by)
            }
        }
    }

    pub(crate) fn about_control(&self, id: &str) -> bool {
        self.about.iter().any(|one| matches!(one, About::Control(control) if control == id))
    }

    pub(crate) fn about_requirement(&self, id: &RequirementId) -> bool {
        let id = id.to_string();
        self.about.iter().any(|one| matches!(one, About::Requirement(requirement) if *requirement == id))
    }
}

/// What a record is about, in words.
#[must_use]
pub fn about_words(about: &About) -> String {
    match about {
        About::Control(id) => format!("control {id}"),
        About::Requirement(id) => format!("requirement {id}"),
    }
}
