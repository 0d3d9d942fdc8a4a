//! `witnessmark-verify report`: what is in a bundle as one HTML page, after verifying it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use model::ExitStatus;
use report::PageError;

use crate::args::{Format, ReportArgs};
use crate::people::records;
use crate::run::run;
use crate::show::accepted;
use crate::stop::Stop;
use crate::{human, output};

pub fn report(args: &ReportArgs) -> Result<ExitStatus, Stop> {
    if args.bundle.input == Path::new("-") {
        let error = anyhow!("a page is made in several passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
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
    let page = report::render_page(records.as_ref(), |observer| {
        let verdict = run(&args.bundle, observer).map_err(Refused::Stop)?;
        let report = verdict.report;
        match verdict.bundle {
            Some(bundle) => Ok((bundle, report)),
            None => Err(Refused::Bundle(Box::new(report))),
        }
    });
    let page = match page {
        Ok(page) => page,
        Err(PageError::Reading(Refused::Bundle(report))) => {
            output::text(&human::report(&report))?;
            let text = format!("Nothing was written to {}: the bundle is not accepted.\n", args.out.display());
            output::text(&text)?;
            return Ok(report.exit_code);
        }
        Err(PageError::Reading(Refused::Stop(stop))) => return Err(stop),
        Err(other) => return Err(anyhow!("{other}").into()),
    };
    let path = args.out.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.out)
        .with_context(|| format!("cannot create `{path}`"))
        .map_err(Stop::Wrong)?;
    if let Err(error) = file.write_all(page.html.as_bytes()).and_then(|()| file.sync_all()) {
        // Half a page would hide findings.
        fs::remove_file(&args.out).ok();
        return Err(anyhow::Error::new(error).context(format!("cannot write `{path}`")).into());
    }
    let text = format!(
        "Wrote {path}: {} bytes, {} of {} findings.\n",
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
