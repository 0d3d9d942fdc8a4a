//! The form in which a person writes down what they saw: `docs/spec/record.md`. Read like a declaration, and held against one.

use std::collections::BTreeSet;

use diagnose::{
    Code, Decode, Diagnostic, Id, Located, Reporter, Severity, SourceMap, Span, has_errors, help_known, record, words,
    yaml,
};
use model::Date;
use model::record::{About, ActsFor, RecordMethod, Says};
use serde_json::Value;

use crate::catalogue::Standard;
use crate::declared::Declaration;
use crate::ids::RequirementId;
use crate::load::resolve;
use crate::schema::as_parsed;
use crate::{placeholders, steering};

/// A form to be filled in, with comments.
pub const RECORD_TEMPLATE: &str = include_str!("record_template.yaml");
/// Most requirements and controls of one record, and most attachments: what the format holds.
const MOST: usize = 256;

record! {
    /// What a person saw, read or was told, and stands for with their signature.
    pub struct RecordForm ("record") {
        required {
            /// Version of this form: 1.
            witnessmark_record: Located<u32>,
            /// Name of the record, not used before in this ledger.
            id: Located<Id>,
            /// How the person came to know.
            method: Located<FormMethod>,
            /// Name of the person.
            by: Located<String>,
            /// For whom the person acts. Who an auditor is the trust file says.
            role: Located<FormRole>,
            /// The day on which it was seen.
            on: Located<Date>,
            /// The last day on which it counts.
            expires: Located<Date>,
            /// What follows from it for the requirements and controls that it is about.
            says: Located<FormSays>,
            /// What was seen, in words.
            text: Located<String>,
        }
        optional {
            /// Requirements that it is about.
            requirements: Vec<Located<RequirementId>>,
            /// Controls that it is about.
            controls: Vec<Located<Id>>,
            /// The day on which the task of these controls was done.
            done_on: Option<Located<Date>>,
            /// Files that belong to it.
            attachments: Vec<FormAttachment>,
        }
    }
}

record! {
    /// A file that belongs to a record.
    pub struct FormAttachment ("attachment") {
        required {
            /// Its path, beside or below the form.
            path: Located<String>,
        }
        optional {
            /// Seal its size and digest only. Whoever is shown the file can compare it.
            private: Option<Located<bool>>,
        }
    }
}

words! {
    /// How a person came to know.
    pub enum FormMethod {
        /// Read documents and records.
        Review = "review",
        /// Looked at how things are configured.
        Inspect = "inspect",
        /// Watched people do it.
        Observe = "observe",
        /// Asked people.
        Interview = "interview",
    }
}

words! {
    /// For whom a person acts.
    pub enum FormRole {
        /// Whose system it is.
        Entity = "entity",
        /// Who helps the entity to build or document it.
        Implementer = "implementer",
        /// Who judges it.
        Auditor = "auditor",
    }
}

words! {
    /// What follows from what was seen.
    pub enum FormSays {
        /// It is as it is said to be.
        Supports = "supports",
        /// It is not.
        Contradicts = "contradicts",
    }
}

impl FormMethod {
    /// As a bundle holds it.
    #[must_use]
    pub const fn sealed(self) -> RecordMethod {
        match self {
            Self::Review => RecordMethod::Review,
            Self::Inspect => RecordMethod::Inspect,
            Self::Observe => RecordMethod::Observe,
            Self::Interview => RecordMethod::Interview,
        }
    }
}

impl FormRole {
    /// As a bundle holds it.
    #[must_use]
    pub const fn sealed(self) -> ActsFor {
        match self {
            Self::Entity => ActsFor::Entity,
            Self::Implementer => ActsFor::Implementer,
            Self::Auditor => ActsFor::Auditor,
        }
    }
}

impl FormSays {
    /// As a bundle holds it.
    #[must_use]
    pub const fn sealed(self) -> Says {
        match self {
            Self::Supports => Says::Supports,
            Self::Contradicts => Says::Contradicts,
        }
    }
}

impl FormAttachment {
    /// Its path in the form's folder. It was checked when the form was read.
    #[must_use]
    pub fn name(&self) -> String {
        resolve("", &self.path.value).unwrap_or_else(|_| self.path.value.clone())
    }

    /// Whether its digest alone is sealed.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private.as_ref().is_some_and(|private| private.value)
    }
}

impl RecordForm {
    /// What it is about, as a bundle holds it.
    #[must_use]
    pub fn about(&self) -> Vec<About> {
        let requirements = self.requirements.iter().map(|one| About::Requirement(one.to_string()));
        requirements.chain(self.controls.iter().map(|one| About::Control(one.to_string()))).collect()
    }
}

/// A form that was read, with everything that is wrong with it.
#[derive(Debug)]
pub struct ReadForm {
    pub form: RecordForm,
    pub diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl ReadForm {
    #[must_use]
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// All that is wrong, as text for a person.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        diagnose::render(&self.diagnostics, &self.sources, colour)
    }

    /// Adds what a reader of the attachments found, at the place that names one.
    pub fn fault(&mut self, at: Span, message: String) {
        self.diagnostics.push(Diagnostic::new(&self.sources, Severity::Error, at, Code::Unreadable, message));
    }
}

/// What a form is held against.
#[derive(Clone, Copy, Debug)]
pub struct FormAgainst<'a> {
    pub declaration: &'a Declaration,
    pub standards: &'a [Standard],
    /// The UTC date: nothing was seen after it, and no record that has expired is worth a signature.
    pub today: Date,
}

/// Reads a form and holds it against a declaration. `name` is what a person is shown, and the file's name in the sealed record.
#[must_use]
pub fn read_form(name: &str, bytes: &[u8], against: &FormAgainst<'_>) -> ReadForm {
    let mut sources = SourceMap::default();
    let text = String::from_utf8_lossy(bytes).into_owned();
    let whole = bytes.len() <= yaml::MAX_FILE && text.as_bytes() == bytes;
    // Of what is no text, or far too long, nothing is shown.
    let number = sources.add(name.to_owned(), if whole { text.clone() } else { String::new() });
    let mut reporter = Reporter::new(&sources);
    let mut form = RecordForm::default();
    if whole {
        if let Some(tree) = yaml::parse(number, &text, &mut reporter) {
            placeholders::report(&tree, &mut reporter);
            steering::report(&tree, &mut reporter);
            // What is still to be written has no form yet that could be right or wrong.
            if reporter.found.is_empty() {
                form = RecordForm::decode(&tree, &mut reporter);
                Holding { form: &form, against, reporter: &mut reporter }.all(name);
            }
        }
    } else {
        let problem = match bytes.len() {
            size if size > yaml::MAX_FILE => format!("it has {size} bytes, and a form at most {}", yaml::MAX_FILE),
            _ => "it is not UTF-8".to_owned(),
        };
        reporter.error(Span::new(number, 0..0), Code::Unreadable, problem);
    }
    let mut diagnostics = reporter.found;
    diagnostics.sort_by_key(|d| (d.at, d.severity));
    ReadForm { form, diagnostics, sources }
}

/// JSON Schema (draft 2020-12) of the form.
#[must_use]
pub fn record_schema() -> Value {
    let mut schema = as_parsed::<RecordForm>();
    if let Some(version) = schema.pointer_mut("/properties/witnessmark_record").and_then(Value::as_object_mut) {
        version.retain(|key, _| key == "description");
        version.insert("const".to_owned(), 1.into());
    }
    schema.insert("$id".to_owned(), "urn:witnessmark:record:v1".into());
    schema.insert("title".to_owned(), "Witnessmark record of a person, version 1".into());
    schema.to_value()
}

/// What its form leaves open.
struct Holding<'f, 'r, 's> {
    form: &'f RecordForm,
    against: &'f FormAgainst<'f>,
    reporter: &'r mut Reporter<'s>,
}

impl Holding<'_, '_, '_> {
    fn all(&mut self, name: &str) {
        let form = self.form;
        let version = &form.witnessmark_record;
        if version.is_written() && version.value != 1 {
            let problem = format!("the form is of version {}, and this program reads version 1", version.value);
            self.reporter.error(version.at, Code::BadValue, problem).help("a newer `witnessmark` may read it");
        }
        self.about();
        self.days();
        self.attachments(name);
    }

    fn about(&mut self) {
        let form = self.form;
        let count = form.requirements.len() + form.controls.len();
        if count == 0 {
            self.reporter
                .error(form.written, Code::MissingKey, "it names no requirement and no control that it is about")
                .help("name some under `requirements` or `controls`");
        }
        if count > MOST {
            let problem = format!("it is about {count} requirements and controls, and a record about at most {MOST}");
            self.reporter.error(form.written, Code::BadValue, problem);
        }
        let mut once = BTreeSet::new();
        for id in form.requirements.iter().filter(|id| id.is_written()) {
            self.requirement(id);
            self.twice(&mut once, "requirement", id.to_string(), id.at);
        }
        let controls = &self.against.declaration.controls;
        for id in form.controls.iter().filter(|id| id.is_written()) {
            if !controls.iter().any(|control| control.id.value == id.value) {
                let known: Vec<&str> = controls.iter().map(|control| control.id.as_str()).collect();
                self.reporter
                    .error(id.at, Code::UnknownReference, format!("the declaration has no control `{id}`"))
                    .maybe_help(help_known(id.as_str(), &known, "there are"));
            }
            self.twice(&mut once, "control", id.to_string(), id.at);
        }
    }

    fn requirement(&mut self, id: &Located<RequirementId>) {
        let standards = self.against.standards;
        let (problem, help) = match standards.iter().find(|standard| standard.id == id.standard) {
            None => {
                let known: Vec<&str> = standards.iter().map(|standard| standard.id.as_str()).collect();
                (format!("there is no catalogue of `{}`", id.standard), help_known(&id.standard, &known, "there are"))
            }
            Some(standard) if standard.requirement(&id.item).is_none() => {
                let known: Vec<&str> = standard.requirements.iter().map(|one| one.id.as_str()).collect();
                let problem = format!("`{}` has no requirement `{}`", standard.id, id.item);
                (problem, help_known(&id.item, &known, "it has"))
            }
            Some(_) => return,
        };
        self.reporter.error(id.at, Code::UnknownReference, problem).maybe_help(help);
    }

    fn twice(&mut self, once: &mut BTreeSet<(&'static str, String)>, what: &'static str, id: String, at: Span) {
        let problem = format!("{what} `{id}` is named twice");
        if !once.insert((what, id)) {
            self.reporter.error(at, Code::DuplicateId, problem);
        }
    }

    fn days(&mut self) {
        let (form, today) = (self.form, self.against.today);
        let (on, expires) = (&form.on, &form.expires);
        if on.is_written() && on.value > today {
            self.reporter
                .error(on.at, Code::BadValue, format!("{on} is after today, {today} (UTC)"))
                .help("a record is of what was seen already");
        }
        if expires.is_written() && expires.value < today {
            self.reporter.error(expires.at, Code::BadValue, format!("it expired before today, {today} (UTC)"));
        } else if expires.is_written() && on.is_written() && expires.value < on.value {
            self.reporter.error(expires.at, Code::BadValue, "it expires before it was seen").related(on.at, "seen");
        }
        let Some(done) = form.done_on.as_ref().filter(|done| done.is_written()) else { return };
        if on.is_written() && done.value > on.value {
            self.reporter.error(done.at, Code::BadValue, "it was done after it was seen").related(on.at, "seen");
        }
        if let Some(requirement) = form.requirements.first() {
            self.reporter
                .error(done.at, Code::BadValue, "only the task of a control is done on a day")
                .related(requirement.at, "a requirement that it is about");
        }
        let controls = &self.against.declaration.controls;
        for id in form.controls.iter().filter(|id| id.is_written()) {
            if controls.iter().any(|control| control.id.value == id.value && control.task.is_none()) {
                let problem = format!("control `{id}` has no task that could have been done");
                self.reporter.error(id.at, Code::BadValue, problem).related(done.at, "done");
            }
        }
    }

    fn attachments(&mut self, name: &str) {
        let attachments = &self.form.attachments;
        if let Some(one) = attachments.get(MOST) {
            let problem = format!("it has {} attachments, and a record at most {MOST}", attachments.len());
            self.reporter.error(one.written, Code::BadValue, problem);
        }
        let mut once = BTreeSet::from([name.to_owned()]);
        for one in attachments.iter().filter(|one| one.path.is_written()) {
            match resolve("", &one.path.value) {
                Err(problem) => {
                    let problem = problem.replace("the declaration's", "the form's");
                    self.reporter.error(one.path.at, Code::BadValue, format!("`{}` {problem}", one.path));
                }
                Ok(path) if !once.insert(path.clone()) => {
                    let problem = match path == name {
                        true => "the form itself is sealed with the record".to_owned(),
                        false => format!("`{path}` is attached twice"),
                    };
                    self.reporter.error(one.path.at, Code::DuplicateId, problem);
                }
                Ok(_) => {}
            }
        }
    }
}
