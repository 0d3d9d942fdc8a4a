//! The Rego texts that judge: shipped ones, a user's own, or those sealed in a bundle.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;
use model::record::{Check as CheckRecord, CheckRole, Provenance};

use crate::guard;
use crate::meta::CheckMeta;

/// Path under `policies/` and text of every shipped check and library.
static STOCK: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/stock.rs"));

/// One check: its text, what it says of itself, and the libraries it imports.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// `aws-kms/key-rotates`.
    pub id: String,
    pub meta: CheckMeta,
    pub text: String,
    /// Names of the libraries it uses, also through others: `lib/kms`.
    pub libraries: BTreeSet<String>,
    pub provenance: Provenance,
}

/// A library that checks import as `data.lib.<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    pub text: String,
    pub provenance: Provenance,
}

/// Every check that may be used, by id, and the libraries they import.
#[derive(Clone, Debug, Default)]
pub struct CheckSet {
    checks: BTreeMap<String, Check>,
    libraries: BTreeMap<String, Library>,
}

/// Why a text cannot be used as a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    #[error(
        "`{path}` is not a check: a check is written to `checks/<collector>/<check>.rego`, a library to `lib/<name>.rego`, in lower case with underscores"
    )]
    Path { path: String },
    #[error("`{path}`: {problem}")]
    Metadata { path: String, problem: String },
    #[error("`{path}` may not be loaded: {problem}")]
    Refused { path: String, problem: String },
    #[error("`{path}` imports `{library}`, which does not exist")]
    NoLibrary { path: String, library: String },
    #[error("`{path}` is a duplicate")]
    Twice { path: String },
    #[error("the text of `{path}` does not have the digest it is sealed with")]
    Digest { path: String },
}

impl CheckSet {
    /// The shipped checks.
    ///
    /// # Errors
    /// Never with a program whose tests passed.
    pub fn stock() -> Result<Self, LoadError> {
        Self::default().add(STOCK.iter().copied(), |_, _| Provenance::Stock)
    }

    /// The shipped libraries without the shipped checks: what own checks may import while they are tested.
    ///
    /// # Errors
    /// Never with a program whose tests passed.
    pub fn stock_libraries() -> Result<Self, LoadError> {
        let libraries = STOCK.iter().copied().filter(|(path, _)| library_id(path).is_some());
        Self::default().add(libraries, |_, _| Provenance::Stock)
    }

    /// These and a user's own, given as path relative to the folder of policies and text. Tests (`_test.rego`) are ignored.
    /// An own text with the path of a shipped one takes its place and is marked `changed`.
    ///
    /// # Errors
    /// When a text cannot be used.
    pub fn with_own<'t>(self, texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, LoadError> {
        let mut seen = BTreeSet::new();
        let mut own = Vec::new();
        for (path, text) in texts {
            if path.ends_with("_test.rego") {
                continue;
            }
            if !seen.insert(path) {
                return Err(LoadError::Twice { path: path.to_owned() });
            }
            own.push((path, text));
        }
        self.add(own, against_stock)
    }

    /// The checks sealed in a bundle: nothing but these texts. Provenance is decided against *this* program's table.
    ///
    /// # Errors
    /// When a text cannot be used or does not have its digest.
    pub fn sealed(records: &[CheckRecord]) -> Result<Self, LoadError> {
        let mut texts = Vec::with_capacity(records.len());
        for record in records {
            let path = match record.role {
                CheckRole::Check => check_path(&record.id),
                CheckRole::Library => format!("{}.rego", record.id),
            };
            if Digest::of(record.text.as_bytes()) != record.sha256 {
                return Err(LoadError::Digest { path });
            }
            texts.push((path, record.text.as_str()));
        }
        Self::default().add(texts.iter().map(|(path, text)| (path.as_str(), *text)), against_stock)
    }

    fn add<'t>(
        mut self,
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        provenance: impl Fn(&str, &str) -> Provenance,
    ) -> Result<Self, LoadError> {
        for (path, text) in texts {
            guard::admit(text).map_err(|problem| LoadError::Refused { path: path.to_owned(), problem })?;
            let provenance = provenance(path, text);
            if let Some(id) = library_id(path) {
                let library = Library { text: text.to_owned(), provenance };
                self.libraries.insert(id, library);
            } else if let Some(id) = check_id(path) {
                let meta =
                    CheckMeta::parse(text).map_err(|problem| LoadError::Metadata { path: path.to_owned(), problem })?;
                if guard::package(text).as_deref() != Some(package(&id).as_str()) {
                    return Err(LoadError::Metadata {
                        path: path.to_owned(),
                        problem: format!("its package is not `{}`", package(&id)),
                    });
                }
                let check =
                    Check { id: id.clone(), meta, text: text.to_owned(), libraries: BTreeSet::new(), provenance };
                self.checks.insert(id, check);
            } else {
                return Err(LoadError::Path { path: path.to_owned() });
            }
        }
        self.link()
    }

    /// Finds for each check the libraries it needs.
    fn link(mut self) -> Result<Self, LoadError> {
        let libraries = &self.libraries;
        for check in self.checks.values_mut() {
            let mut wanted: Vec<(String, String)> =
                guard::libraries(&check.text).into_iter().map(|name| (check_path(&check.id), name)).collect();
            let mut found = BTreeSet::new();
            while let Some((path, name)) = wanted.pop() {
                if !found.insert(name.clone()) {
                    continue;
                }
                let Some(library) = libraries.get(&name) else {
                    return Err(LoadError::NoLibrary { path, library: name });
                };
                let path = format!("{name}.rego");
                wanted.extend(guard::libraries(&library.text).into_iter().map(|n| (path.clone(), n)));
            }
            check.libraries = found;
        }
        Ok(self)
    }

    /// A check by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.checks.get(id)
    }

    /// All checks in the order of their ids.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.values()
    }

    /// A library by its id, `lib/kms`.
    #[must_use]
    pub fn library(&self, id: &str) -> Option<&Library> {
        self.libraries.get(id)
    }

    /// Path and text of a check and of every library it needs.
    pub(crate) fn modules(&self, check: &Check) -> Vec<(String, String)> {
        let mut modules = vec![(check_path(&check.id), check.text.clone())];
        for id in &check.libraries {
            if let Some(library) = self.libraries.get(id) {
                modules.push((format!("{id}.rego"), library.text.clone()));
            }
        }
        modules
    }

    /// The `check` records of the checks named and of their libraries, in the order of their ids. Unknown ids are ignored.
    #[must_use]
    pub fn records<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Vec<CheckRecord> {
        let mut records = BTreeMap::new();
        for check in ids.into_iter().filter_map(|id| self.checks.get(id)) {
            records
                .entry(check.id.clone())
                .or_insert_with(|| record(&check.id, CheckRole::Check, &check.text, check.provenance));
            for id in &check.libraries {
                if let Some(library) = self.libraries.get(id) {
                    records
                        .entry(id.clone())
                        .or_insert_with(|| record(id, CheckRole::Library, &library.text, library.provenance));
                }
            }
        }
        records.into_values().collect()
    }
}

fn record(id: &str, role: CheckRole, text: &str, provenance: Provenance) -> CheckRecord {
    CheckRecord { id: id.to_owned(), role, sha256: Digest::of(text.as_bytes()), provenance, text: text.to_owned() }
}

fn against_stock(path: &str, text: &str) -> Provenance {
    match STOCK.iter().find(|(p, _)| *p == path) {
        Some((_, shipped)) if *shipped == text => Provenance::Stock,
        Some(_) => Provenance::Changed,
        None => Provenance::Own,
    }
}

/// The shipped text of a check or library.
pub(crate) fn stock_text(id: &str) -> Option<&'static str> {
    let path = if id.starts_with("lib/") { format!("{id}.rego") } else { check_path(id) };
    // `a-b` and `a_b` have one path, and only one of them is an id.
    let is_its_id = library_id(&path).or_else(|| check_id(&path)).as_deref() == Some(id);
    let found = STOCK.binary_search_by(|(stock, _)| (*stock).cmp(&path)).ok().filter(|_| is_its_id)?;
    STOCK.get(found).map(|(_, text)| *text)
}

/// `checks/aws_kms/key_rotates.rego` → `aws-kms/key-rotates`.
fn check_id(path: &str) -> Option<String> {
    let (collector, check) = path.strip_prefix("checks/")?.strip_suffix(".rego")?.split_once('/')?;
    (is_name(collector) && is_name(check)).then(|| format!("{}/{}", kebab(collector), kebab(check)))
}

/// `lib/kms.rego` → `lib/kms`.
fn library_id(path: &str) -> Option<String> {
    let name = path.strip_prefix("lib/")?.strip_suffix(".rego")?;
    is_name(name).then(|| format!("lib/{name}"))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

/// `aws-kms/key-rotates` → `checks/aws_kms/key_rotates.rego`.
pub(crate) fn check_path(id: &str) -> String {
    format!("checks/{}.rego", id.replace('-', "_"))
}

/// `aws-kms/key-rotates` → `checks.aws_kms.key_rotates`.
pub(crate) fn package(id: &str) -> String {
    format!("checks.{}", id.replace('-', "_").replace('/', "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "package lib.mine\n\nyes if true\n";

    fn check(title: &str) -> String {
        format!(
            "# METADATA\n# title: {title}\n# description: d\n# scope: package\n# custom:\n#   subject: a/b\n#   needs: {{conforms: [x]}}\n#   severity: low\n#   remediation: r\npackage checks.a.one\n\nimport data.lib.mine\n\nconforms contains {{\"path\": \"/x\"}} if mine.yes\n"
        )
    }

    #[test]
    fn the_shipped_checks_load() {
        let stock = CheckSet::stock().unwrap();
        for check in stock.checks() {
            assert_eq!(check.provenance, Provenance::Stock, "{}", check.id);
        }
    }

    #[test]
    fn own_checks_bring_their_libraries() {
        let text = check("One");
        let set = CheckSet::default().with_own([("checks/a/one.rego", text.as_str()), ("lib/mine.rego", LIB)]).unwrap();
        let records = set.records(["a/one"]);
        let ids: Vec<_> = records.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids, ["a/one", "lib/mine"]);
        assert!(records.iter().all(|r| r.provenance == Provenance::Own));
        let again = CheckSet::sealed(&records).unwrap();
        assert_eq!(again.get("a/one"), set.get("a/one"));
    }

    #[test]
    fn what_is_not_complete_is_refused() {
        let text = check("One");
        let only = |path: &str, text: &str| CheckSet::default().with_own([(path, text)]).unwrap_err();
        assert!(matches!(only("checks/a/one.rego", &text), LoadError::NoLibrary { .. }));
        assert!(matches!(only("checks/a/One.rego", &text), LoadError::Path { .. }));
        assert!(matches!(only("checks/a/two.rego", &text), LoadError::Metadata { .. }));
        assert!(matches!(only("other/a.rego", &text), LoadError::Path { .. }));
        let bad = text.replace("mine.yes", "http.send({})");
        assert!(matches!(only("checks/a/one.rego", &bad), LoadError::Refused { .. }));
    }

    #[test]
    fn a_sealed_text_has_its_digest() {
        let text = check("One");
        let set = CheckSet::default().with_own([("checks/a/one.rego", text.as_str()), ("lib/mine.rego", LIB)]).unwrap();
        let mut records = set.records(["a/one"]);
        records[0].text.push('\n');
        assert!(matches!(CheckSet::sealed(&records), Err(LoadError::Digest { .. })));
    }
}
