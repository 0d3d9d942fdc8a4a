//! `witnessmark-verify gaps`, `trace` and `roster`: what a bundle declares and found, requirement by requirement, and from one
//! thing to all that hangs on it.

use std::path::Path;

use anyhow::anyhow;
use bundle::read::Record;
use links::{Kind, Links, Unanswerable};
use model::ExitStatus;
use report::outputs::{GapsOutput, RosterOutput, TraceOutput};
use report::{Basis, Declared, DeclaredReader, RosterReader, TraceReader};
use verify::VerifiedBundle;

use crate::args::{BundleArgs, Format, GapsArgs, RosterArgs, TraceArgs, TraceKind};
use crate::output;
use crate::people::records;
use crate::show::accepted;
use crate::stop::Stop;
use crate::within::{Within, shown};

pub fn gaps(args: &GapsArgs) -> Result<ExitStatus, Stop> {
    let (bundle, declared) = match declared(&args.bundle, args.format)? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let (loaded, standards) = declared.read().map_err(|why| Stop::Undecided(anyhow!(why)))?;
    let found = &declared.found;
    let records = match records(&args.people, &args.bundle, args.format, &bundle)? {
        Ok(records) => records,
        Err(code) => return Ok(code),
    };
    let links = Links::new(&loaded, &standards);
    let links = records.as_ref().map_or(links, |records| links.with_records(records));
    let gaps = links.gaps(args.standard.as_deref(), args.level, Some(found)).map_err(|error| unanswerable(&error))?;
    let basis = Basis::of(&bundle, Vec::new(), found.withheld);
    match args.format {
        Format::Human => output::text(&report::render_gaps(&basis, &gaps))?,
        Format::Json => output::json(&GapsOutput { from: &basis, gaps: &gaps })?,
    }
    Ok(ExitStatus::Success)
}

/// The bundle and the id, in whichever order they were given: `witnessmark trace` takes the id first.
fn in_order(bundle: &BundleArgs, id: &str) -> (BundleArgs, String) {
    let mut bundle = bundle.clone();
    let mut id = id.to_owned();
    let is_there = |path: &Path| path == Path::new("-") || path.exists();
    if !is_there(&bundle.input)
        && is_there(Path::new(&id))
        && let Some(first) = bundle.input.to_str().map(str::to_owned)
    {
        bundle.input = id.into();
        id = first;
    }
    (bundle, id)
}

pub fn trace(args: &TraceArgs) -> Result<ExitStatus, Stop> {
    let (bundle_args, id) = &in_order(&args.bundle, &args.id);
    if bundle_args.input == Path::new("-") {
        let error = anyhow!("a trace is made in several passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
    let (bundle, declared) = match declared(bundle_args, args.format)? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let (loaded, standards) = declared.read().map_err(|why| Stop::Undecided(anyhow!(why)))?;
    let kind = args.kind.map(|kind| match kind {
        TraceKind::Control => Kind::Control,
        TraceKind::Threat => Kind::Threat,
        TraceKind::Key => Kind::Key,
        TraceKind::Requirement => Kind::Requirement,
    });
    let records = match records(&args.people, bundle_args, args.format, &bundle)? {
        Ok(records) => records,
        Err(code) => return Ok(code),
    };
    let links = Links::new(&loaded, &standards).with_rules(&declared.rules);
    let links = records.as_ref().map_or(links, |records| links.with_records(records));
    let trace = links.trace(id, kind).map_err(|error| unanswerable(&error))?;
    let mut reader = TraceReader::new(trace);
    loop {
        // The reader bounds what it keeps of the rest by itself.
        let mut within = Within::new(&mut reader, |_, line, length| match shown(line) {
            Some(Record::Assignment(_)) => length,
            _ => 0,
        });
        let again = match accepted(bundle_args, args.format, &mut within)? {
            Ok(again) => again,
            Err(code) => return Ok(code),
        };
        within.whole()?;
        if again.statement_sha256() != bundle.statement_sha256() {
            return Err(Stop::Failed(anyhow!("the bundle changed while it was read")));
        }
        if !reader.goes_on() {
            break;
        }
    }
    let mut trace = reader.finish(&bundle);
    links.take_records(&mut trace, Some(&declared.found));
    let basis = Basis::of(&bundle, Vec::new(), declared.found.withheld);
    match args.format {
        Format::Human => output::text(&report::render_trace(&basis, &trace))?,
        Format::Json => output::json(&TraceOutput { from: &basis, trace: &trace })?,
    }
    Ok(ExitStatus::Success)
}

pub fn roster(args: &RosterArgs) -> Result<ExitStatus, Stop> {
    let (bundle_args, key) = match &args.key {
        Some(key) => {
            let (bundle, key) = in_order(&args.bundle, key);
            (bundle, Some(key))
        }
        None => (args.bundle.clone(), None),
    };
    let key = key.as_deref();
    if bundle_args.input == Path::new("-") {
        let error = anyhow!("a roster is made in two passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
    let (bundle, declared) = match declared(&bundle_args, args.format)? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    let (loaded, standards) = declared.read().map_err(|why| Stop::Undecided(anyhow!(why)))?;
    let mut reader = RosterReader::new(key);
    let mut within = Within::new(&mut reader, |_, line, length| match shown(line) {
        Some(Record::Derived(_) | Record::Gap(_) | Record::Coverage(_)) => length,
        _ => 0,
    });
    let again = match accepted(&bundle_args, args.format, &mut within)? {
        Ok(again) => again,
        Err(code) => return Ok(code),
    };
    within.whole()?;
    if again.statement_sha256() != bundle.statement_sha256() {
        return Err(Stop::Failed(anyhow!("the bundle changed while it was read")));
    }
    let roster = Links::new(&loaded, &standards).roster(key, &reader.finish());
    let roster = roster.map_err(|error| unanswerable(&error))?;
    let basis = Basis::of(&bundle, Vec::new(), declared.found.withheld);
    match args.format {
        Format::Human => output::text(&report::render_roster(&basis, &roster))?,
        Format::Json => output::json(&RosterOutput { from: &basis, roster: &roster })?,
    }
    Ok(ExitStatus::Success)
}

/// Verifies a bundle, and takes what it declares and how much it found.
fn declared(args: &BundleArgs, format: Format) -> Result<Result<(VerifiedBundle, Declared), ExitStatus>, Stop> {
    let mut reader = DeclaredReader::new();
    Ok(accepted(args, format, &mut reader)?.map(|bundle| {
        let declared = reader.finish(&bundle);
        (bundle, declared)
    }))
}

fn unanswerable(error: &Unanswerable) -> Stop {
    let words = match &error.help {
        Some(help) => format!("{} ({help})", error.problem),
        None => error.problem.clone(),
    };
    Stop::Wrong(anyhow!(words))
}
