//! The technical part of the trusted environment: what is read, and what no collector reads.

use diagnose::yaml::{Entry, Value};
use diagnose::{Id, Located, OneOrMany, Span, record};

record! {
    /// One configured thing to read, pinned to its own identity.
    pub struct Target ("target") {
        required {
            /// Short name.
            id: Located<Id>,
            /// Who reads it: one collector, or several that read the same thing.
            collector: OneOrMany<Located<Id>>,
        }
        optional {
            /// Whether its collectors run in processes of their own, so that one that crashes costs no other target anything.
            isolate: Option<Located<bool>>,
        }
        rest {
            /// Settings of its collectors; `witnessmark collectors` lists them.
            settings: Settings
        }
    }
}

impl Target {
    /// Whether resources of this collector come from this target: it is named, or it is the name of the program that is.
    #[must_use]
    pub fn is_read_by(&self, collector: &str) -> bool {
        self.collector.as_slice().iter().any(|name| name.as_str() == collector)
            || self.program().is_some_and(|(name, _)| name == collector)
    }

    /// The name of the program that reads it, and where it stands.
    #[must_use]
    pub fn program(&self) -> Option<(&str, Span)> {
        let runs = self.collector.as_slice().iter().any(|name| name.as_str() == PROGRAMS);
        let name = self.settings.entries.iter().find(|entry| runs && entry.key.value == "name")?;
        match &name.value.value {
            Value::Scalar { text, .. } => Some((text, name.value.at)),
            Value::List(_) | Value::Map(_) => None,
        }
    }
}

/// The collector that runs programs; its setting `name` says whose resources they record.
const PROGRAMS: &str = "exec";

/// The settings of a target, as written. Which there are is the collectors' to say.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(crate) entries: Vec<Entry>,
}

impl Settings {
    /// The schema of a target allows keys that it does not list.
    const OPEN: bool = true;

    pub(crate) fn push(&mut self, entry: &Entry) {
        self.entries.push(entry.clone());
    }

    /// As JSON, in the order written.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.entries.iter().map(|e| (e.key.value.clone(), e.value.to_json())).collect()
    }
}

record! {
    /// A part of the trusted environment that no collector reads: documents and records show it.
    pub struct Component ("component") {
        required {
            /// Short name.
            id: Located<Id>,
        }
        optional {
            /// Name for people.
            name: Option<Located<String>>,
            /// Ids of the records that show it.
            evidence: Vec<Located<Id>>,
        }
    }
}
