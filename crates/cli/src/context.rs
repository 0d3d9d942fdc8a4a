//! What most commands begin with: the declaration, and all that it may refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use declaration::{
    Attachment, CheckCatalogue, CheckMeta, CheckSubject, CollectorInfo, Environment, Judged, KeptFacts, Loaded,
    Loader as _, Plan, Standard,
};
use diagnose::Located;
use model::Timestamp;

use crate::catalogues;
use crate::failure::Failure;

/// A declaration that can be planned from.
pub struct Context {
    /// The declaration's folder: what it names is there.
    pub folder: PathBuf,
    pub loaded: Loaded,
    pub environment: Environment,
    pub checks: assess::CheckSet,
    /// Catalogues, documents, signatures and registers that the declaration names: path and bytes, sealed with it.
    pub attached: Vec<(String, Vec<u8>)>,
}

/// A declaration with everything that was found out about it, usable or not.
pub struct Examined {
    pub context: Context,
    pub diagnostics: Vec<diagnose::Diagnostic>,
}

/// Reads a declaration and all it includes, and says everything about it.
///
/// # Errors
/// When what it may refer to cannot be put together. A faulty declaration is not an error here: see the diagnostics.
pub fn examine(declaration: &Path, now: Timestamp) -> Result<Examined, Failure> {
    let folder = declaration.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let name = declaration
        .to_str()
        .filter(|_| declaration.file_name().is_some())
        .ok_or_else(|| Failure::input(anyhow!("`{}` names no file", declaration.display())))?;
    let loader = FolderLoader { root: folder.clone() };
    let mut loaded = declaration::load(name, &loader);
    let checks = check_set(&loader, &loaded)?;
    let mut environment = environment(&checks, now)?;
    let own = catalogues::read(&mut loaded, &environment.standards, |path| loader.inside(path));
    environment.standards.extend(own.standards);
    let mut diagnostics = loaded.diagnostics.clone();
    diagnostics.extend(own.diagnostics);
    diagnostics.extend(declaration::check(&loaded, &environment));
    loaded.take_levels(&environment.standards);
    let mut kept = BTreeMap::new();
    for (folder, records) in loaded.records() {
        let (holds, missing) = kept_records(&loader, &loaded, &folder, &records);
        kept.insert(folder.at, holds);
        diagnostics.extend(missing);
    }
    loaded.take_records(kept);
    let mut attached = own.attached;
    for attachment in loaded.attachments() {
        match loader.load(&attachment.shown) {
            Ok(bytes) => attached.push((attachment.path, bytes)),
            Err(error) => diagnostics
                .push(loaded.unreadable(attachment.at, &format!("`{}` cannot be read: {error}", attachment.path))),
        }
    }
    // What is still to be written has no form yet: one word about each is enough.
    let asked: Vec<_> =
        diagnostics.iter().filter(|one| one.code == diagnose::Code::Placeholder).map(|one| one.at).collect();
    diagnostics.retain(|one| one.code == diagnose::Code::Placeholder || !asked.contains(&one.at));
    // As they are written, whatever found them.
    diagnostics.sort_by_key(|one| (one.at, one.severity));
    Ok(Examined { context: Context { folder, loaded, environment, checks, attached }, diagnostics })
}

/// What the folder of a task's records holds, and what is wrong with it: it is there, and holds the records that the declaration names.
fn kept_records(
    loader: &FolderLoader,
    loaded: &Loaded,
    folder: &Attachment,
    records: &[&Located<String>],
) -> (KeptFacts, Vec<diagnose::Diagnostic>) {
    let listed = loader.inside(Path::new(&folder.shown)).and_then(|path| {
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    });
    let names: BTreeSet<String> = match listed {
        Ok(names) => names,
        Err(error) => {
            let problem = format!("the folder `{}` with a task's records cannot be read: {error}", folder.path);
            let missing = vec![loaded.missing_record(folder.at, &problem)];
            return (KeptFacts { entries: None, because: Some(error.to_string()), missing: Vec::new() }, missing);
        }
    };
    // A record `REC-7` may be the file `REC-7.pdf`.
    let is_there = |record: &str| {
        names.iter().any(|name| name.strip_prefix(record).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    let missing: Vec<_> = records.iter().filter(|record| record.is_written() && !is_there(&record.value)).collect();
    let told = missing.iter().map(|record| {
        let problem = format!("`{}` is not among the records in `{}`", record.value, folder.path);
        loaded.missing_record(record.at, &problem)
    });
    let told = told.collect();
    let missing = missing.into_iter().map(|record| record.value.clone()).collect();
    (
        KeptFacts { entries: Some(names.iter().filter(|name| !name.starts_with('.')).count()), because: None, missing },
        told,
    )
}

/// A declaration without errors.
///
/// # Errors
/// Prints the diagnostics to stderr when there are errors among them.
pub fn usable(declaration: &Path, now: Timestamp) -> Result<Context, Failure> {
    let Examined { context, diagnostics } = examine(declaration, now)?;
    if diagnose::has_errors(&diagnostics) {
        let text = context.loaded.render(&diagnostics, colour());
        anstream::eprint!("{text}");
        return Err(Failure::input(anyhow!("the declaration `{}` cannot be used", declaration.display()))
            .with_help("correct what is shown above; `witnessmark validate` shows it again"));
    }
    Ok(context)
}

impl Context {
    /// Whose declaration it is, and about which of their systems.
    #[must_use]
    pub fn about(&self) -> (&str, &str) {
        let declaration = &self.loaded.declaration;
        (&declaration.entity.value, declaration.system.id.as_str())
    }

    /// How much is declared, and what of it no check of the plan judges.
    #[must_use]
    pub fn judged(&self, plan: &Plan) -> Judged {
        declaration::judged(&self.loaded, &self.environment, plan)
    }

    /// The resolved plan.
    ///
    /// # Errors
    /// When the declaration has errors.
    pub fn plan(&self) -> Result<Plan, Failure> {
        declaration::plan(&self.loaded, &self.environment)
            .map_err(|diagnostics| Failure::input(anyhow!("{}", self.loaded.render(&diagnostics, false))))
    }
}

/// Whether stderr gets colour.
pub fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Whether stdout gets colour.
pub fn colour_of_stdout() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Reads files of the declaration's folder, and nothing outside of it.
struct FolderLoader {
    root: PathBuf,
}

impl FolderLoader {
    /// The real place of a path, which must be in the declaration's folder.
    fn inside(&self, path: &Path) -> io::Result<PathBuf> {
        let root = self.root.canonicalize()?;
        // Links are followed first: one that leads out of the folder would seal a file that no one declared.
        let real = path.canonicalize()?;
        if real.starts_with(&root) {
            Ok(real)
        } else {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "it lies outside the declaration's folder"))
        }
    }
}

impl declaration::Loader for FolderLoader {
    fn load(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.inside(Path::new(path))?)
    }
}

/// Everything a declaration may refer to: collectors, checks, standards.
///
/// # Errors
/// When a shipped catalogue is damaged.
pub fn environment(checks: &assess::CheckSet, now: Timestamp) -> Result<Environment, Failure> {
    let collectors = collectors::all()
        .iter()
        .map(|kind| kind.descriptor())
        // What a program reads only that program can say: nothing is checked against it.
        .chain([exec::descriptor()])
        .map(|descriptor| {
            let info = CollectorInfo {
                kinds: descriptor.resources.iter().map(|resource| resource.kind.clone()).collect(),
                rights: descriptor.rights.iter().map(|right| right.name.clone()).collect(),
                settings: descriptor.settings,
                name: descriptor.name.clone(),
            };
            (descriptor.name, info)
        })
        .collect::<BTreeMap<_, _>>();
    let standards = Standard::shipped().map_err(Failure::tool)?;
    let checks =
        CheckCatalogue { checks: checks.checks().map(|check| (check.id.clone(), check_meta(check))).collect() };
    Ok(Environment { checks, collectors, standards, now: Some(now) })
}

fn check_meta(check: &assess::Check) -> CheckMeta {
    let custom = &check.meta.custom;
    let subject = match &custom.subject {
        assess::SubjectKind::Kind(kind) => CheckSubject::Resource(kind.clone()),
        assess::SubjectKind::Target => CheckSubject::Target(custom.reads.clone()),
    };
    CheckMeta {
        id: check.id.clone(),
        title: check.meta.title.clone(),
        collector: check.id.split('/').next().unwrap_or_default().to_owned(),
        subject,
        parts: custom.needs.all().into_iter().map(str::to_owned).collect(),
        declares: custom.declares.clone(),
        parameters: custom.parameters.clone(),
    }
}

/// The shipped checks and those in the folders that the declaration names under `policies:`.
fn check_set(loader: &FolderLoader, loaded: &Loaded) -> Result<assess::CheckSet, Failure> {
    let mut own = BTreeSet::new();
    for folder in loaded.policy_folders() {
        loader
            .inside(Path::new(&folder))
            .and_then(|root| rego_files(&root, &root, &mut own))
            .map_err(|e| Failure::input(anyhow!(e).context(format!("cannot read the folder of checks `{folder}`"))))?;
    }
    let stock = assess::CheckSet::stock().map_err(Failure::tool)?;
    stock.with_own(own.iter().map(|(path, text)| (path.as_str(), text.as_str()))).map_err(Failure::input)
}

/// All Rego texts below a folder, by their path from it.
///
/// # Errors
/// When a folder or file cannot be read.
pub fn rego_texts(root: &Path) -> io::Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    rego_files(root, root, &mut found)?;
    Ok(found)
}

fn rego_files(root: &Path, folder: &Path, found: &mut BTreeSet<(String, String)>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            rego_files(root, &path, found)?;
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let leads_on = kind.is_symlink() && path.is_dir();
        if !name.ends_with(".rego") && !leads_on {
            continue;
        }
        // What is read here is sealed and handed around: not what a link leads to, and nothing that waits for a writer.
        if !kind.is_file() {
            let what = if kind.is_symlink() { "a link" } else { "no regular file" };
            return Err(io::Error::other(format!("`{name}` is {what}: checks are read from regular files only")));
        }
        found.insert((name, std::fs::read_to_string(&path)?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn checks_are_regular_files() {
        let folder = tempfile::tempdir().unwrap();
        let checks = folder.path().join("checks/own");
        std::fs::create_dir_all(&checks).unwrap();
        std::fs::File::create(checks.join("real.rego")).unwrap();
        std::fs::File::create(folder.path().join("secret")).unwrap();
        let texts =
            |what: &str| rego_texts(folder.path()).map(|texts| texts.len()).map_err(|error| format!("{what}: {error}"));
        assert_eq!(texts("whole"), Ok(1));
        let planted = checks.join("planted.rego");
        symlink(folder.path().join("secret"), &planted).unwrap();
        assert!(texts("link").is_err_and(|error| error.contains("`checks/own/planted.rego` is a link")));
        std::fs::remove_file(&planted).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &planted, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(texts("pipe").is_err_and(|error| error.contains("no regular file")));
        std::fs::remove_file(&planted).unwrap();
        symlink(folder.path(), checks.join("round")).unwrap();
        assert!(texts("folder").is_err_and(|error| error.contains("`checks/own/round` is a link")));
    }
}
