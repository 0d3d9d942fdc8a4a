//! What the entity says it does, and what is looked at to see whether it does.

use diagnose::{Cadence, Decode, Id, Located, Node, Period, Reporter, entries, record, words};
use model::Date;
use schemars::JsonSchema;

use crate::ids::{CheckId, RequirementId};

record! {
    /// What the entity says it does.
    pub struct Control ("control") {
        required {
            /// Short name, part of the key of each finding.
            id: Located<Id>,
            /// One sentence.
            title: Located<String>,
        }
        optional {
            /// Requirements that it serves.
            requirements: Vec<Located<RequirementId>>,
            /// Threats that it answers.
            threats: Vec<Located<Id>>,
            /// How often we look.
            observe: Option<Observe>,
            /// What people do again and again.
            task: Option<Task>,
            /// Where it is written down.
            documents: Vec<DocumentUse>,
            /// What is looked at.
            checks: Vec<CheckUse>,
            /// Whether it is in place. Without it: `implemented`.
            status: Option<Located<ControlStatus>>,
            /// Why no configuration can show it: it is shown by documents and records alone.
            not_inspectable: Option<Located<String>>,
        }
    }
}

words! {
    /// Whether a control is in place.
    pub enum ControlStatus {
        /// It is.
        Implemented = "implemented",
        /// It will be.
        Planned = "planned",
    }
}

record! {
    /// How often a control is looked at.
    pub struct Observe ("observation") {
        required {
            /// A bundle with this control is due this often.
            every: Located<Period>,
        }
        optional {
            /// So long after it was due a bundle still counts for that time, and is late: half of `every` at most, which is the default.
            grace: Option<Located<Period>>,
        }
    }
}

record! {
    /// What people do again and again. Our looking never proves that they did.
    pub struct Task ("task") {
        required {
        }
        optional {
            /// How often it is due.
            every: Option<Located<Cadence>>,
            /// So many days after its due day it still counts for it, and is late: less than `every`. Default: 31 days, ending before the next due day.
            grace: Option<Located<Cadence>>,
            /// Why that is often enough, with the id of the threat that makes it so.
            because: Option<Located<String>>,
            /// How long a failure may stay unseen.
            detection_window: Option<Located<Cadence>>,
            /// The folder with the records that show it.
            records: Option<Located<String>>,
            /// When it was done.
            done: Vec<Done>,
        }
    }
}

record! {
    /// A task that was done.
    pub struct Done ("completed task") {
        required {
            /// The day.
            on: Located<Date>,
            /// Who did it.
            by: Located<String>,
        }
        optional {
            /// The record that shows it: a name, or a number.
            record: Option<Located<String>>,
        }
    }
}

record! {
    /// Where a control is written down: one of `documents`, or a file.
    pub struct DocumentUse ("document") {
        required {
        }
        optional {
            /// One of `documents`.
            document: Option<Located<Id>>,
            /// The file, relative to this one.
            path: Option<Located<String>>,
            /// `policy`, `procedure`, any word.
            kind as "type": Option<Located<Id>>,
            /// The section that counts.
            section: Option<Located<String>>,
            /// Whose it is.
            owner: Option<Located<String>>,
        }
    }
}

impl DocumentUse {
    /// What it is named by: its path, or one of `documents`.
    #[must_use]
    pub fn name(&self) -> &str {
        let path = self.path.as_ref().map(|path| path.value.as_str());
        path.or_else(|| self.document.as_ref().map(|id| id.value.as_str())).unwrap_or_default()
    }
}

record! {
    /// One check, put to targets with parameters.
    pub struct CheckUse ("use of a check") {
        required {
            /// The check.
            check as "use": Located<CheckId>,
        }
        optional {
            /// Targets; without it all that the check's collector reads.
            on: Option<Vec<Located<Id>>>,
            /// Parameters; `witnessmark checks` lists them with their defaults.
            with: Parameters,
            /// What is expected of the population.
            expect: Option<Expect>,
        }
    }
}

/// Parameters of a use of a check, as written. The check says which there are.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pub(crate) node: Option<Node>,
}

impl Parameters {
    /// As JSON; empty when nothing was written.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        match self.node.as_ref().map(Node::to_json) {
            Some(serde_json::Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        }
    }
}

impl Decode for Parameters {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        Self { node: entries(node, reporter).map(|_| node.clone()) }
    }
}

impl JsonSchema for Parameters {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Parameters".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

record! {
    /// What a use of a check expects of the population it is assigned to.
    pub struct Expect ("expectation") {
        required {
            /// Why a complete and empty population is as it should be.
            none: Located<String>,
        }
        optional {
        }
    }
}
