//! Catalogues of standards: the requirements that a control may name.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The files of `policies/catalogues`, by name: name and text.
const SHIPPED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

/// A standard's catalogue: a file of `policies/catalogues/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standard {
    /// Name and version in lower case, `name-version`.
    pub id: String,
    pub requirements: Vec<Requirement>,
}

/// One item of a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    pub id: String,
    pub aspect: String,
    pub level: u32,
    /// Paraphrased; no text of the standard.
    pub demand: String,
    /// For each method (`review`, `inspect`, `observe`, `interview`) whether it is `expected` or `optional`.
    pub methods: BTreeMap<String, String>,
    /// What a reader of configuration can do for the inspect step: `A`, `B`, `C`, `D`.
    pub reach: String,
}

/// Why a text is not a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a catalogue of a standard: {reason}")]
pub struct CatalogueError {
    pub reason: String,
}

impl Standard {
    /// The standards that this program ships, in the order of their files' names.
    ///
    /// # Errors
    /// When a shipped catalogue is damaged.
    pub fn shipped() -> Result<Vec<Self>, CatalogueError> {
        SHIPPED.iter().map(|(name, text)| Self::parse(name, text)).collect()
    }

    /// Reads a file of `policies/catalogues/`.
    pub fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        #[derive(Deserialize)]
        struct File {
            standard: String,
            version: String,
            requirements: Vec<Requirement>,
        }
        let refused = |why: &dyn std::fmt::Display| CatalogueError { reason: format!("{name}: {why}") };
        let json = diagnose::to_json(text).map_err(|fault| refused(&fault))?;
        let file: File = serde_json::from_value(json).map_err(|error| refused(&error))?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = file.requirements.iter().find(|r| !seen.insert(r.id.as_str())) {
            return Err(refused(&format_args!("requirement `{}` is a duplicate", twice.id)));
        }
        Ok(Self { id: format!("{}-{}", file.standard.to_lowercase(), file.version), requirements: file.requirements })
    }

    /// The requirement with this id, without the standard's name.
    #[must_use]
    pub fn requirement(&self, item: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|r| r.id == item)
    }
}
