//! `witnessmark-verify audit`: a whole ledger from a store's folder.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use bundle::read::ReadError;
use model::ExitStatus;
use verify::{AuditDemands, AuditReport, Continuity, LedgerFiles, Problem};

use crate::args::{AuditArgs, Format};
use crate::human::{BAD, GOOD, HEAD, OPEN, advice};
use crate::input::{self, LastSeen};
use crate::output::{self, counted, safe, wrapped};
use crate::run::warn;
use crate::stop::Stop;

/// So many pauses and rehearsals are printed; the JSON report has more.
const SHOWN: usize = 20;

pub fn audit(args: &AuditArgs) -> Result<ExitStatus, Stop> {
    let trust = input::trust(&args.trust.trust)?;
    let last_seen = LastSeen::read(&args.trust)?;
    let mut files = Folder(args.store.clone());
    let demands =
        AuditDemands { trust: &trust, last_seen: last_seen.head.as_ref(), from: args.from, until: args.until };
    let audit = verify::audit(&mut files, &demands);
    if let (Some(head), Some(report)) = (&audit.head, &audit.report.head)
        && let Err(error) = last_seen.keep(head, report.since_last_seen)
    {
        warn(&error)?;
    }
    match args.format {
        Format::Human => output::text(&human(&audit.report))?,
        Format::Json => output::json(&audit.report)?,
    }
    Ok(audit.report.exit_code)
}

/// The files below a folder; links are not followed.
struct Folder(PathBuf);

impl LedgerFiles for Folder {
    fn read(&mut self, path: &str, max: u64) -> Result<Option<Vec<u8>>, Problem> {
        read(&self.0.join(path), path, max).map_err(Problem::from)
    }
}

fn read(full: &Path, path: &str, max: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let io = |error| ReadError::Io { path: full.display().to_string(), error };
    let kind = match fs::symlink_metadata(full) {
        Ok(kind) => kind,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    if !kind.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    File::open(full).and_then(|file| file.take(max.saturating_add(1)).read_to_end(&mut bytes)).map_err(io)?;
    if bytes.len() as u64 > max {
        return Err(ReadError::TooLarge { path: path.to_owned(), size: kind.len(), max });
    }
    Ok(Some(bytes))
}

fn human(report: &AuditReport) -> String {
    let mut out = String::new();
    match &report.problem {
        None => {
            let _ = writeln!(
                out,
                "{GOOD}Whole{GOOD:#}: {} in one chain, under a head that the trusted ledger key signed",
                counted(report.entries, "entry", "entries")
            );
        }
        Some(problem) => {
            let (style, word) = match report.exit_code {
                ExitStatus::NotAuthentic => (BAD, "Not authentic"),
                ExitStatus::Undecided => (OPEN, "Not decided"),
                _ => (OPEN, "Not read"),
            };
            let _ = writeln!(out, "{style}{word}{style:#} ({})", problem.class);
            out.push_str(&wrapped("  ", &safe(&problem.message)));
            out.push_str(&wrapped("  ", advice(problem.class)));
            if report.entries > 0 {
                let _ = writeln!(out, "  The {} entries before it hold.", report.entries);
            }
        }
    }
    if let Some(head) = &report.head {
        let since = match head.since_last_seen {
            Continuity::NothingSeen => "no head of this ledger was seen before",
            Continuity::Same => "it is the head that was seen last",
            Continuity::Continues => "it continues the head that was seen last",
            Continuity::NotComparable => "it could not be compared with the head that was seen last",
        };
        out.push('\n');
        row(&mut out, "ledger", &head.origin);
        row(&mut out, "head", &format!("{}; {since}", counted(head.size, "entry", "entries")));
    }
    if report.problem.is_none() {
        runs(&mut out, report);
        let _ = write!(out, "\n{HEAD}What still rests on the custodian's word{HEAD:#}\n");
        for line in &report.rests_on_custodian {
            out.push_str(&wrapped("  - ", line));
        }
    }
    out
}

fn runs(out: &mut String, report: &AuditReport) {
    let kinds: Vec<String> = report.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    row(out, "bundles", &kinds.join(", "));
    match (report.first_run, report.last_run) {
        (Some(first), Some(last)) => {
            row(out, "runs", &format!("from {first} to {last}, by the custodian's clock"));
        }
        _ => row(out, "runs", "none except rehearsals"),
    }
    row(out, "status", &format!("{} failed, {} partial (sealed with gaps)", report.failed_runs, report.partial_runs));
    if report.rehearsals_in_all > 0 {
        let named: Vec<String> = report.rehearsals.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = if report.rehearsals_in_all > SHOWN as u64 { ", …" } else { "" };
        row(
            out,
            "rehearsals",
            &format!("{}, not evidence: entries {}{more}", report.rehearsals_in_all, named.join(", ")),
        );
    }
    if report.rehearsals_in_part > 0 {
        row(
            out,
            "in part",
            &format!("{} runs are rehearsals of some targets and evidence of others", report.rehearsals_in_part),
        );
    }
    if let Some(newest) = &report.newest {
        let s = &newest.summary;
        let text = format!(
            "entry {}: {} conform, {} deviate ({} accepted), {} undetermined, {} not applicable, {} gaps",
            newest.index, s.conforms, s.deviates, s.accepted, s.undetermined, s.not_applicable, s.gaps
        );
        row(out, "newest", &text);
    }
    for index in report.times_back.iter().take(SHOWN) {
        row(out, "clock", &format!("entry {index} began before the run before it"));
    }
    let _ = write!(out, "\n{HEAD}Missed runs{HEAD:#}\n");
    if report.missing_runs == 0 {
        out.push_str(&wrapped("  ", "none, by the schedule that each run declares"));
        return;
    }
    for pause in report.pauses.iter().take(SHOWN) {
        let between = match (pause.after, pause.before) {
            (Some(after), Some(before)) => format!("between entries {after} and {before}"),
            (None, Some(before)) => format!("before entry {before}"),
            (Some(after), None) => format!("after entry {after}"),
            (None, None) => String::new(),
        };
        let text = format!(
            "{} {between}: from {} to {}; the declared schedule is one every {} s",
            pause.missing, pause.from, pause.until, pause.every_seconds
        );
        out.push_str(&wrapped("  - ", &text));
    }
    if report.pauses_in_all > SHOWN as u64 {
        let _ = writeln!(out, "  … {} missed runs in {} pauses in all", report.missing_runs, report.pauses_in_all);
    }
}

fn row(out: &mut String, label: &str, text: &str) {
    out.push_str(&wrapped(&format!("  {label:<10} "), &safe(text)));
}
