//! What a collector says of itself before it is run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything about a collector that is known without running it. Owned, so that a program of another language can send one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The folder's name: `aws-kms`.
    pub name: String,
    /// One sentence for `witnessmark collectors list`.
    pub summary: String,
    /// The kinds of resources it can record.
    pub resources: Vec<ResourceKind>,
    /// Every right it may use. No call outside this list is ever made.
    pub rights: Vec<Right>,
    /// JSON Schema of the settings of a target of this collector (the members besides `id` and `collector`).
    pub settings: Value,
    /// Host names, and with a dot in front their sub-domains, that are the source's own. An answer from elsewhere makes a run a rehearsal.
    /// `*`: the address is its owner's choice, and what makes the source the right one is its pinned identity over TLS. This machine is never it.
    pub endpoints: Vec<String>,
    /// Sources beside its own that it asks too: a cluster's collector asks AWS who has access.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlsoAsks>,
    /// What could be done with exactly these permissions if they were stolen, in plain words.
    pub thief: String,
}

/// A source beside the collector's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlsoAsks {
    /// The setting of a target without which nothing is asked there.
    pub setting: String,
    /// How the operations begin that are asked there: `eks:`.
    pub operations: String,
    /// Its own host names, as in `endpoints`; for these operations no other counts.
    pub endpoints: Vec<String>,
}

impl Descriptor {
    /// What remains of it for a target with these settings: without the rights that it does not take, and without the kinds
    /// that only those list.
    #[must_use]
    pub fn for_target(mut self, settings: &Map<String, Value>) -> Self {
        let also = &self.also;
        let (taken, left): (Vec<Right>, Vec<Right>) = std::mem::take(&mut self.rights).into_iter().partition(|right| {
            let beside = also.iter().find(|also| right.name.starts_with(&also.operations));
            beside.is_none_or(|also| settings.contains_key(&also.setting))
        });
        let lists = |rights: &[Right], kind: &str| {
            rights.iter().flat_map(|right| &right.feeds).any(|feed| feed.kind == kind && feed.part.is_none())
        };
        self.resources.retain(|one| lists(&taken, &one.kind) || !lists(&left, &one.kind));
        self.rights = taken;
        self
    }
}

/// One kind of resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceKind {
    /// `<collector>/<kind>`: `aws-kms/key`.
    pub kind: String,
    /// JSON Schema of `facts`. Its top-level properties are the parts of the kind.
    pub schema: Value,
    /// Parts that nothing else is computed from, as tags and descriptions are: what somebody wrote there and seems to be a secret
    /// costs the part alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<String>,
}

impl ResourceKind {
    /// The kind whose facts are values of `T`: its schema (draft 2020-12) is of what they are written as, not of what could be read as one.
    #[must_use]
    pub fn of<T: JsonSchema>(kind: &str) -> Self {
        let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
        Self {
            kind: kind.to_owned(),
            schema: generator.into_root_schema_for::<T>().to_value(),
            annotations: Vec::new(),
        }
    }

    /// The same with parts that nothing else is computed from.
    #[must_use]
    pub fn with_annotations(mut self, parts: &[&str]) -> Self {
        self.annotations = parts.iter().map(|&part| part.to_owned()).collect();
        self
    }

    /// What is wrong with its annotations; empty: nothing.
    #[must_use]
    pub fn unknown_annotations(&self) -> Vec<String> {
        let parts = self.parts();
        let unknown = self.annotations.iter().filter(|part| !parts.contains(part));
        unknown.map(|part| format!("`{}` has no part `{part}` to be an annotation", self.kind)).collect()
    }

    /// The parts of the kind: the schema's top-level properties.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        match self.schema.get("properties") {
            Some(Value::Object(members)) => members.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

/// One right, as the source spells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Right {
    /// `kms:ListKeys`.
    pub name: String,
    /// What is lost without it. Empty: nothing a check can see (a reconciliation, an identity).
    pub feeds: Vec<Feed>,
    /// Whether the source can refuse it at all; `sts:GetCallerIdentity` cannot be refused.
    pub deniable: bool,
    /// A reader's note: why it is needed, where a key policy shuts IAM out.
    pub note: String,
}

/// What a right feeds: a whole population, or one part of each of its members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    pub kind: String,
    /// `None`: the list itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

impl Feed {
    /// The list of all resources of this kind.
    #[must_use]
    pub fn list(kind: &str) -> Self {
        Self { kind: kind.to_owned(), part: None }
    }

    /// One part of every resource of this kind.
    #[must_use]
    pub fn part(kind: &str, part: &str) -> Self {
        Self { kind: kind.to_owned(), part: Some(part.to_owned()) }
    }
}

/// The name of a population: the kind, and the scope where the source lists by scope: `aws-kms/key@eu-west-1`.
#[must_use]
pub fn population(kind: &str, scope: Option<&str>) -> String {
    match scope {
        Some(scope) => format!("{kind}@{scope}"),
        None => kind.to_owned(),
    }
}

/// The kind whose members a population lists.
#[must_use]
pub fn kind_of_population(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}
