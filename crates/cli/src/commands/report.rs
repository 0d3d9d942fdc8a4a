//! `witnessmark report`: one bundle as one HTML page, or for readers of other people.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use bundle::statement::Kind;
use bundle::trust::Trust;
use conclude::Rehearsals;
use history::Past;
use links::Records;
use model::{Date, ExitStatus};
use report::{Basis, Export, ExportReader, PageError, Since};

use crate::args::{Report, ReportForm};
use crate::bundles::Bundle;
use crate::commands::{drift, keys};
use crate::failure::{CommandResult, Failure, warn};
use crate::records::{self, Asked};
use crate::{clock, output, summary};

pub fn run(arguments: &Report) -> CommandResult {
    let trust = keys::read_trust(&arguments.trust)?;
    let bundle = Bundle::named(&arguments.bundle)?;
    let form = match arguments.format {
        ReportForm::Html => return page(arguments, &bundle, &trust),
        ReportForm::Sarif => Export::Sarif,
        ReportForm::Junit => Export::Junit,
        ReportForm::Markdown => Export::Markdown,
    };
    if !arguments.people.record.is_empty() {
        let error = anyhow!("records of persons stand on the page alone (`--format html`)");
        return Err(Failure::input(error).with_help("leave `--record` out"));
    }
    let mut reader = ExportReader::default();
    let (verified, report) = summary::verified(&bundle, &trust, &mut reader)?;
    if verified.statement().predicate.kind == Kind::Record {
        let error = anyhow!("a person's record has no findings");
        return Err(Failure::input(error).with_help("name the bundle of a run, or write the page (`--format html`)"));
    }
    let text = report::render_export(form, reader, &verified, &report)
        .map_err(|error| Failure::tool(anyhow::Error::new(error).context("the file cannot be made")))?;
    write(&arguments.out, text.as_bytes())?;
    output::text(&format!("Wrote {}: {} bytes.\n", arguments.out.display(), text.len()))?;
    Ok(ExitStatus::Success)
}

fn page(arguments: &Report, bundle: &Bundle, trust: &Trust) -> CommandResult {
    let records = records(arguments, bundle, trust)?;
    let since = since(bundle, trust);
    let read = |observer: &mut (dyn verify::Observer + Send)| summary::verified(bundle, trust, observer);
    let page = report::render_page(records.as_ref(), since.as_ref(), read).map_err(|error| match error {
        PageError::Reading(failure) => failure,
        other => Failure::tool(anyhow!("{other}")),
    })?;
    write(&arguments.out, page.html.as_bytes())?;
    let shown = if page.findings_shown < page.findings_in_all {
        format!("{} of {} findings, and says where the others are", page.findings_shown, page.findings_in_all)
    } else {
        format!("all {} findings", page.findings_in_all)
    };
    output::text(&format!("Wrote {}: {} bytes, {shown}.\n", arguments.out.display(), page.html.len()))?;
    Ok(ExitStatus::Success)
}

/// Writes a file that did not exist, whole or not at all.
fn write(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let path = out.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot create `{path}`"))
        .map_err(|e| {
            Failure::input(e).with_help("name a file that does not exist, in a folder that this user may write")
        })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a page would hide findings.
        fs::remove_file(out).ok();
        return Err(Failure::tool(anyhow::Error::new(error).context(format!("cannot write `{path}`"))));
    }
    Ok(())
}

/// In what a bundle of the store differs from the one before it of its sort. The page is made whatever the past is like.
fn since(bundle: &Bundle, trust: &Trust) -> Option<Since> {
    let Bundle::Stored { store, index } = bundle else { return None };
    let past = Past { store: &**store, trust, rehearsals: &Rehearsals::default() };
    match drift::of_bundle(&past, *index) {
        Ok(found) => found.map(|found| Since {
            basis: Basis::of(&found.since, Vec::new(), None),
            later: found.bundle.statement_sha256(),
            drift: found.drift,
        }),
        Err(failure) => {
            warn(format!("what differs from the bundle before this one is not on the page: {}", failure.in_short()));
            None
        }
    }
}

/// What people saw: of the store, unless another bundle is named, and of the files that are named. Of which system is for the bundle to say.
fn records(arguments: &Report, bundle: &Bundle, trust: &Trust) -> Result<Option<Records>, Failure> {
    let stored = arguments.bundle.file.is_none();
    if !stored && arguments.people.record.is_empty() {
        return Ok(None);
    }
    let (verified, _) = summary::verified(bundle, trust, &mut verify::Unobserved)?;
    let said = &verified.statement().predicate;
    let day = arguments.people.on.map_or_else(|| clock::now().map(Date::of), Ok)?;
    let asked = Asked { trust, entity: &said.entity, system: &said.system, day };
    let mut found = match bundle {
        Bundle::Stored { store, .. } => records::of_store(&**store, &asked)?,
        Bundle::At(_) => Records { day, ..Records::default() },
    };
    records::add_files(&mut found, &arguments.people.record, &asked)?;
    Ok(Some(found))
}
