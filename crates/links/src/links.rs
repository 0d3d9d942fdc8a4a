//! A declaration and the catalogues that it refers to, walked along its links.

use declaration::{
    Control, ControlStatus, Declaration, Loaded, NotApplicable, Requirement, RequirementId, Standard, Threat,
};
use diagnose::{Span, help_known};
use schemars::JsonSchema;
use serde::Serialize;

use crate::records::Records;

/// Where something is declared: a file of the declaration, line and column counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    pub file: String,
    pub line: u64,
    pub column: u64,
}

/// Why a question has no answer: whose move it is stands in the words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Unanswerable {
    pub problem: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Unanswerable {
    pub(crate) fn new(problem: impl Into<String>, help: Option<String>) -> Self {
        Self { problem: problem.into(), help }
    }
}

/// A use of a check by the declaration's own rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub check: String,
    pub targets: Vec<String>,
}

/// A declaration and the catalogues that it refers to.
#[derive(Clone, Copy, Debug)]
pub struct Links<'d> {
    loaded: &'d Loaded,
    standards: &'d [Standard],
    records: Option<&'d Records>,
    rules: &'d [Rule],
}

/// Whether a control is in place; `implemented` where nothing is written.
pub fn status(control: &Control) -> ControlStatus {
    control.status.as_ref().map_or(ControlStatus::Implemented, |status| status.value)
}

impl<'d> Links<'d> {
    #[must_use]
    pub const fn new(loaded: &'d Loaded, standards: &'d [Standard]) -> Self {
        Self { loaded, standards, records: None, rules: &[] }
    }

    /// The same, with what people saw.
    #[must_use]
    pub const fn with_records(self, records: &'d Records) -> Self {
        Self { records: Some(records), ..self }
    }

    /// What people saw; `None` where nobody looked.
    pub(crate) const fn records(&self) -> Option<&'d Records> {
        self.records
    }

    /// The same with the declaration's own rules, as a plan or a bundle has them.
    #[must_use]
    pub const fn with_rules(self, rules: &'d [Rule]) -> Self {
        Self { rules, ..self }
    }

    pub(crate) const fn rules(&self) -> &'d [Rule] {
        self.rules
    }

    pub(crate) const fn declaration(&self) -> &'d Declaration {
        &self.loaded.declaration
    }

    pub(crate) fn place(&self, at: Span) -> Option<Place> {
        let (file, line, column) = self.loaded.written_at(at)?;
        Some(Place { file: file.to_owned(), line, column })
    }

    /// Whether the declaration's first file has this member.
    pub(crate) fn has_part(&self, name: &str) -> bool {
        self.loaded.has_part(name).is_some()
    }

    /// The standard that was asked for, else the declared one.
    pub(crate) fn standard(&self, asked: Option<&str>) -> Result<&'d Standard, Unanswerable> {
        let known: Vec<&str> = self.standards.iter().map(|standard| standard.id.as_str()).collect();
        let declared = self.declaration().system.standard.as_ref().map(|standard| standard.as_str());
        let Some(id) = asked.or(declared) else {
            let help = format!("name one with `--standard`: {}", known.join(", "));
            return Err(Unanswerable::new("the declaration names no standard under `system`", Some(help)));
        };
        self.standards.iter().find(|standard| standard.id == id).ok_or_else(|| {
            Unanswerable::new(format!("there is no catalogue of `{id}`"), help_known(id, &known, "there are"))
        })
    }

    /// The catalogue's entry of a requirement.
    pub(crate) fn requirement(&self, id: &RequirementId) -> Option<(&'d Standard, &'d Requirement)> {
        let standard = self.standards.iter().find(|standard| standard.id == id.standard)?;
        Some((standard, standard.requirement(&id.item)?))
    }

    /// The controls that say they serve a requirement.
    pub(crate) fn serving(&self, id: &RequirementId) -> impl Iterator<Item = &'d Control> {
        let id = id.clone();
        self.declaration().controls.iter().filter(move |control| control.requirements.iter().any(|one| one.value == id))
    }

    /// The controls that say they answer a threat.
    pub(crate) fn answering(&self, threat: &str) -> impl Iterator<Item = &'d Control> {
        let threat = threat.to_owned();
        self.declaration().controls.iter().filter(move |c| c.threats.iter().any(|one| one.as_str() == threat))
    }

    pub(crate) fn threat(&self, id: &str) -> Option<&'d Threat> {
        self.declaration().threats.iter().find(|threat| threat.id.as_str() == id)
    }

    /// The reason for which a requirement is declared not to apply.
    pub(crate) fn not_applicable(&self, id: &RequirementId) -> Option<&'d NotApplicable> {
        self.declaration().not_applicable.iter().find(|one| one.requirement.value == *id)
    }

    /// All catalogues.
    pub(crate) const fn standards(&self) -> &'d [Standard] {
        self.standards
    }
}
