//! `witnessmark gaps`: what stands for each requirement, and what is missing.

use std::path::Path;

use anyhow::anyhow;
use links::{Found, Links, Records, Rule, Unanswerable};
use model::{Date, ExitStatus};
use report::outputs::GapsOutput;
use report::{Basis, DeclaredReader};

use crate::args::{DeclaredAndFound, Gaps};
use crate::bundles::Bundle;
use crate::commands::keys;
use crate::context::{self, Context};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::records::{self, Asked};
use crate::{clock, summary};

/// Where a declaration is looked for.
const USUAL: &str = "witnessmark.yaml";

pub fn run(arguments: &Gaps) -> CommandResult {
    let declared = declared(&arguments.from)?;
    let context = &declared.context;
    let records = records(context, &arguments.from)?;
    let (basis, found) = match bundle(&arguments.from)? {
        Ok(bundle) => {
            let trust = keys::read_trust(&arguments.from.trust)?;
            let (basis, found) = counted(&declared, &bundle, &trust)?;
            (basis, Some(found))
        }
        Err(why) => (alone(context, why), None),
    };
    let links = Links::new(&context.loaded, &context.environment.standards);
    let links = records.as_ref().map_or(links, |records| links.with_records(records));
    let gaps = links.gaps(arguments.standard.as_deref(), arguments.level, found.as_ref()).map_err(unanswerable)?;
    match arguments.printed.format {
        Format::Json => output::json(&GapsOutput { from: &basis, gaps: &gaps })?,
        Format::Human => output::text(&report::render_gaps(&basis, &gaps))?,
    }
    Ok(ExitStatus::Success)
}

/// A declaration, and where it was found.
pub struct Declared {
    pub context: Context,
    /// Of one that is sealed in the bundle: the uses of checks of the program's own control.
    pub sealed: Option<Vec<Rule>>,
}

/// The declaration that lies beside the store. Where none does, and a bundle's own file is named, the one that is sealed in it.
///
/// # Errors
/// When it cannot be used, or the bundle is not accepted.
pub fn declared(from: &DeclaredAndFound) -> Result<Declared, Failure> {
    let (file, now) = (&from.declaration.declaration, clock::now()?);
    if from.bundle.file.is_none() || file.exists() || file != Path::new(USUAL) {
        return Ok(Declared { context: context::usable(file, now)?, sealed: None });
    }
    let bundle = Bundle::named(&from.bundle)?;
    let mut reader = DeclaredReader::new();
    let (verified, _) = summary::verified(&bundle, &keys::read_trust(&from.trust)?, &mut reader)?;
    let declared = reader.finish(&verified);
    let (loaded, standards) = declared.read().map_err(|why| Failure::input(anyhow!(why)))?;
    let checks = assess::CheckSet::stock().map_err(Failure::tool)?;
    let mut environment = context::environment(&checks, now)?;
    environment.standards = standards;
    let context = Context { folder: ".".into(), loaded, environment, checks, attached: Vec::new() };
    Ok(Declared { context, sealed: Some(declared.rules) })
}

/// Whichever of two stands first: what is there is the bundle, where it was given in the place of the id.
///
/// `witnessmark-verify` takes the bundle first.
pub fn in_order(id: &str, from: &DeclaredAndFound) -> (String, DeclaredAndFound) {
    let (mut id, mut from) = (id.to_owned(), from.clone());
    if let Some(file) = &from.bundle.file
        && !file.exists()
        && Path::new(&id).exists()
        && let Some(second) = file.to_str().map(str::to_owned)
    {
        from.bundle.file = Some(id.into());
        id = second;
    }
    (id, from)
}

/// The bundle whose findings are looked at; else why there is none. One that is named must be there.
pub fn bundle(from: &DeclaredAndFound) -> Result<Result<Bundle, String>, Failure> {
    if from.declared_only {
        return Ok(Err("the declaration alone was asked for".to_owned()));
    }
    let named = &from.bundle;
    let usual = named.file.is_none() && named.bundle.is_none();
    let folder = &named.store.store;
    if usual && folder == Path::new("evidence") && !folder.exists() {
        return Ok(Err(format!("there is no store `{}` yet (`witnessmark run` makes a bundle)", folder.display())));
    }
    match Bundle::named(named) {
        Err(failure) if usual && failure.exit_status() == ExitStatus::WrongInput && holds_none(named)? => {
            Ok(Err(format!("the store `{}` holds no bundle yet", folder.display())))
        }
        other => other.map(Ok),
    }
}

fn holds_none(named: &crate::args::BundleNamed) -> Result<bool, Failure> {
    let store = crate::stores::open(&named.store.store)?.store;
    Ok(crate::bundles::newest_run(&*store)?.is_none())
}

/// What people saw: of the store, unless another bundle is named, and of the files that are named. `None` where nobody looks.
pub fn records(context: &Context, from: &DeclaredAndFound) -> Result<Option<Records>, Failure> {
    let folder = &from.bundle.store.store;
    let stored = from.bundle.file.is_none() && !from.declared_only && records::is_store(folder);
    if !stored && from.people.record.is_empty() {
        return Ok(None);
    }
    let trust = keys::read_trust(&from.trust)?;
    let declaration = &context.loaded.declaration;
    let asked = Asked {
        trust: &trust,
        entity: &declaration.entity.value,
        system: declaration.system.id.as_str(),
        day: from.people.on.map_or_else(|| clock::now().map(Date::of), Ok)?,
    };
    let mut found = match stored {
        true => records::of_store(&*crate::stores::open(folder)?.store, &asked)?,
        false => Records { day: asked.day, ..Records::default() },
    };
    records::add_files(&mut found, &from.people.record, &asked)?;
    Ok(Some(found))
}

/// What the table is made from without a bundle.
pub fn alone(context: &Context, why: String) -> Basis {
    let declaration = &context.loaded.declaration;
    Basis::alone(&declaration.entity, declaration.system.id.as_str(), why)
}

/// Verifies a bundle and counts its findings.
pub fn counted(of: &Declared, bundle: &Bundle, trust: &bundle::trust::Trust) -> Result<(Basis, Found), Failure> {
    let context = &of.context;
    let mut reader = DeclaredReader::new();
    let (verified, _) = summary::verified(bundle, trust, &mut reader)?;
    let declared = reader.finish(&verified);
    if of.sealed.is_some() {
        return Ok((Basis::of(&verified, Vec::new(), declared.found.withheld), declared.found));
    }
    let files = context.loaded.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    let attached = context.attached.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let changed = declared.changed(files.chain(attached));
    let said = &verified.statement().predicate;
    let declaration = &context.loaded.declaration;
    if said.system != declaration.system.id.as_str() || said.entity != declaration.entity.value {
        let problem = anyhow!(
            "the bundle is about {}, system {}, and the declaration about {}, system {}",
            said.entity,
            said.system,
            declaration.entity,
            declaration.system.id
        );
        return Err(Failure::input(problem).with_help("name the store of this system, or `--declared-only`"));
    }
    let withheld = declared.found.withheld;
    Ok((Basis::of(&verified, changed, withheld), declared.found))
}

/// A question that has no answer, as a failure of the command line.
pub fn unanswerable(error: Unanswerable) -> Failure {
    let help = error.help.clone();
    Failure::input(error).with_help_if(help)
}
