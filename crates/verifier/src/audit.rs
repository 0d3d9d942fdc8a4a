//! `witnessmark-verify audit`: a whole ledger, from an export that holds it or from a store's folder.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use bundle::controls::{self, MakeError};
use bundle::read::{OpenError, ReadError, open_stream};
use bundle::statement::Predicate;
use bundle::{layout, limits};
use model::{ExitStatus, RecordType, Timestamp};
use verify::{AuditDemands, AuditReport, HeldFiles, LedgerFiles, Problem};

use crate::args::{AuditArgs, Format};
use crate::human::{BAD, GOOD, HEAD, OPEN, advice, since, word};
use crate::input::{self, Memory};
use crate::operation;
use crate::output::{self, SHOWN, counted, entries, safe, wrapped};
use crate::run::{not_opened, warn};
use crate::stop::Stop;
use crate::tasks;

pub fn audit(args: &AuditArgs) -> Result<ExitStatus, Stop> {
    let trust = input::trust(&args.trust.trust)?;
    let memory = Memory::read(&args.trust)?;
    let (from, until) = match args.period {
        Some(period) => (Some(period.from), Some(period.until)),
        None => (args.from, args.until),
    };
    if let (Some(from), Some(until)) = (from, until)
        && from > until
    {
        return Err(Stop::Wrong(anyhow!("the period ends ({until}) before it begins ({from})")));
    }
    let demands = AuditDemands { trust: &trust, seen: memory.seen.as_ref(), from, until };
    let audit = if args.store.is_dir() {
        verify::audit(&mut Folder { root: args.store.clone(), max: args.max_unpacked.0 }, &demands)
    } else {
        match export(args)? {
            Ok(held) => verify::audit_export(held, &demands),
            // What is false or missing in an export is an answer about it, as it is to whoever verifies it.
            Err(problem) => verify::audit(&mut Unread(Some(problem)), &demands),
        }
    };
    let kept = audit.seen.as_ref().map(|seen| memory.keep(seen));
    if let Some(Err(error)) = &kept {
        warn(error)?;
    }
    let kept = matches!(kept, Some(Ok(()))).then_some(memory.path.as_path());
    match args.format {
        Format::Human => output::text(&human(&audit.report, kept))?,
        Format::Json => output::json(&audit.report)?,
    }
    Ok(audit.report.exit_code)
}

/// The ledger in an export, or why it cannot be read.
fn export(args: &AuditArgs) -> Result<Result<HeldFiles, Problem>, Stop> {
    let mut source = input::bundle(&args.store, args.max_unpacked.0).map_err(not_opened)?;
    match HeldFiles::of_bundle(source.as_mut()) {
        Ok(held) if !held.is_ledger() => Err(Stop::Wrong(anyhow!(
            "`{}` holds one bundle and no ledger: ask the custodian for `witnessmark export --with-ledger`",
            args.store.display()
        ))),
        held => Ok(held),
    }
}

/// An export of which nothing can be read, and why.
struct Unread(Option<Problem>);

impl LedgerFiles for Unread {
    fn read(&mut self, _: &str, _: u64) -> Result<Option<Vec<u8>>, Problem> {
        self.0.take().map_or(Ok(None), Err)
    }
}

/// The files below a folder; links are not followed. Where it is a store, its bundles are there too.
struct Folder {
    root: PathBuf,
    /// At most so many bytes come out of one bundle.
    max: u64,
}

impl LedgerFiles for Folder {
    fn read(&mut self, path: &str, max: u64) -> Result<Option<Vec<u8>>, Problem> {
        read(&self.root.join(path), path, max).map_err(Problem::from)
    }

    fn controls(&mut self, index: u64, said: &Predicate, wanted: &[RecordType]) -> Result<Option<Vec<u8>>, Problem> {
        let path = layout::ledger_controls(index);
        if let Some(bytes) = self.read(&path, limits::CONTROLS_FILE_MAX)? {
            return Ok(Some(bytes));
        }
        let bundle = layout::bundle(index);
        let full = self.root.join(&bundle);
        let Some((file, _)) = open(&full, &bundle)? else { return Ok(None) };
        let made = match open_stream(file, &full.display().to_string(), self.max) {
            Ok(mut source) => controls::of_bundle(source.as_mut(), said, wanted),
            Err(OpenError::Io { path, source: error } | OpenError::Read { path, source: error }) => {
                Err(ReadError::Io { path, error }.into())
            }
            Err(_) => Err(MakeError::OtherRecords),
        };
        match made {
            Ok(bytes) => Ok(Some(bytes)),
            // An export leaves it out, too.
            Err(MakeError::TooLong) => Ok(None),
            Err(error) => Err(Problem::ControlsNotMade { path: bundle, error }),
        }
    }
}

/// A plain file and its size, or `None` if there is none.
fn open(full: &Path, path: &str) -> Result<Option<(File, u64)>, ReadError> {
    let io = |error| ReadError::Io { path: full.display().to_string(), error };
    let kind = match fs::symlink_metadata(full) {
        Ok(kind) => kind,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    if !kind.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    Ok(Some((File::open(full).map_err(io)?, kind.len())))
}

fn read(full: &Path, path: &str, max: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let Some((file, size)) = open(full, path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    let io = |error| ReadError::Io { path: full.display().to_string(), error };
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > max {
        return Err(ReadError::TooLarge { path: path.to_owned(), size, max });
    }
    Ok(Some(bytes))
}

/// `kept`: where is kept what it proves.
fn human(report: &AuditReport, kept: Option<&Path>) -> String {
    let mut out = String::new();
    match &report.problem {
        None if report.entries == 0 => {
            let _ = writeln!(out, "{OPEN}Empty{OPEN:#}: the trusted ledger key signed a head over no entries");
            out.push_str(&wrapped("  ", "Nothing was sealed into this ledger yet: there is nothing to audit. Ask the custodian for it again once a run is in it."));
        }
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
        out.push('\n');
        row(&mut out, "ledger", &head.origin);
        if let (Some(entity), Some(system)) = (&report.entity, &report.system) {
            row(&mut out, "of", &format!("{entity}, system {system}"));
        }
        row(&mut out, "head", &format!("{}; {}", counted(head.size, "entry", "entries"), since(head.since_last_seen)));
        if let Some(path) = kept {
            row(&mut out, "seen", &format!("kept in {}", path.display()));
        }
    }
    if report.problem.is_none() && report.entries > 0 {
        bundles(&mut out, report);
        schedule(&mut out, report);
        operation::human(&mut out, report, &period(report));
        tasks::human(&mut out, report, &period(report));
        changes(&mut out, report);
        let _ = write!(out, "\n{HEAD}What still rests on the custodian's word{HEAD:#}\n");
        for line in &report.rests_on_custodian {
            out.push_str(&wrapped("  - ", line));
        }
    }
    out
}

fn bundles(out: &mut String, report: &AuditReport) {
    let kinds: Vec<String> = report.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    row(out, "bundles", &kinds.join(", "));
    match (report.schedule.first, report.schedule.last) {
        (Some(first), Some(last)) => {
            row(out, "runs", &format!("observed from {first} to {last}, by the custodian's clock"));
        }
        _ => row(out, "runs", "none that observed anything: failed ones and rehearsals do not"),
    }
    row(out, "status", &format!("{} failed, {} partial (sealed with gaps)", report.failed_runs, report.partial_runs));
    if report.rehearsals_in_all > 0 {
        let named = entries(&report.rehearsals, report.rehearsals_in_all);
        row(out, "rehearsals", &format!("{}, not evidence: {named}", report.rehearsals_in_all));
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
    let (back, in_all) = (&report.schedule.times_back, report.schedule.times_back_in_all);
    if in_all > 0 {
        let text =
            format!("went back: {in_all} began before an earlier run, and meet no slot: {}", entries(back, in_all));
        row(out, "clock", &text);
    }
    let (ahead, in_all) = (&report.schedule.times_ahead, report.schedule.times_ahead_in_all);
    if in_all > 0 {
        let text = format!(
            "was ahead: {in_all} failed, and began long after a run behind them; they end no period: {}",
            entries(ahead, in_all)
        );
        row(out, "clock", &text);
    }
}

/// What the period is, in words.
fn period(report: &AuditReport) -> String {
    let end = |time: Option<Timestamp>, otherwise: &str| time.map_or(otherwise.to_owned(), |time| time.to_string());
    format!("{} to {}", end(report.period.from, "the first run"), end(report.period.until, "the last run"))
}

fn schedule(out: &mut String, report: &AuditReport) {
    let kept = &report.schedule;
    let _ = write!(out, "\n{HEAD}Runs that were due{HEAD:#} ({})\n", period(report));
    if kept.due == 0 {
        out.push_str(&wrapped(
            "  ",
            "Cannot be said: no run of this period declares how often runs are due (`ledger.every`, `observe.every`), there is none, or nothing was due in it.",
        ));
    } else {
        let text = format!(
            "{} due by the schedule that the runs declare: {} observed ({} late, {} partial), {} missing, {} failed, {} rehearsed",
            kept.due, kept.observed, kept.late, kept.partial, kept.missing, kept.failed, kept.rehearsed
        );
        out.push_str(&wrapped("  ", &text));
    }
    for unsaid in kept.unsaid.iter().take(SHOWN) {
        let text = format!("cannot be said  {} to {}: no schedule was declared", unsaid.from, unsaid.until);
        out.push_str(&wrapped("  ", &text));
    }
    let (shown, in_all) = (kept.unsaid.len().min(SHOWN) as u64, kept.unsaid_in_all);
    if in_all > shown {
        let _ = writeln!(out, "  … {} more times of which it cannot be said", in_all - shown);
    }
    for slots in kept.slots.iter().take(SHOWN) {
        let when = match slots.count {
            1 => format!("due {}", slots.from),
            count => format!("{count} due {} to {}", slots.from, slots.until),
        };
        let which = match (slots.entries.is_empty(), slots.after, slots.before) {
            (false, ..) => entries(&slots.entries, slots.entries.len() as u64),
            (true, Some(after), Some(before)) => format!("between entries {after} and {before}"),
            (true, None, Some(before)) => format!("before entry {before}"),
            (true, Some(after), None) => format!("after entry {after}"),
            (true, None, None) => "no run observed anything".to_owned(),
        };
        let text = format!("{when}, every {} s; {which}", slots.every_seconds);
        out.push_str(&wrapped(&format!("  {:<9} ", word(&slots.slot)), &text));
    }
    let (shown, in_all) = (kept.slots.len().min(SHOWN) as u64, kept.slots_in_all);
    if in_all > shown {
        let _ = writeln!(out, "  … {} more rows; `--format json` has a thousand", in_all - shown);
    }
}

fn changes(out: &mut String, report: &AuditReport) {
    let found = &report.changes;
    let _ = write!(out, "\n{HEAD}What changed between runs{HEAD:#} ({})\n", period(report));
    // What nothing is known of comes before what is said of the rest.
    if found.unsaid_in_all > 0 {
        let text = format!(
            "Cannot be said of {}: the statement does not say with what was judged. Compare the bundles themselves.",
            entries(&found.unsaid, found.unsaid_in_all)
        );
        out.push_str(&wrapped("  ", &text));
    }
    if found.in_all == 0 {
        let which = if found.unsaid_in_all > 0 { "Where it can be said: nothing" } else { "Nothing" };
        let text = format!(
            "{which} that the statements name (plan, declaration, checks, parameters, targets, schedule, tool, collector)."
        );
        out.push_str(&wrapped("  ", &text));
    }
    for change in found.changes.iter().take(SHOWN) {
        let value = |value: &Option<String>| match value.as_deref() {
            None => "none".to_owned(),
            Some(text) if text.len() == 64 => text.chars().take(12).collect(),
            Some(text) => text.to_owned(),
        };
        let again = change.as_in.map(|entry| format!(", as in entry {entry} again")).unwrap_or_default();
        let text = format!(
            "entry {} ({}): {} in entry {}, {} now{again}",
            change.entry,
            change.started,
            value(&change.from),
            change.before,
            value(&change.to)
        );
        out.push_str(&wrapped(&format!("  {:<12} ", change.aspect.as_str()), &safe(&text)));
    }
    if found.in_all > found.changes.len().min(SHOWN) as u64 {
        let counts: Vec<String> =
            found.by_aspect.iter().map(|(aspect, count)| format!("{} {count}", aspect.as_str())).collect();
        out.push_str(&wrapped("  ", &format!("… {} changes in all: {}", found.in_all, counts.join(", "))));
    }
    if report.rehearsals_in_all > 0 {
        out.push_str(&wrapped("  ", "Rehearsals are in none of these rows: nothing was compared with them."));
    }
    if found.in_all > 0 {
        out.push_str(&wrapped(
            "  ",
            "Ask for the two bundles of a change and compare their records of that name: `show --record check:0`, `assignment:0`, `declaration:0`, `route:0`.",
        ));
    }
}

fn row(out: &mut String, label: &str, text: &str) {
    out.push_str(&wrapped(&format!("  {label:<10} "), &safe(text)));
}
