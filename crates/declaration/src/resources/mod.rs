//! The declared things as resources: what checks judge, each part with the place in the declared files where it stands.
//!
//! Pure: the same files, and the same names in the folders of tasks' records, give the same resources, on whatever machine and day.

mod before;
mod facts;
mod indices;
mod operated;
mod seen;
mod things;

use std::collections::BTreeMap;

use diagnose::Span;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use crate::load::Loaded;

pub use before::Before;
pub use facts::KeptFacts;
pub use seen::{SEEN, carry_on, is_watched, seen_parts};

/// The id of the target that a declaration is to its checks, the name of the collector its resources are recorded under, and the id of
/// the control that uses its own rules.
pub const DECLARATION: &str = model::record::OWN_CONTROL;

/// The id of the target, and the name of the collector, of what is computed from the declaration and all targets together.
pub const JOINED: &str = model::record::JOINED;

/// One declared thing.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredThing {
    /// `declaration/threat`.
    pub kind: &'static str,
    /// Unique among those of its kind.
    pub id: String,
    /// A JSON object whose members are the parts.
    pub facts: Value,
    /// For each part the places where it stands, ascending: at least one. A part of which nothing is written stands where the thing does.
    pub parts: BTreeMap<String, Vec<WrittenAt>>,
}

/// A place in a declared file: the first character of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WrittenAt {
    /// Relative to the declaration's folder, `/` between names.
    pub path: String,
    /// Counted from 1.
    pub line: u64,
    /// Counted from 1, in Unicode scalar values.
    pub column: u64,
}

/// A kind of declared things.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredKind {
    pub kind: &'static str,
    /// The word for several of them, as a person reads it.
    pub plural: &'static str,
    /// JSON Schema (draft 2020-12) of the facts.
    pub schema: Value,
}

/// Why declared things could not be written down.
#[derive(Debug, thiserror::Error)]
#[error("`{kind}` `{id}` of the declaration cannot be written as JSON")]
pub struct ThingError {
    kind: &'static str,
    id: String,
    #[source]
    cause: serde_json::Error,
}

/// Every kind there is, ascending.
#[must_use]
pub fn kinds() -> Vec<DeclaredKind> {
    fn of<T: JsonSchema>(kind: &'static str, plural: &'static str) -> DeclaredKind {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        DeclaredKind { kind, plural, schema: generator.into_root_schema_for::<T>().to_value() }
    }
    vec![
        of::<facts::AcceptanceFacts>("declaration/acceptance", "acceptances"),
        of::<facts::ComponentFacts>("declaration/component", "components"),
        of::<facts::ControlFacts>("declaration/control", "controls"),
        of::<facts::DocumentFacts>("declaration/document", "documents"),
        of::<facts::ExclusionFacts>("declaration/exclusion", "exclusions"),
        of::<facts::HolderFacts>("declaration/holder", "key holders"),
        of::<facts::KeyFacts>("declaration/key", "keys"),
        of::<facts::ReviewedPartFacts>("declaration/reviewed-part", "parts that are reviewed as a whole"),
        of::<facts::RiskFacts>("declaration/risk", "risks"),
        of::<facts::RoleFacts>("declaration/role", "roles"),
        of::<facts::SystemFacts>("declaration/system", "systems"),
        of::<facts::TaskFacts>("declaration/task", "tasks"),
        of::<facts::ThirdPartyFacts>("declaration/third-party", "third parties"),
        of::<facts::ThreatFacts>("declaration/threat", "threats"),
        of::<facts::WalletFacts>("declaration/wallet", "wallets"),
    ]
}

impl Loaded {
    /// Every declared thing, by kind and in the order declared. `attached`: path and bytes of the documents that are sealed with the
    /// declaration.
    ///
    /// # Errors
    /// When facts cannot be written as JSON.
    pub fn things(&self, attached: &[(String, Vec<u8>)]) -> Result<Vec<DeclaredThing>, ThingError> {
        let mut things = Things { loaded: self, found: Vec::new() };
        things.all(attached)?;
        Ok(things.found)
    }
}

impl Loaded {
    /// How many declared things there are of each kind that has any, without making them.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let d = &self.declaration;
        let reviewed = [
            d.compromise_plan.is_some(),
            d.key_inventory.is_some() || self.has_part("keys").is_some(),
            d.risk_register.is_some() || self.has_part("risks").is_some(),
            d.threat_model.is_some() || self.has_part("threats").is_some(),
        ];
        let all = [
            ("declaration/acceptance", d.acceptances.len()),
            ("declaration/component", d.components.len()),
            ("declaration/control", d.controls.len()),
            ("declaration/document", d.documents.len()),
            ("declaration/exclusion", d.exclusions.len()),
            ("declaration/holder", d.key_holders.len()),
            ("declaration/key", d.keys.len()),
            ("declaration/reviewed-part", reviewed.into_iter().filter(|there| *there).count()),
            ("declaration/risk", d.risks.len()),
            ("declaration/role", d.roles.len()),
            ("declaration/system", 1),
            ("declaration/task", d.controls.iter().filter(|control| control.task.is_some()).count()),
            ("declaration/third-party", d.third_parties.len()),
            ("declaration/threat", d.threats.len()),
            ("declaration/wallet", d.wallets.len()),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

/// Puts things together with their places.
struct Things<'l> {
    loaded: &'l Loaded,
    found: Vec<DeclaredThing>,
}

impl Things<'_> {
    /// `places`: parts that stand elsewhere than the thing as a whole.
    fn add(
        &mut self,
        kind: &'static str,
        id: &str,
        at: Span,
        facts: &impl Serialize,
        places: &[(&str, Vec<Span>)],
    ) -> Result<(), ThingError> {
        let facts = serde_json::to_value(facts).map_err(|cause| ThingError { kind, id: id.to_owned(), cause })?;
        let whole: Vec<WrittenAt> = self.written(at).into_iter().collect();
        let mut parts = BTreeMap::new();
        for name in facts.as_object().into_iter().flat_map(|members| members.keys()) {
            let spans =
                places.iter().find(|(part, _)| part == name).map(|(_, spans)| spans.as_slice()).unwrap_or_default();
            let mut written: Vec<WrittenAt> = spans.iter().filter_map(|span| self.written(*span)).collect();
            written.sort();
            written.dedup();
            parts.insert(name.clone(), if written.is_empty() { whole.clone() } else { written });
        }
        self.found.push(DeclaredThing { kind, id: id.to_owned(), facts, parts });
        Ok(())
    }

    fn written(&self, at: Span) -> Option<WrittenAt> {
        self.loaded.written_at(at).map(|(path, line, column)| WrittenAt { path: path.to_owned(), line, column })
    }
}
