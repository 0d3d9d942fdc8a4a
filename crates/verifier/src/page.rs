//! `witnessmark-verify report`: what is in a bundle as one HTML page, or for readers of other people, after verifying it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use bundle::statement::Kind;
use model::ExitStatus;
use report::{Export, ExportReader, PageError};

use crate::args::{Format, ReportArgs, ReportForm};
use crate::drift;
use crate::people::records;
use crate::run::run;
use crate::show::accepted;
use crate::stop::Stop;
use crate::{human, output};

pub fn report(args: &ReportArgs) -> Result<ExitStatus, Stop> {
    let form = match args.format {
        ReportForm::Html => return page(args),
        ReportForm::Sarif => Export::Sarif,
        ReportForm::Junit => Export::Junit,
        ReportForm::Markdown => Export::Markdown,
    };
    if !args.people.record.is_empty() {
        return Err(Stop::Wrong(anyhow!(
            "records of persons stand on the page alone (`--format html`): leave `--record` out"
        )));
    }
    if args.since.is_some() {
        return Err(Stop::Wrong(anyhow!(
            "what changed stands on the page alone (`--format html`): leave `--since` out, or use `drift --format markdown`"
        )));
    }
    let mut reader = ExportReader::default();
    let verdict = run(&args.bundle, &mut reader)?;
    let Some(bundle) = verdict.bundle else { return refused(args, &verdict.report) };
    if bundle.statement().predicate.kind == Kind::Record {
        return Err(Stop::Wrong(anyhow!(
            "a person's record has no findings: name the bundle of a run, or write the page (`--format html`)"
        )));
    }
    let text = report::render_export(form, reader, &bundle, &verdict.report).context("the file cannot be made")?;
    write(&args.out, text.as_bytes())?;
    output::text(&format!("Wrote {}: {} bytes.\n", args.out.display(), text.len()))?;
    Ok(ExitStatus::Success)
}

/// Says that nothing was written.
fn refused(args: &ReportArgs, report: &verify::Report) -> Result<ExitStatus, Stop> {
    output::text(&human::report(report))?;
    let text = format!("Nothing was written to {}: the bundle is not accepted.\n", args.out.display());
    output::text(&text)?;
    Ok(report.exit_code)
}

/// Writes a file that did not exist, whole or not at all.
fn write(out: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let path = out.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot create `{path}`"))
        .map_err(Stop::Wrong)?;
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        // Half a page would hide findings.
        fs::remove_file(out).ok();
        return Err(anyhow::Error::new(error).context(format!("cannot write `{path}`")).into());
    }
    Ok(())
}

fn page(args: &ReportArgs) -> Result<ExitStatus, Stop> {
    if args.bundle.input == Path::new("-") {
        let error = anyhow!("a page is made in several passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
    let since = match args.since.as_deref().map(|old| drift::since(old, &args.bundle)).transpose()? {
        Some(Ok(since)) => Some(since),
        Some(Err(code)) => {
            output::text(&format!("Nothing was written to {}.\n", args.out.display()))?;
            return Ok(code);
        }
        None => None,
    };
    let records = if args.people.record.is_empty() {
        None
    } else {
        let bundle = match accepted(&args.bundle, Format::Human, &mut verify::Unobserved)? {
            Ok(bundle) => bundle,
            Err(code) => return Ok(code),
        };
        match records(&args.people, &args.bundle, Format::Human, &bundle)? {
            Ok(records) => records,
            Err(code) => return Ok(code),
        }
    };
    let page = report::render_page(records.as_ref(), since.as_ref(), |observer| {
        let verdict = run(&args.bundle, observer).map_err(Refused::Stop)?;
        let report = verdict.report;
        match verdict.bundle {
            Some(bundle) => Ok((bundle, report)),
            None => Err(Refused::Bundle(Box::new(report))),
        }
    });
    let page = match page {
        Ok(page) => page,
        Err(PageError::Reading(Refused::Bundle(report))) => return refused(args, &report),
        Err(PageError::Reading(Refused::Stop(stop))) => return Err(stop),
        Err(other) => return Err(anyhow!("{other}").into()),
    };
    write(&args.out, page.html.as_bytes())?;
    let text = format!(
        "Wrote {}: {} bytes, {} of {} findings.\n",
        args.out.display(),
        page.html.len(),
        page.findings_shown,
        page.findings_in_all
    );
    output::text(&text)?;
    Ok(ExitStatus::Success)
}

/// Why a reading gave no bundle.
enum Refused {
    Bundle(Box<verify::Report>),
    Stop(Stop),
}
