//! Reads the declaration, what it includes and what it imports, through a loader, into one tree and then into types.

use std::collections::{BTreeMap, BTreeSet};

use diagnose::decode::{text, wrong_type};
use diagnose::yaml::{self, Entry, Value};
use diagnose::{Code, Decode, Diagnostic, Located, Node, Reporter, Severity, SourceMap, Span, has_errors};

use crate::declared::{Declaration, Task};
use crate::registers::{self, Register};
use crate::resources::KeptFacts;
use crate::systems::{self, Elsewhere};
use crate::{placeholders, steering};

/// Stands for every list, where a file could not be read.
pub(crate) const ANY: &str = "*";

/// What to do where there is no declaration.
const BEGIN: &str = "`witnessmark init` writes a first one; `-d FILE` names one that lies elsewhere";

/// Files of one declaration.
const MAX_FILES: usize = 256;

/// Gives the bytes of a file. Paths are as in `root_path`, `/` between names.
///
/// A loader on a real file system must not follow a link out of the declaration's folder: only it can see that.
pub trait Loader {
    /// The whole file.
    fn load(&self, path: &str) -> std::io::Result<Vec<u8>>;
}

impl<F: Fn(&str) -> std::io::Result<Vec<u8>>> Loader for F {
    fn load(&self, path: &str) -> std::io::Result<Vec<u8>> {
        self(path)
    }
}

/// A file of the declaration, as it was read.
#[derive(Clone, Debug)]
pub struct DeclaredFile {
    /// Relative to the declaration's own folder, `/` between names. This is the path that is sealed.
    pub path: String,
    /// As the loader was asked for it; this is what a person is shown.
    pub shown: String,
    /// Exactly what the loader gave.
    pub bytes: Vec<u8>,
}

/// A declaration as it was read. Usable when there are no errors among `diagnostics`.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub declaration: Declaration,
    /// Every file that was read, the root first: these are sealed.
    pub files: Vec<DeclaredFile>,
    pub sources: SourceMap,
    pub diagnostics: Vec<Diagnostic>,
    tree: Option<Node>,
    /// Lists of which a part could not be read, which was reported: what they seem to lack may be in that part.
    pub(crate) unread: BTreeSet<String>,
    /// What of the files belongs to other systems of the entity.
    pub(crate) elsewhere: Elsewhere,
    /// From which level on requirements are demanded that third parties are said to meet, by their whole ids, as far as it is known.
    pub(crate) levels: BTreeMap<String, u32>,
    /// What the folders of tasks' records hold, by where they are named.
    kept: BTreeMap<Span, KeptFacts>,
}

impl Loaded {
    #[must_use]
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// A top-level part (`keys`, `threats`) as JSON, includes merged: what a check asks for by `declares:`.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<serde_json::Value> {
        match &self.tree.as_ref()?.value {
            Value::Map(entries) => entries.iter().find(|e| e.key.value == name).map(|e| e.value.to_json()),
            _ => None,
        }
    }

    /// How many things of its files belong to other systems of the entity, and are kept out.
    #[must_use]
    pub fn of_other_systems(&self) -> usize {
        self.elsewhere.counts.values().sum()
    }

    /// The folders with the records of tasks, each with the records that must be in it.
    #[must_use]
    pub fn records(&self) -> Vec<(Attachment, Vec<&Located<String>>)> {
        let tasks = self.declaration.controls.iter().filter_map(|control| control.task.as_ref());
        let folder = |task: &Task| {
            let written = task.records.as_ref()?;
            let path = self.path(written).ok()?;
            Some(Attachment { shown: self.shown(&path), path, at: written.at })
        };
        tasks
            .filter_map(|task| {
                Some((folder(task)?, task.done.iter().filter_map(|done| done.record.as_ref()).collect()))
            })
            .collect()
    }

    /// Takes what the folders of tasks' records hold, each with the place where it is named ([`Attachment::at`]).
    pub fn take_records(&mut self, kept: BTreeMap<Span, KeptFacts>) {
        self.kept = kept;
    }

    pub(crate) fn kept(&self, at: &Span) -> Option<&KeptFacts> {
        self.kept.get(at)
    }

    /// Something about the records of a task that is not as it is declared.
    #[must_use]
    pub fn missing_record(&self, at: Span, message: &str) -> Diagnostic {
        Diagnostic::new(&self.sources, Severity::Warning, at, Code::MissingRecord, message.to_owned())
    }

    /// The whole declaration as JSON, includes merged, as any YAML reader would see it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.tree.as_ref().map(Node::to_json).unwrap_or_default()
    }

    /// The documents and signatures that the declaration names: they are sealed with it. Imported registers are files of it.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        let declaration = &self.declaration;
        let named = declaration.controls.iter().flat_map(|c| &c.documents).filter_map(|d| d.path.as_ref());
        let documents = declaration.documents.iter().filter_map(|d| d.path.as_ref()).chain(named);
        let signatures = declaration.acceptances.iter().filter_map(|a| a.signature.as_ref());
        let mut all: Vec<Attachment> = Vec::new();
        for written in documents.chain(signatures) {
            if let Ok(path) = self.path(written)
                && !all.iter().any(|a| a.path == path)
            {
                all.push(Attachment { shown: self.shown(&path), path, at: written.at });
            }
        }
        all
    }

    /// Where a value is written, as records point to it: the path of the file, and line and column of the value's first character,
    /// both from 1, the column in Unicode scalar values. An object stands at its first key, a value of which nothing is written at its own. `None`
    /// where neither was written.
    #[must_use]
    pub fn written_at(&self, at: Span) -> Option<(&str, u64, u64)> {
        let file = self.files.get(usize::try_from(at.file()).ok()?)?;
        let text = self.sources.text(at)?;
        let mut start = at.range().start.min(text.len());
        while !text.get(start..).is_some_and(|rest| rest.starts_with(|first| !matches!(first, '\n' | '\r'))) {
            start = start.checked_sub(1)?;
        }
        let (place, _) = self.sources.places(Span::new(at.file(), start..start))?;
        Some((&file.path, u64::try_from(place.line).ok()?, u64::try_from(place.column).ok()?))
    }

    /// The folders with checks of the entity's own, as the loader knows them.
    #[must_use]
    pub fn policy_folders(&self) -> Vec<String> {
        self.declaration
            .policies
            .iter()
            .filter_map(|folder| self.path(folder).ok())
            .map(|path| self.shown(&path))
            .collect()
    }

    /// The folders with catalogues of the entity's own: where each is named, its path in the declaration's folder, and as the loader
    /// knows it.
    #[must_use]
    pub fn catalogue_folders(&self) -> Vec<Attachment> {
        let written = self.declaration.catalogues.iter();
        written
            .filter_map(|folder| {
                let path = self.path(folder).ok()?;
                Some(Attachment { shown: self.shown(&path), path, at: folder.at })
            })
            .collect()
    }

    /// A written path relative to the declaration's folder. It is written relative to the file it is in.
    pub(crate) fn path(&self, written: &Located<String>) -> Result<String, &'static str> {
        let from =
            usize::try_from(written.at.file()).ok().and_then(|n| self.files.get(n)).map_or("", |f| f.path.as_str());
        resolve(from, &written.value)
    }

    fn shown(&self, path: &str) -> String {
        // The root is shown as it was asked for, so what is before its name is the folder.
        let prefix = self.files.first().and_then(|f| f.shown.strip_suffix(f.path.as_str())).unwrap_or_default();
        format!("{prefix}{path}")
    }

    /// A fault that a reader of attachments or own checks found, at the place that names them.
    #[must_use]
    pub fn unreadable(&self, at: Span, message: &str) -> Diagnostic {
        Diagnostic::new(&self.sources, Severity::Error, at, Code::Unreadable, message.to_owned())
    }

    /// Where the name of a member of the first file stands, if it has one.
    #[must_use]
    pub fn has_part(&self, name: &str) -> Option<Span> {
        match &self.tree.as_ref()?.value {
            Value::Map(entries) => entries.iter().find(|e| e.key.value == name).map(|e| e.key.at),
            _ => None,
        }
    }

    /// Diagnostics about this declaration as text for a person.
    #[must_use]
    pub fn render(&self, diagnostics: &[Diagnostic], colour: bool) -> String {
        diagnose::render(diagnostics, &self.sources, colour)
    }
}

/// A file that the declaration names and that is sealed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Relative to the declaration's own folder.
    pub path: String,
    /// As a loader knows it.
    pub shown: String,
    /// Where it is named first.
    pub at: Span,
}

/// Reads the declaration at `root_path` and all that it includes. Everything wrong with its form is in `diagnostics`.
#[must_use]
pub fn load(root_path: &str, loader: &dyn Loader) -> Loaded {
    let folder = root_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = root_path.rsplit_once('/').map_or(root_path, |(_, name)| name);
    let mut reading = Reading {
        folder,
        loader,
        files: Vec::new(),
        sources: SourceMap::default(),
        diagnostics: Vec::new(),
        merged: Vec::new(),
        open: Vec::new(),
        registers: BTreeMap::new(),
        unread: BTreeSet::new(),
    };
    let root_at = reading.file(name, Span::NONE);
    reading.unread();
    let Reading { files, sources, mut diagnostics, mut merged, mut unread, .. } = reading;
    // Of a list that is written twice the second is not read.
    let twice = diagnostics.iter().filter(|one| one.code == Code::DuplicateKey && one.column == Some(1));
    unread.extend(twice.filter_map(|one| one.message.split('`').nth(1)).map(str::to_owned));
    let no_list = merged.iter().filter(|entry| !matches!(entry.value.value, Value::List(_)));
    unread.extend(no_list.map(|entry| entry.key.value.clone()));

    let mut reporter = Reporter::new(&sources);
    let elsewhere = systems::keep_own(&mut merged, &mut reporter);
    let (declaration, tree) = match root_at {
        Some(at) => {
            let tree = Node { at, value: Value::Map(merged) };
            placeholders::report(&tree, &mut reporter);
            steering::report(&tree, &mut reporter);
            (Declaration::decode(&tree, &mut reporter), Some(tree))
        }
        None => (Declaration::default(), None),
    };
    let version = &declaration.witnessmark;
    if version.is_written() && version.value != 1 {
        reporter
            .error(
                version.at,
                Code::BadValue,
                format!("the declaration is of version {}, and this program reads version 1", version.value),
            )
            .help("a newer `witnessmark` may read it");
    }
    diagnostics.append(&mut reporter.found);
    diagnostics.sort_by_key(|d| (d.at, d.severity));
    let (levels, kept) = (BTreeMap::new(), BTreeMap::new());
    Loaded { declaration, files, sources, diagnostics, tree, unread, elsewhere, levels, kept }
}

struct Reading<'a> {
    folder: &'a str,
    loader: &'a dyn Loader,
    files: Vec<DeclaredFile>,
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
    merged: Vec<Entry>,
    /// Files being read, outermost first.
    open: Vec<String>,
    /// Imported registers, by path; `None`: it cannot be used, which was reported.
    registers: BTreeMap<String, Option<Register>>,
    /// Lists of which a part could not be read; `*`: any may be.
    unread: BTreeSet<String>,
}

impl Reading<'_> {
    /// Reads one file and what it includes into `merged`; the place of its first key.
    fn file(&mut self, path: &str, asked: Span) -> Option<Span> {
        let (file, text) = self.text(path, asked)?;
        let mut tree = None;
        self.report(|r| {
            tree = yaml::parse(file, &text, r);
            placeholders::comments(file, &text, r);
        });
        let node = tree?;
        let Value::Map(members) = node.value else {
            self.report(|r| {
                r.error(
                    node.at,
                    Code::WrongType,
                    format!("expected an object with `witnessmark`, `entity`, `system`, found {}", node.describe()),
                );
            });
            return None;
        };
        let included = self.merge(path, members);
        self.open.push(path.to_owned());
        self.include(path, &included);
        self.open.pop();
        Some(node.at)
    }

    /// The text of a file of the declaration, which is sealed, and its number.
    fn text(&mut self, path: &str, asked: Span) -> Option<(u32, String)> {
        let shown = self.shown(path);
        let fault = |what: String| (Code::Unreadable, what);
        let read = match self.loader.load(&shown) {
            Err(error) => Err(fault(format!("cannot read `{shown}`: {error}"))),
            Ok(bytes) if bytes.len() > yaml::MAX_FILE => Err(fault(format!(
                "`{shown}` has {} bytes, and a file of a declaration at most {}",
                bytes.len(),
                yaml::MAX_FILE
            ))),
            Ok(bytes) => String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                (Code::Unreadable, format!("`{shown}` is not UTF-8 from byte {at} on: save it as UTF-8"))
            }),
        };
        match read {
            Ok(text) => {
                let bytes = text.clone().into_bytes();
                self.files.push(DeclaredFile { path: path.to_owned(), shown: shown.clone(), bytes });
                Some((self.sources.add(shown, text.clone()), text))
            }
            Err((code, problem)) => {
                // Of the first file nobody else says what to do.
                let first = (!asked.is_some()).then(|| BEGIN.to_owned());
                self.report(|r| {
                    r.error(asked, code, problem).maybe_help(first);
                });
                None
            }
        }
    }

    fn shown(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }

    /// The rows of the register that is named under `list` of the file `from`; `None`: it cannot be used, which is reported.
    fn import(&mut self, from: &str, list: &str, node: &Node) -> Option<Vec<Node>> {
        let mut import = None;
        self.report(|r| import = registers::import_of(node, r));
        let import = import.filter(|import| import.file.is_written())?;
        let path = self.beside(from, &import.file)?;
        if !self.registers.contains_key(&path) {
            if self.files.iter().any(|file| file.path == path) {
                self.report(|r| {
                    r.error(import.file.at, Code::Include, format!("`{path}` is included, and no register"));
                });
                return None;
            }
            let mut register = None;
            if let Some((file, text)) = self.text(&path, import.file.at) {
                let shown = self.shown(&path);
                self.report(|r| register = Register::read(file, &text, &shown, &import, r));
            }
            self.registers.insert(path.clone(), register);
        }
        let mut register = self.registers.remove(&path).flatten();
        let before = self.diagnostics.len();
        let rows = register.as_mut().map(|register| {
            let mut rows = Vec::new();
            self.report(|r| rows = register.rows(list, &import, r));
            rows
        });
        self.registers.insert(path, register);
        let faulty = self.diagnostics.get(before..).is_some_and(has_errors);
        rows.filter(|rows| !(rows.is_empty() && faulty))
    }

    /// Names what of the imported registers nothing reads.
    fn unread(&mut self) {
        for (path, register) in std::mem::take(&mut self.registers) {
            let shown = self.shown(&path);
            if let Some(register) = register {
                self.report(|r| register.note(&shown, r));
            }
        }
    }

    /// A path written in the file `from`, relative to the declaration's folder; `None`: it leaves it, which is reported.
    fn beside(&mut self, from: &str, written: &Located<String>) -> Option<String> {
        match resolve(from, &written.value) {
            Ok(path) => Some(path),
            Err(reason) => {
                self.report(|r| {
                    r.error(written.at, Code::Include, format!("`{}` {reason}", written.value)).help(
                        "all files of a declaration must be in its folder or below it, so that they can be sealed",
                    );
                });
                None
            }
        }
    }

    /// Lists are joined, everything else may be in one file only. The included paths are given back.
    fn merge(&mut self, from: &str, members: Vec<Entry>) -> Vec<Node> {
        let mut included = Vec::new();
        for mut member in members {
            if registers::is_import(&member.key.value, &member.value) {
                let rows = self.import(from, &member.key.value, &member.value);
                if rows.is_none() {
                    self.unread.insert(member.key.value.clone());
                }
                member.value.value = Value::List(rows.unwrap_or_default());
            }
            if member.key.value == "include" {
                match member.value.value {
                    Value::List(items) => included.extend(items),
                    _ => self.report(|r| wrong_type(&member.value, "a list of files", r)),
                }
                continue;
            }
            let known = self.merged.iter_mut().find(|e| e.key.value == member.key.value);
            match known {
                None => self.merged.push(member),
                Some(existing) => match (&mut existing.value.value, member.value.value) {
                    (Value::List(all), Value::List(more)) => all.extend(more),
                    // Every file may say which version of the schema it is written in.
                    (Value::Scalar { text, .. }, Value::Scalar { text: again, .. })
                        if member.key.value == "witnessmark" && *text == again => {}
                    _ => {
                        let first = existing.key.at;
                        self.report(|r| {
                            r.error(
                                member.key.at,
                                Code::DuplicateKey,
                                format!("`{}` is written in two files", member.key.value),
                            )
                            .related(first, "first written here")
                            .help("only lists are joined from several files");
                        });
                    }
                },
            }
        }
        included
    }

    fn include(&mut self, from: &str, included: &[Node]) {
        for node in included {
            let mut wanted = None;
            self.report(|r| wanted = text(node, r).map(str::to_owned));
            let Some(wanted) = wanted else { continue };
            let Some(path) = self.beside(from, &Located::new(wanted, node.at)) else { continue };
            let cycle = self.open.contains(&path);
            if cycle || self.files.iter().any(|f| f.path == path) {
                let what = if cycle { "includes itself" } else { "is included twice" };
                self.report(|r| {
                    r.error(node.at, Code::Include, format!("`{path}` {what}"));
                });
                continue;
            }
            if self.files.len() >= MAX_FILES {
                self.report(|r| {
                    r.error(node.at, Code::Include, format!("more than {MAX_FILES} files in one declaration"));
                });
                return;
            }
            if self.file(&path, node.at).is_none() {
                self.unread.insert(ANY.to_owned());
            }
        }
    }

    fn report(&mut self, say: impl FnOnce(&mut Reporter<'_>)) {
        let mut reporter = Reporter::new(&self.sources);
        say(&mut reporter);
        self.diagnostics.append(&mut reporter.found);
    }
}

/// A path written in `from`, relative to the declaration's folder.
pub(crate) fn resolve(from: &str, written: &str) -> Result<String, &'static str> {
    if written.starts_with('/') || written.contains('\\') || written.contains('\0') || written.get(1..2) == Some(":") {
        return Err("is not a relative path with `/` between names");
    }
    let mut steps: Vec<&str> = from.rsplit_once('/').map_or_else(Vec::new, |(folder, _)| folder.split('/').collect());
    for step in written.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                if steps.pop().is_none() {
                    return Err("leaves the declaration's folder");
                }
            }
            name => steps.push(name),
        }
    }
    if steps.is_empty() { Err("names no file") } else { Ok(steps.join("/")) }
}
