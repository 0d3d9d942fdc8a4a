//! `witnessmark report`: one bundle as one HTML page.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, anyhow};
use model::ExitStatus;
use report::PageError;

use crate::args::{Report, ReportForm};
use crate::bundles::Bundle;
use crate::commands::keys;
use crate::failure::{CommandResult, Failure};
use crate::{output, summary};

pub fn run(arguments: &Report) -> CommandResult {
    let ReportForm::Html = arguments.format;
    let trust = keys::read_trust(&arguments.trust)?;
    let bundle = Bundle::named(&arguments.bundle)?;
    let page =
        report::render_page(|observer| summary::verified(&bundle, &trust, observer)).map_err(|error| match error {
            PageError::Reading(failure) => failure,
            other => Failure::tool(anyhow!("{other}")),
        })?;
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
