//! Catalogues of standards: the requirements that a control may name. A file of its own each, shipped or the entity's;
//! nothing in this program knows a standard otherwise.

use std::collections::BTreeMap;

use diagnose::yaml::{self, MAX_FILE};
use diagnose::{
    Code, Decode, Diagnostic, Form, Id, Located, Node, Reporter, SourceMap, Span, entries, has_errors, help_known,
    record, words,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::ids::{RequirementId, StandardId};
use crate::load::Loaded;
use crate::schema::as_parsed;

/// The files of `policies/catalogues`, by name: name and text.
const SHIPPED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

record! {
    /// The requirements of one version of a standard, in words of one's own.
    pub struct CatalogueFile ("catalogue") {
        required {
            /// The standard's name. With the version, in small letters, it is the standard's id: `Rules` and `1.0` give `rules-1.0`.
            standard: Located<String>,
            /// The version, in quotes.
            version: Located<String>,
            /// Its requirements, in the order in which they are shown.
            requirements: Vec<RequirementEntry>,
        }
        optional {
            /// Where the standard itself is.
            source: Option<Located<String>>,
            /// What a reader has to know of this file: whose words these are, what it does not cover. Shown wherever the catalogue is used.
            notes: Vec<Located<String>>,
            /// For each group of requirements its title.
            aspects: Aspects,
        }
    }
}

record! {
    /// One item of a standard.
    pub struct RequirementEntry ("requirement") {
        required {
            /// As the standard numbers it, in quotes.
            id: Located<Id>,
            /// What is demanded, in words of one's own: a standard's text belongs to its publisher.
            demand: Located<String>,
        }
        optional {
            /// The level from which on it is demanded, from 1. Without it: at every level.
            level: Option<Located<u32>>,
            /// The group it is shown in, one of `aspects`.
            aspect: Option<Located<Id>>,
            /// By which methods an auditor is expected to look at it.
            methods: WantedMethods,
            /// When `inspect` is expected, in words.
            inspect_condition: Option<Located<String>>,
            /// What reading configuration can do for the inspection.
            reach: Option<Located<Reach>>,
            /// More on `reach`, in words.
            reach_note: Option<Located<String>>,
            /// Facts that an inspection could look at, in words.
            candidate_facts: Option<Located<String>>,
        }
    }
}

record! {
    /// By which methods an auditor is expected to look at a requirement. A method that is left out is not asked for.
    pub struct WantedMethods ("list of methods") {
        required {
        }
        optional {
            /// Read documents and records.
            review: Option<Located<Wanted>>,
            /// Look at how things are configured.
            inspect: Option<Located<Wanted>>,
            /// Watch people do it.
            observe: Option<Located<Wanted>>,
            /// Ask people.
            interview: Option<Located<Wanted>>,
        }
    }
}

words! {
    /// Whether a method is asked for.
    pub enum Wanted {
        /// An auditor does without it only for a reason.
        Expected = "expected",
        /// An auditor may do without it.
        Optional = "optional",
    }
}

words! {
    /// What reading configuration can do for the inspection of a requirement.
    pub enum Reach {
        /// It carries most of it.
        A = "A",
        /// It corroborates a part of it.
        B = "B",
        /// Only the entity's own registers can be checked.
        C = "C",
        /// Nothing: it is physical, or about people.
        D = "D",
    }
}

/// One of the four ways to get evidence. No requirement is closed by one of them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    Review,
    Inspect,
    Observe,
    Interview,
}

impl Method {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Review, Self::Inspect, Self::Observe, Self::Interview];

    /// As catalogues spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Inspect => "inspect",
            Self::Observe => "observe",
            Self::Interview => "interview",
        }
    }
}

/// For each group of requirements its title.
#[derive(Clone, Debug, Default)]
pub struct Aspects {
    by_id: Vec<(Located<String>, Located<String>)>,
}

impl Decode for Aspects {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let members = entries(node, reporter).unwrap_or_default();
        Self { by_id: members.iter().map(|e| (e.key.clone(), Decode::decode(&e.value, reporter))).collect() }
    }
}

impl JsonSchema for Aspects {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Aspects".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

/// One version of a standard, as a catalogue describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standard {
    /// Name and version in lower case, `name-version`.
    pub id: String,
    /// Where the standard itself is.
    pub source: Option<String>,
    /// What a reader has to know of the catalogue.
    pub notes: Vec<String>,
    /// Titles of the groups of requirements, by id.
    pub aspects: BTreeMap<String, String>,
    /// In the order of the file.
    pub requirements: Vec<Requirement>,
}

/// One item of a standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub id: String,
    /// The id of its group.
    pub aspect: Option<String>,
    /// Demanded from this level on.
    pub level: u32,
    /// Paraphrased; no text of the standard.
    pub demand: String,
    /// The methods that are asked for.
    pub methods: BTreeMap<Method, Wanted>,
    /// When an inspection is expected, in words.
    pub inspect_condition: Option<String>,
    pub reach: Option<Reach>,
}

/// Why a text is not a catalogue, with the places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a catalogue of a standard:\n{rendered}")]
pub struct CatalogueError {
    pub diagnostics: Vec<Diagnostic>,
    rendered: String,
}

impl Standard {
    /// The standards that this program ships, in the order of their files' names.
    ///
    /// # Errors
    /// When a shipped catalogue is damaged.
    pub fn shipped() -> Result<Vec<Self>, CatalogueError> {
        SHIPPED.iter().map(|(name, text)| Self::parse(name, text)).collect()
    }

    /// Reads a catalogue. `name` is what a person is shown.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        let mut sources = SourceMap::default();
        read(&mut sources, name, text).map_err(|diagnostics| {
            let rendered = diagnose::render(&diagnostics, &sources, false).trim_end().to_owned();
            CatalogueError { diagnostics, rendered }
        })
    }

    /// The requirement with this id, without the standard's name.
    #[must_use]
    pub fn requirement(&self, item: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|r| r.id == item)
    }

    /// The highest level at which something is demanded.
    #[must_use]
    pub fn highest_level(&self) -> u32 {
        self.requirements.iter().map(|r| r.level).max().unwrap_or(1)
    }
}

impl Loaded {
    /// Takes from the catalogues from which level on the requirements are demanded that third parties are said to meet: a certificate of a lower
    /// level does not cover them.
    pub fn take_levels(&mut self, standards: &[Standard]) {
        let covered = self.declaration.third_parties.iter().flat_map(|party| &party.covers);
        let level = |id: &Located<RequirementId>| {
            let standard = standards.iter().find(|standard| standard.id == id.standard)?;
            Some((id.to_string(), standard.requirement(&id.item)?.level))
        };
        self.levels = covered.filter_map(level).collect();
    }

    /// Reads a catalogue that lies beside the declaration, in a folder that is named at `at`. What is wrong with it can be rendered with
    /// the declaration's own diagnostics.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn catalogue(&mut self, at: Span, shown: &str, bytes: &[u8]) -> Result<Standard, Vec<Diagnostic>> {
        let text = String::from_utf8_lossy(bytes);
        if bytes.len() > MAX_FILE || matches!(text, std::borrow::Cow::Owned(_)) {
            let problem = if bytes.len() > MAX_FILE {
                format!("`{shown}` has {} bytes, and a catalogue at most {MAX_FILE}", bytes.len())
            } else {
                format!("`{shown}` is not UTF-8")
            };
            return Err(vec![self.unreadable(at, &problem)]);
        }
        read(&mut self.sources, shown, &text)
    }
}

/// JSON Schema (draft 2020-12) of a catalogue file.
#[must_use]
pub fn catalogue_schema() -> Value {
    let mut schema = as_parsed::<CatalogueFile>();
    schema.insert("$id".to_owned(), "urn:witnessmark:catalogue:v1".into());
    schema.insert("title".to_owned(), "Witnessmark catalogue of a standard, version 1".into());
    schema.to_value()
}

fn read(sources: &mut SourceMap, name: &str, text: &str) -> Result<Standard, Vec<Diagnostic>> {
    let number = sources.add(name.to_owned(), text.to_owned());
    let mut reporter = Reporter::new(sources);
    let tree = yaml::parse(number, text, &mut reporter);
    let file = tree.map(|tree| CatalogueFile::decode(&tree, &mut reporter)).unwrap_or_default();
    check(&file, &mut reporter);
    let mut found = reporter.found;
    if has_errors(&found) {
        found.sort_by_key(|d| (d.at, d.severity));
        return Err(found);
    }
    Ok(Standard {
        id: id_of(&file),
        source: file.source.map(|source| source.value),
        notes: file.notes.into_iter().map(|note| note.value).collect(),
        aspects: file.aspects.by_id.into_iter().map(|(id, title)| (id.value, title.value)).collect(),
        requirements: file.requirements.into_iter().map(requirement).collect(),
    })
}

fn id_of(file: &CatalogueFile) -> String {
    format!("{}-{}", file.standard.value.to_lowercase(), file.version.value)
}

/// What the form of a catalogue leaves open.
fn check(file: &CatalogueFile, reporter: &mut Reporter<'_>) {
    if file.standard.is_written() && file.version.is_written() && StandardId::read(&id_of(file)).is_none() {
        reporter
            .error(file.standard.at, Code::BadValue, format!("`{}` is not {}", id_of(file), StandardId::EXPECTED))
            .help("the standard's name and its version make its id: letters, digits, `.`, `_` and `-`");
    }
    if reporter.found.is_empty() && file.requirements.is_empty() {
        reporter.error(file.written, Code::BadValue, "this catalogue has no requirement");
    }
    let aspects: Vec<&str> = file.aspects.by_id.iter().map(|(id, _)| id.value.as_str()).collect();
    let mut first = BTreeMap::new();
    for entry in &file.requirements {
        if entry.id.is_written()
            && let Some(before) = first.insert(entry.id.as_str(), entry.id.at)
        {
            reporter
                .error(entry.id.at, Code::DuplicateId, format!("a second requirement with the id `{}`", entry.id))
                .related(before, "the first one");
        }
        if let Some(level) = entry.level.as_ref().filter(|level| level.is_written() && level.value == 0) {
            reporter.error(level.at, Code::BadValue, "levels count from 1");
        }
        if let Some(aspect) = entry.aspect.as_ref().filter(|a| a.is_written() && !aspects.contains(&a.as_str())) {
            reporter
                .error(aspect.at, Code::UnknownReference, format!("`aspects` has no `{aspect}`"))
                .maybe_help(help_known(aspect.as_str(), &aspects, "there are"));
        }
    }
}

fn requirement(entry: RequirementEntry) -> Requirement {
    let RequirementEntry { methods: m, .. } = &entry;
    let wanted = [
        (Method::Review, &m.review),
        (Method::Inspect, &m.inspect),
        (Method::Observe, &m.observe),
        (Method::Interview, &m.interview),
    ];
    Requirement {
        methods: wanted.iter().filter_map(|(method, wanted)| Some((*method, wanted.as_ref()?.value))).collect(),
        id: entry.id.to_string(),
        aspect: entry.aspect.map(|aspect| aspect.to_string()),
        level: entry.level.map_or(1, |level| level.value),
        demand: entry.demand.value,
        inspect_condition: entry.inspect_condition.map(|condition| condition.value),
        reach: entry.reach.map(|reach| reach.value),
    }
}
