//! `witnessmark-verify show`: what is in a bundle, after verifying it, down to the bytes of an answer.

use std::path::Path;

use anyhow::anyhow;
use bundle::read::{Line, Record};
use model::record::NotKept;
use model::{ExitStatus, RecordRef, RecordType};
use report::outputs::{EvidenceOutput, RequestsOutput, ShowOutput};
use report::{Basis, Evidence, EvidenceReader, OverviewReader, RequestsReader, Selection};
use verify::{Marks, Observer, Report, VerifiedBundle};

use crate::args::{BundleArgs, Format, ShowArgs};
use crate::run::run;
use crate::stop::Stop;
use crate::{human, output};

pub fn show(args: &ShowArgs) -> Result<ExitStatus, Stop> {
    match (args.what.finding, args.what.exchange, args.what.record) {
        (Some(finding), ..) => evidence(args, Selection::Finding(finding)),
        (_, Some(exchange), _) if args.raw => answer(args, exchange),
        (_, Some(exchange), _) => evidence(args, Selection::Exchange(exchange)),
        (.., Some(record)) => one_record(args, record),
        _ if args.what.requests => requests(args),
        _ => overview(args),
    }
}

fn overview(args: &ShowArgs) -> Result<ExitStatus, Stop> {
    let mut reader = OverviewReader::new(args.what.all);
    let bundle = match accepted(&args.bundle, args.format, &mut reader)? {
        Ok(bundle) => bundle,
        Err(code) => return Ok(code),
    };
    let overview = reader.finish(&bundle);
    match args.format {
        Format::Human => output::text(&report::render_overview(&bundle, &overview))?,
        Format::Json => output::json(&ShowOutput {
            from: &Basis::of(&bundle, Vec::new(), overview.withheld_findings()),
            acceptances: bundle.acceptances(),
            marks: bundle.marks().map(Marks::counts),
            overview: &overview,
        })?,
    }
    Ok(ExitStatus::Success)
}

fn evidence(args: &ShowArgs, selection: Selection) -> Result<ExitStatus, Stop> {
    let mut reader = EvidenceReader::new(selection);
    if reader.reads_again() && args.bundle.input == Path::new("-") {
        let error = anyhow!("a finding is read in several passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
    let mut bundle = None;
    while reader.begin() {
        match accepted(&args.bundle, args.format, &mut reader)? {
            Ok(found) => bundle = Some(found),
            Err(code) => return Ok(code),
        }
    }
    let evidence = bundle.map(|bundle| (reader.finish(&bundle), bundle));
    let there = |(evidence, _): &(Evidence, _)| evidence.finding.is_some() || !evidence.exchanges.is_empty();
    let Some((evidence, bundle)) = evidence.filter(there) else {
        return Err(Stop::Wrong(anyhow!("there is no such record in this bundle, or it is withheld")));
    };
    match args.format {
        Format::Human => output::text(&report::render_evidence(&bundle, &evidence))?,
        Format::Json => {
            output::json(&EvidenceOutput { from: &Basis::of(&bundle, Vec::new(), None), evidence: &evidence })?;
        }
    }
    Ok(ExitStatus::Success)
}

fn requests(args: &ShowArgs) -> Result<ExitStatus, Stop> {
    let mut reader = RequestsReader::new(args.target.as_deref());
    let bundle = match accepted(&args.bundle, args.format, &mut reader)? {
        Ok(bundle) => bundle,
        Err(code) => return Ok(code),
    };
    let (from, requests) = (Basis::of(&bundle, Vec::new(), None), reader.finish());
    match args.format {
        Format::Human => output::text(&report::render_requests(&from, &requests))?,
        Format::Json => output::json(&RequestsOutput { from: &from, requests: &requests })?,
    }
    Ok(ExitStatus::Success)
}

fn one_record(args: &ShowArgs, record: RecordRef) -> Result<ExitStatus, Stop> {
    let mut reader = RecordReader { wanted: record, line: None };
    if let Err(code) = accepted(&args.bundle, args.format, &mut reader)? {
        return Ok(code);
    }
    let line = reader.line.ok_or_else(|| Stop::Wrong(anyhow!("there is no record {record} in this bundle")))?;
    output::print_raw(&[line.as_slice(), b"\n"].concat())?;
    Ok(ExitStatus::Success)
}

fn answer(args: &ShowArgs, exchange: u64) -> Result<ExitStatus, Stop> {
    let mut reader = AnswerReader { exchange, raw: None, why_not: None, bytes: Vec::new() };
    if let Err(code) = accepted(&args.bundle, args.format, &mut reader)? {
        return Ok(code);
    }
    if reader.raw.is_none() {
        let why = reader.why_not.unwrap_or("there is no answer to this exchange in the bundle, or it is withheld");
        return Err(Stop::Wrong(anyhow!("{why}")));
    }
    output::print_raw(&reader.bytes)?;
    Ok(ExitStatus::Success)
}

/// Verifies; when the bundle is not accepted, says why and gives the exit code.
pub fn accepted(
    bundle: &BundleArgs,
    format: Format,
    observer: &mut (dyn Observer + Send),
) -> Result<Result<VerifiedBundle, ExitStatus>, Stop> {
    let verdict = run(bundle, observer)?;
    match verdict.bundle {
        Some(bundle) => Ok(Ok(bundle)),
        None => {
            refuse(&verdict.report, format)?;
            Ok(Err(verdict.report.exit_code))
        }
    }
}

pub fn refuse(report: &Report, format: Format) -> Result<(), Stop> {
    match format {
        Format::Human => {
            output::text(&human::report(report))?;
            output::text("Nothing of what is in it is shown: the bundle is not accepted.\n")?;
        }
        Format::Json => output::json(report)?,
    }
    Ok(())
}

/// Keeps one line.
struct RecordReader {
    wanted: RecordRef,
    line: Option<Vec<u8>>,
}

impl Observer for RecordReader {
    fn record(&mut self, at: RecordRef, _line: &Line, text: &[u8]) {
        if at == self.wanted {
            self.line = Some(text.to_vec());
        }
    }
}

/// Keeps the answer to one exchange.
struct AnswerReader {
    exchange: u64,
    raw: Option<u64>,
    why_not: Option<&'static str>,
    bytes: Vec<u8>,
}

impl Observer for AnswerReader {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        if let Record::Body(body) = record.as_ref()
            && body.exchange == RecordRef::new(RecordType::Exchange, self.exchange)
        {
            self.raw = body.raw;
            self.why_not = match body.withheld {
                Some(NotKept::CredentialBearing) => Some("the answer carries credentials and was not kept"),
                Some(NotKept::SuspectedSecret) => Some("the answer seemed to hold a secret and was not kept"),
                None => None,
            };
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.raw == Some(ordinal)
    }

    fn raw(&mut self, _ordinal: u64, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }
}
