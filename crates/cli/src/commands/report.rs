//! `witnessmark report`: one bundle as one HTML page.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, anyhow};
use bundle::trust::Trust;
use links::Records;
use model::{Date, ExitStatus};
use report::PageError;

use crate::args::{Report, ReportForm};
use crate::bundles::Bundle;
use crate::commands::keys;
use crate::failure::{CommandResult, Failure};
use crate::records::{self, Asked};
use crate::{clock, output, summary};

pub fn run(arguments: &Report) -> CommandResult {
    let ReportForm::Html = arguments.format;
    let trust = keys::read_trust(&arguments.trust)?;
    let bundle = Bundle::named(&arguments.bundle)?;
    let records = records(arguments, &bundle, &trust)?;
    let page = report::render_page(records.as_ref(), |observer| summary::verified(&bundle, &trust, observer)).map_err(
        |error| match error {
            PageError::Reading(failure) => failure,
            other => Failure::tool(anyhow!("{other}")),
        },
    )?;
    let path = arguments.out.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&arguments.out)
        .with_context(|| format!("cannot create `{path}`"))
        .map_err(|e| {
            Failure::input(e).with_help("name a file that does not exist, in a folder that this user may write")
        })?;
    let written = file.write_all(page.html.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a page would hide findings.
        fs::remove_file(&arguments.out).ok();
        return Err(Failure::tool(anyhow::Error::new(error).context(format!("cannot write `{path}`"))));
    }
    let shown = if page.findings_shown < page.findings_in_all {
        format!("{} of {} findings, and says where the others are", page.findings_shown, page.findings_in_all)
    } else {
        format!("all {} findings", page.findings_in_all)
    };
    output::text(&format!("Wrote {path}: {} bytes, {shown}.\n", page.html.len()))?;
    Ok(ExitStatus::Success)
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
