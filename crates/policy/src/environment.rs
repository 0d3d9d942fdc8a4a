//! What the declaration is held against: checks, collectors and standards of this program and of the entity.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// All that `check` and `plan` may know beside the declaration.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub checks: CheckCatalogue,
    /// By name.
    pub collectors: BTreeMap<String, CollectorInfo>,
    pub standards: Vec<Standard>,
    /// Decides what has expired. Without it nothing is said about that.
    pub now: Option<Timestamp>,
}

/// The checks there are, shipped and own, by id.
#[derive(Clone, Debug, Default)]
pub struct CheckCatalogue {
    pub checks: BTreeMap<String, CheckMeta>,
}

/// What a control needs to know of a check.
#[derive(Clone, Debug)]
pub struct CheckMeta {
    pub id: String,
    pub title: String,
    /// The collector whose resources it reads.
    pub collector: String,
    pub subject: CheckSubject,
    /// For each parameter its JSON Schema. `default` fills it in; a parameter without is required.
    /// `x-stricter` says which values demand more: `lower`, `higher`, `fewer`, `more`, or the stricter truth value.
    pub parameters: Map<String, Value>,
}

/// What a check is evaluated on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckSubject {
    /// Once per resource of this kind.
    Resource(String),
    /// Once per target, over these kinds.
    Target(Vec<String>),
}

impl CheckMeta {
    /// The kinds of resources it reads.
    #[must_use]
    pub fn kinds(&self) -> &[String] {
        match &self.subject {
            CheckSubject::Resource(kind) => std::slice::from_ref(kind),
            CheckSubject::Target(reads) => reads,
        }
    }
}

/// What a target needs to know of a collector.
#[derive(Clone, Debug, Default)]
pub struct CollectorInfo {
    pub name: String,
    /// JSON Schema of an object: the settings of a target that this collector reads.
    pub settings: Value,
    /// Kinds of resources that it can read. Empty: not known, nothing is checked against it.
    pub kinds: BTreeSet<String>,
    /// Rights that it uses, as the source spells them. Empty: not known.
    pub rights: BTreeSet<String>,
}

/// A standard's catalogue: a file of `policies/catalogues/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standard {
    /// Name and version: `ccss-9.0`.
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

/// Why a text is no catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a catalogue of a standard: {reason}")]
pub struct CatalogueError {
    pub reason: String,
}

impl Standard {
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
