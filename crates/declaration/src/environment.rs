//! What the declaration is compared with: checks, collectors and standards of this program and of the entity.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde_json::{Map, Value};

use crate::catalogue::Standard;
use crate::resources::{DECLARATION, JOINED};

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
    /// The parts without which it comes to no outcome. Empty: not known, it counts as reading all of them.
    pub parts: BTreeSet<String>,
    /// The parts of the declaration itself that it asks for.
    pub declares: Vec<String>,
    /// For each parameter its JSON Schema. `default` fills it in; a parameter without is required.
    /// `x-stricter` says which values demand more: `lower`, `higher`, `fewer`, `more`, or the stricter truth value; `x-names` that a
    /// list only names what a check cannot know.
    pub parameters: Map<String, Value>,
}

/// What the checks that are used read.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    kinds: BTreeSet<String>,
    /// Kinds of which a check may read every part.
    whole: BTreeSet<String>,
    /// Kinds with their parts.
    facts: BTreeSet<(String, String)>,
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
    /// The target of this program's own that it is about: the declaration, or what is joined with it.
    #[must_use]
    pub(crate) fn own_target(&self) -> Option<&'static str> {
        let of = |target: &str| {
            let begins = |kind: &String| kind.split_once('/').is_some_and(|(collector, _)| collector == target);
            self.kinds().iter().any(begins)
        };
        [DECLARATION, JOINED].into_iter().find(|target| self.collector == *target || of(target))
    }

    /// The kinds of resources it reads.
    #[must_use]
    pub fn kinds(&self) -> &[String] {
        match &self.subject {
            CheckSubject::Resource(kind) => std::slice::from_ref(kind),
            CheckSubject::Target(reads) => reads,
        }
    }
}

impl Reads {
    /// Adds a check: the kinds that it reads, the parts of these that it needs, and what it asks of the declaration.
    pub fn add(&mut self, kinds: &[String], whole: bool, parts: impl IntoIterator<Item = String>, declares: &[String]) {
        self.facts.extend(declares.iter().map(|part| (DECLARATION.to_owned(), part.clone())));
        let parts: Vec<String> = parts.into_iter().collect();
        for kind in kinds {
            self.kinds.insert(kind.clone());
            if whole || parts.is_empty() {
                self.whole.insert(kind.clone());
            }
            self.facts.extend(parts.iter().map(|part| (kind.clone(), part.clone())));
        }
    }

    /// Whether some check reads resources of this kind.
    #[must_use]
    pub fn kind(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// Whether some check reads this part of this kind.
    #[must_use]
    pub fn fact(&self, kind: &str, part: &str) -> bool {
        self.whole.contains(kind) || self.facts.contains(&(kind.to_owned(), part.to_owned()))
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
