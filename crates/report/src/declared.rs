//! The declaration that is sealed in a bundle, and how much its checks found: what tables of requirements are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bundle::read::{Line, Record};
use bundle::statement::Kind;
use declaration::{DECLARATION, DeclaredThing, Judged, Loaded, Reads, Standard};
use diagnose::{Diagnostic, Severity};
use links::{Found, Rule};
use model::record::CheckRole;
use model::{Digest, RecordRef, RecordType};
use serde::Deserialize;
use serde_json::Value;
use verify::{Observer, VerifiedBundle};

use crate::room::Room;

/// Bytes of one declared file that are kept: no file of a declaration, and no catalogue, has more.
const MOST_OF_FILE: u64 = 1 << 20;
/// Bytes of all of them.
const MOST_OF_FILES: u64 = 64 << 20;
/// Bytes of the records that say which files there are, which checks, and what these were put to.
const MOST_OF_RECORDS: usize = 32 << 20;

/// The first error with its place, and how many more there are.
fn first_error(diagnostics: &[Diagnostic]) -> String {
    let mut errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let Some(first) = errors.next() else { return "no error".to_owned() };
    let place = match (&first.file, first.line, first.column) {
        (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}: "),
        _ => String::new(),
    };
    let more = match errors.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!("{place}{}{more}", first.message)
}

/// What is sealed of one declared file.
#[derive(Clone, Debug)]
struct Sealed {
    ordinal: u64,
    path: String,
    sha256: Digest,
    size: u64,
    bytes: Option<Vec<u8>>,
}

/// Gathers the declared files and counts the findings, in one reading.
#[derive(Debug)]
pub struct DeclaredReader {
    files: Vec<Sealed>,
    /// Raw files that are wanted: raw number → place in `files`.
    wanted: BTreeMap<u64, usize>,
    taken: u64,
    withheld: u64,
    found: Found,
    checks: ChecksRead,
    rules: Vec<Rule>,
    /// `None`: it was not enough.
    room: Option<Room>,
}

impl Default for DeclaredReader {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            wanted: BTreeMap::new(),
            taken: 0,
            withheld: 0,
            found: Found::default(),
            checks: ChecksRead::default(),
            rules: Vec::new(),
            room: Some(Room::of(MOST_OF_RECORDS)),
        }
    }
}

/// The checks that were put to something, and what each says that it reads.
#[derive(Debug, Default)]
struct ChecksRead {
    used: BTreeSet<String>,
    /// `None`: what it says of itself cannot be read.
    said: BTreeMap<String, Option<Custom>>,
}

/// Why nobody can say what no check judges.
#[derive(Debug)]
pub struct NotJudged {
    /// Things that are declared.
    pub things: usize,
    pub why: String,
}

/// What a check says of itself, as far as it is needed here (`docs/spec/checks.md`).
#[derive(Deserialize)]
struct Metadata {
    custom: Custom,
}

#[derive(Debug, Deserialize)]
struct Custom {
    subject: String,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    needs: BTreeMap<String, Grounds>,
    #[serde(default)]
    declares: Vec<String>,
}

/// What one outcome rests on: parts, or lists of which each is enough.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Grounds {
    All(Vec<String>),
    AnyOf(Vec<Vec<String>>),
}

/// What a check says of itself, out of its text.
fn said_by(text: &str) -> Option<Custom> {
    let block: Vec<&str> =
        text.strip_prefix("# METADATA\n")?.lines().map_while(|line| line.strip_prefix('#')).collect();
    let block: Vec<&str> = block.into_iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let Metadata { custom } = serde_json::from_value(diagnose::to_json(&block.join("\n")).ok()?).ok()?;
    Some(custom)
}

impl Custom {
    fn add_to(&self, reads: &mut Reads) {
        let whole = self.subject == "target";
        let parts = self.needs.values().flat_map(|grounds| match grounds {
            Grounds::All(parts) => parts.clone(),
            Grounds::AnyOf(ways) => ways.concat(),
        });
        let kinds = if whole { self.reads.clone() } else { vec![self.subject.clone()] };
        reads.add(&kinds, whole, parts, &self.declares);
    }
}

/// What a bundle says it declares, and what it found. Proven only when the bundle was accepted.
#[derive(Debug)]
pub struct Declared {
    files: Vec<Sealed>,
    withheld: u64,
    kind: Kind,
    pub found: Found,
    checks: ChecksRead,
    /// The declaration's own rules, as the run used them.
    pub rules: Vec<Rule>,
    /// Whether all of this was kept.
    whole: bool,
}

impl DeclaredReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether so many bytes more are kept. Once they are not, nothing more is.
    fn keeps(&mut self, bytes: usize) -> bool {
        let keeps = self.room.as_mut().is_some_and(|room| room.take(bytes));
        if !keeps {
            self.room = None;
        }
        keeps
    }

    /// What was gathered, with what the verified bundle says of rehearsals.
    #[must_use]
    pub fn finish(mut self, bundle: &VerifiedBundle) -> Declared {
        self.found.rehearse(|target| bundle.rehearsals().includes(target));
        let kind = bundle.statement().predicate.kind;
        Declared {
            files: self.files,
            withheld: self.withheld,
            kind,
            found: self.found,
            checks: self.checks,
            rules: self.rules,
            whole: self.room.is_some(),
        }
    }
}

impl Observer for DeclaredReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                self.withheld += u64::from(at.kind == RecordType::Declaration);
                self.found.withheld += u64::from(at.kind == RecordType::Finding);
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Finding(finding) => self.found.count(finding),
            Record::Check(check) if check.role == CheckRole::Check && self.keeps(text.len()) => {
                self.checks.said.insert(check.id.clone(), said_by(&check.text));
            }
            Record::Assignment(used) if self.keeps(text.len()) => {
                self.checks.used.insert(used.check.clone());
                if used.control == DECLARATION {
                    self.rules.push(Rule { check: used.check.clone(), targets: used.targets.clone() });
                }
            }
            Record::Declaration(file) if self.keeps(text.len()) => {
                if file.size <= MOST_OF_FILE && self.taken.saturating_add(file.size) <= MOST_OF_FILES {
                    self.taken += file.size;
                    self.wanted.insert(file.raw, self.files.len());
                }
                self.files.push(Sealed {
                    ordinal: at.ordinal,
                    path: file.path.clone(),
                    sha256: file.sha256,
                    size: file.size,
                    bytes: None,
                });
            }
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        let file = self.wanted.get(&ordinal).and_then(|at| self.files.get_mut(*at));
        match file {
            Some(file) => {
                file.bytes = Some(Vec::new());
                true
            }
            None => false,
        }
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        let file = self.wanted.get(&ordinal).and_then(|at| self.files.get_mut(*at));
        if let Some(bytes) = file.and_then(|file| file.bytes.as_mut()) {
            bytes.extend_from_slice(piece);
        }
    }
}

impl Declared {
    /// Reads the declaration again, with the catalogues that are shipped and those that are sealed beside it.
    ///
    /// # Errors
    /// What stands in the way, for a person.
    pub fn read(&self) -> Result<(Loaded, Vec<Standard>), String> {
        if self.kind == Kind::Record {
            return Err("it is a person's record: name the bundle of a run, and this one with `--record`".to_owned());
        }
        if !self.whole {
            return Err(format!(
                "this bundle has more than {} MiB of records of declared files, checks and their uses: more than this program keeps",
                MOST_OF_RECORDS >> 20
            ));
        }
        if self.found.left_out() > 0 {
            return Err(format!(
                "{} of its findings are of more controls, checks and targets than this program counts",
                self.found.left_out()
            ));
        }
        let Some(root) = self.files.iter().find(|file| file.ordinal == 0) else {
            return Err(match self.withheld {
                0 => "no declaration is sealed in this bundle".to_owned(),
                _ => "the declaration is withheld in this copy".to_owned(),
            });
        };
        let mut loaded = declaration::load(&root.path, &|path: &str| self.file(path));
        if loaded.has_errors() {
            return Err(format!(
                "the sealed declaration cannot be read by this program: {}",
                first_error(&loaded.diagnostics)
            ));
        }
        let mut standards = Standard::shipped().map_err(|error| error.to_string())?;
        for folder in loaded.catalogue_folders() {
            let prefix = format!("{}/", folder.path);
            for file in &self.files {
                let Some(name) = file.path.strip_prefix(&prefix) else { continue };
                if name.contains('/') || !(name.ends_with(".yaml") || name.ends_with(".yml")) {
                    continue;
                }
                let bytes = self.file(&file.path).map_err(|error| format!("`{}`: {error}", file.path))?;
                let read = loaded.catalogue(folder.at, &file.path, &bytes);
                let standard =
                    read.map_err(|faults| format!("a sealed catalogue cannot be read: {}", first_error(&faults)))?;
                if !standards.iter().any(|known| known.id == standard.id) {
                    standards.push(standard);
                }
            }
        }
        Ok((loaded, standards))
    }

    /// The declared things as these files say them, but for what the ledger saw of them, and what is in folders of records.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub fn things(&self, loaded: &Loaded, standards: &[Standard]) -> Result<Vec<DeclaredThing>, String> {
        if self.withheld > 0 {
            return Err("declared files are withheld".to_owned());
        }
        let mut loaded = loaded.clone();
        loaded.take_levels(standards);
        let mut things = loaded.things(&[]).map_err(|error| error.to_string())?;
        // A document that is sealed with the declaration: its digest is known, its bytes are not needed.
        for facts in things.iter_mut().filter_map(|thing| thing.facts.as_object_mut()) {
            let Some(path) = facts.get("path").and_then(Value::as_str) else { continue };
            let sealed = self.files.iter().find(|file| file.path == path).map(|file| file.sha256);
            if let Some(known) = facts.get_mut("sealed_sha256") {
                *known = sealed.map_or(Value::Null, |digest| Value::from(digest.to_string()));
            }
        }
        Ok(things)
    }

    /// How much is declared, and what of it none of the checks that were used reads: as the run itself said.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub fn judged(&self, loaded: &Loaded) -> Result<Judged, NotJudged> {
        let mut read = Reads::default();
        let mut silent = Vec::new();
        for check in &self.checks.used {
            match self.checks.said.get(check) {
                Some(Some(custom)) => custom.add_to(&mut read),
                Some(None) => silent.push(format!("`{check}` does not say what it reads")),
                None => silent.push(format!("`{check}` is not in this copy")),
            }
        }
        let judged = declaration::judged_by(loaded, &read);
        match silent.split_first() {
            None => Ok(judged),
            Some((first, [])) => Err(NotJudged { things: judged.things, why: first.clone() }),
            Some((first, more)) => {
                Err(NotJudged { things: judged.things, why: format!("{first} (and {} more checks)", more.len()) })
            }
        }
    }

    /// What of these files, as they are now, is not what was sealed: their paths, in the order given.
    #[must_use]
    pub fn changed<'f>(&self, files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Vec<String> {
        let sealed: BTreeMap<&str, Digest> = self.files.iter().map(|file| (file.path.as_str(), file.sha256)).collect();
        let changed = |(path, bytes): &(&str, &[u8])| sealed.get(path) != Some(&Digest::of(bytes));
        files.into_iter().filter(changed).map(|(path, _)| path.to_owned()).collect()
    }

    fn file(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.files.iter().find(|file| file.path == path) {
            Some(Sealed { bytes: Some(bytes), .. }) => Ok(bytes.clone()),
            Some(file) if file.size > MOST_OF_FILE => Err(io::Error::other(format!(
                "it has {} bytes, and a declared file of a program's at most {MOST_OF_FILE}",
                file.size
            ))),
            Some(_) => Err(io::Error::other("its contents are not in this copy")),
            None if self.withheld > 0 => Err(io::Error::other("it is withheld in this copy")),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}
