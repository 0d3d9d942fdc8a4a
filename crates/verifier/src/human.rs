//! The report as an auditor reads it first.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use bundle::statement::Kind;
use model::ExitStatus;
use model::record::RunStatus;
use serde::Serialize;
use verify::{About, Class, Continuity, DatesReport, Level, RecordsReport, Report};

use crate::output::{counted, safe, wrapped};

pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const OPEN: Style = AnsiColor::Yellow.on_default().bold();
pub const HEAD: Style = Style::new().bold();
/// So many targets that are rehearsals are named; the JSON report has them all.
const TARGETS_NAMED: usize = 20;

/// The whole report.
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    verdict(&mut out, report);
    if let Some(about) = &report.bundle {
        bundle(&mut out, report, about);
    }
    if report.level.is_some() {
        levels(&mut out, report);
        if let (Some(about), Some(records)) = (&report.bundle, &report.records) {
            contents(&mut out, about, records);
            marks(&mut out, report);
            acceptances(&mut out, report);
            withheld(&mut out, records);
        }
        rests(&mut out, report);
    }
    out
}

fn heading(out: &mut String, text: &str) {
    let _ = write!(out, "\n{HEAD}{text}{HEAD:#}\n");
}

fn row(out: &mut String, label: &str, text: &str) {
    out.push_str(&wrapped(&format!("  {label:<10} "), &safe(text)));
}

fn verdict(out: &mut String, report: &Report) {
    match (&report.problems.first(), report.level) {
        (None, Some(level)) => {
            let whole = report.records.as_ref().filter(|records| records.withheld > 0).map_or_else(
                || "authentic and complete".to_owned(),
                |records| format!("authentic, with {} of {} records withheld", records.withheld, records.count),
            );
            let _ = writeln!(out, "{GOOD}Accepted{GOOD:#}: {whole}, to level {level} ({})", level.name());
            known_first(out, report);
        }
        (Some(first), _) => {
            let word = match first.class.exit_status() {
                ExitStatus::NotAuthentic => "Not authentic",
                ExitStatus::Undecided => "Not accepted",
                _ => "Not decided",
            };
            let style = if first.class.exit_status() == ExitStatus::NotAuthentic { BAD } else { OPEN };
            let _ = writeln!(out, "{style}{word}{style:#} ({})", first.class);
            for problem in &report.problems {
                out.push_str(&wrapped("  ", &safe(&problem.message)));
            }
            out.push_str(&wrapped("  ", advice(first.class)));
        }
        (None, None) => {}
    }
}

/// What has to be known before any count is read: how many findings are not shown, and with what the others were judged.
fn known_first(out: &mut String, report: &Report) {
    for line in report::first_words(report) {
        out.push_str(&wrapped("  ", &safe(&line)));
    }
}

/// What a reader can do, or must not do, about it.
pub const fn advice(class: Class) -> &'static str {
    match class {
        Class::Malformed
        | Class::Altered
        | Class::Signature
        | Class::Position
        | Class::Contradiction
        | Class::Undisclosed => {
            "Conclude nothing from its contents. Ask the custodian for a fresh export; if that is refused too, it was not merely damaged in transit."
        }
        Class::Rewritten => {
            "The custodian's ledger no longer continues what you saw before. Keep both: the file of what you saw and this bundle prove it."
        }
        Class::NotComparable => {
            "It may be genuine, or of a ledger that was rewritten after you saw it: nothing here tells these apart. Ask for the export that the message names."
        }
        Class::OtherChallenge => {
            "It was not made for your challenge. Ask for the bundle of the run that was given it (`witnessmark run --challenge`)."
        }
        Class::UnknownKey => {
            "Ask the custodian, over a different channel from the bundle's, for the trust file that names this key, and why the key changed."
        }
        Class::Unsupported => "Use a newer version of this program.",
        Class::MissingPart => "Ask for the whole export; it may have been cut off in transit.",
        Class::UnsignedRedaction => {
            "It is known that records are withheld, but not by whom. Ask for a copy whose redaction is signed by a key that your trust file names for it; `--allow-unsigned-redaction` accepts it as it is."
        }
        Class::LevelNotReached => {
            "What is reached and what is missing is listed below. If it is a key that the trust file does not name: ask the custodian, over a different channel from the bundle's, for the trust file that names it, and why the key changed."
        }
        Class::Rehearsal => {
            "A rehearsal shows how things work; it says nothing about the custodian's systems. `--allow-rehearsal` accepts it as one."
        }
        Class::FailedRun => {
            "It proves that a run was attempted and failed, nothing else. `--allow-failed` accepts it as such."
        }
        Class::Unreadable => "Nothing was decided. Try again when the input can be read.",
    }
}

fn bundle(out: &mut String, report: &Report, about: &About) {
    let claimed = report.level < Some(Level::Authenticity);
    heading(out, if claimed { "What it says it is (not proven)" } else { "The bundle" });
    row(out, "entity", &format!("{}, system {}", about.entity, about.system));
    row(out, "ledger", &format!("{}, entry {}", about.ledger, about.index));
    match about.kind {
        Kind::Record => {
            let whose =
                about.holder.as_ref().map_or("of which the trust file does not say whose it is".to_owned(), |holder| {
                    format!("of {}, who acts as {}, by the trust file", safe(&holder.name), holder.acts_for.as_str())
                });
            row(out, "record", &format!("{} of a person, signed with a key {whose}", about.id));
        }
        Kind::Run | Kind::Baseline | Kind::Trust => row(out, "run", &about.id),
    }
    row(out, "time", &format!("{} to {}, by the custodian's clock", about.started, about.finished));
    if about.kind != Kind::Record {
        row(out, "status", status(about));
    }
    if !about.rehearsal.is_empty() {
        row(out, "rehearsal", &verify::list(&about.rehearsal));
    }
    for (target, from) in report.rehearsal_targets.iter().take(TARGETS_NAMED) {
        let from: Vec<String> = from.iter().map(ToString::to_string).collect();
        row(out, "", &format!("no evidence of target `{target}`: {}", from.join("; ")));
    }
    let targets = report.rehearsal_targets.len().saturating_add(report.rehearsal_targets_more);
    let named = report.rehearsal_targets.len().min(TARGETS_NAMED);
    if targets > named {
        row(out, "", &format!("and {} more targets", targets - named));
    }
    if let Some(challenge) = &about.challenge {
        row(out, "challenge", challenge);
    }
    row(out, "made by", &format!("witnessmark {}, program {}", about.tool_version, about.tool_sha256));
    row(out, "statement", &about.statement_sha256.to_string());
}

/// How the ledger stands to what was proven of it before.
pub const fn since(continuity: Continuity) -> &'static str {
    match continuity {
        Continuity::NothingSeen => "nothing of this ledger was proven before",
        Continuity::Same => "it is the head that was proven last",
        Continuity::Continues => "it continues the head that was proven last",
        Continuity::Known => "the bundle is in the ledger that was proven before",
        Continuity::NotComparable => "it is not shown to continue what was proven before",
    }
}

const fn status(about: &About) -> &'static str {
    match about.status {
        RunStatus::Complete => "complete: everything that was asked for was read",
        RunStatus::Partial => "partial: not everything that was asked for could be read",
        RunStatus::Failed => "failed: the run could not be completed, and this records it",
    }
}

fn levels(out: &mut String, report: &Report) {
    heading(out, "What is proven");
    for level in &report.levels {
        let (style, word) = if level.reached { (GOOD, "yes") } else { (OPEN, "no ") };
        // The style has no width; the text after it is broken as if it were not there.
        let label = format!("  {}  {}  ", level.level, word);
        let text = wrapped(&label, &safe(&format!("{}: {}", level.name, level.because)));
        out.push_str(&text.replacen(word, &format!("{style}{word}{style:#}"), 1));
    }
    if let Some(head) = &report.head {
        let since = since(head.since_last_seen);
        out.push_str(&wrapped(
            "           ",
            &format!("newest head: {}; {since}", counted(head.size, "entry", "entries")),
        ));
    }
}

/// Each acceptance, and whether someone who may is shown to have approved it.
fn acceptances(out: &mut String, report: &Report) {
    if report.acceptances.is_empty() {
        return;
    }
    heading(out, "What was accepted, and by whom");
    for one in &report.acceptances {
        let who = one.approved_by.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let until = one.expires.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
        let text = format!(
            "approver {}{who}{until}; covers {}: {}",
            one.approver.as_str(),
            counted(one.covered, "finding or gap", "findings and gaps"),
            one.because
        );
        let id = one.id.clone().unwrap_or_else(|| one.record.to_string());
        row(out, &safe(&id), &safe(&text));
    }
}

fn contents(out: &mut String, about: &About, records: &RecordsReport) {
    // Nothing was judged for it.
    if about.kind == Kind::Record {
        return;
    }
    heading(out, "What the custodian's checks concluded");
    let summary = &about.summary;
    let accepted = match summary.accepted {
        0 => String::new(),
        accepted => format!(" ({accepted} accepted)"),
    };
    row(
        out,
        "findings",
        &format!(
            "{} conform, {} deviate{accepted}, {} undetermined, {} not applicable",
            summary.conforms, summary.deviates, summary.undetermined, summary.not_applicable
        ),
    );
    let gaps = if records.gaps.is_empty() {
        "none".to_owned()
    } else {
        let parts: Vec<String> =
            records.gaps.iter().map(|(reason, count)| format!("{count} {}", word(reason))).collect();
        let accepted = match records.gaps_accepted {
            0 => String::new(),
            accepted => format!("; {accepted} of them accepted"),
        };
        format!("{}: {}{accepted}", summary.gaps, parts.join(", "))
    };
    row(out, "not read", &gaps);
    row(out, "checks", &format!("{} sealed", counted(records.checks, "text", "texts")));
    dates(out, &records.dates);
    if let Some(failure) = &records.failure {
        row(out, "failure", failure);
    }
}

/// Each mark, and what it is about.
fn marks(out: &mut String, report: &Report) {
    let Some(marks) = report.marks.as_ref().filter(|marks| !marks.is_empty()) else { return };
    heading(out, "With what it was judged");
    for one in marks {
        let of = if one.of.is_empty() { String::new() } else { format!(" ({})", one.of.join(", ")) };
        let label = counted(one.findings, "finding", "findings");
        out.push_str(&wrapped(&format!("  {label:<13} "), &safe(&format!("{}{of}", one.mark.words()))));
    }
}

/// How the custodian's clock stands to those of the sources.
fn dates(out: &mut String, dates: &DatesReport) {
    let compared = counted(dates.compared, "answer", "answers");
    match (dates.compared, dates.apart, dates.apart_first) {
        (0, ..) => {}
        (_, 0, _) | (.., None) => {
            row(
                out,
                "dates",
                &format!(
                    "{compared} with a date of the source's own: none is more than 5 minutes from the custodian's clock"
                ),
            );
        }
        (_, apart, Some(first)) => {
            let most = dates.apart_most_seconds.unwrap_or_default();
            let way = if most < 0 { "earlier" } else { "later" };
            let text = format!(
                "{compared} with a date of the source's own: {apart} more than 5 minutes from the custodian's clock, the first {first}, the farthest {} s {way}",
                most.unsigned_abs()
            );
            row(out, "dates", &text);
        }
    }
    if dates.unreadable > 0 {
        row(out, "", &format!("{} with a date that cannot be read", counted(dates.unreadable, "answer", "answers")));
    }
    if dates.absent > 0 {
        let (answers, label) =
            (counted(dates.absent, "answer", "answers"), if dates.compared > 0 { "" } else { "dates" });
        row(out, label, &format!("{answers} without a date of the source's own: only the custodian's clock says when"));
    }
}

fn withheld(out: &mut String, records: &RecordsReport) {
    heading(out, "What is not shown");
    if records.withheld == 0 {
        row(out, "withheld", &format!("none of {} records", records.count));
    } else {
        let parts: Vec<String> = records
            .by_type
            .iter()
            .filter(|kind| kind.withheld > 0)
            .map(|kind| format!("{} of {} `{}`", kind.withheld, kind.count, kind.kind))
            .collect();
        row(out, "withheld", &format!("{} of {} records: {}", records.withheld, records.count, parts.join(", ")));
        if let Some(redaction) = &records.redaction {
            let by = format!("{} on {}: {}", redaction.by, redaction.made, redaction.reasons.join("; "));
            row(out, "by", &by);
        } else {
            row(out, "by", "no one has signed for what is withheld");
        }
        if records.findings_on_withheld > 0 {
            let named: Vec<String> =
                records.findings_on_withheld_first.iter().take(8).map(ToString::to_string).collect();
            let more = if records.findings_on_withheld > 8 { ", …" } else { "" };
            row(
                out,
                "findings",
                &format!("{} rest on withheld records: {}{more}", records.findings_on_withheld, named.join(", ")),
            );
        }
    }
    if records.bodies_masked > 0 {
        let (texts, answers) =
            (counted(records.texts_masked, "text", "texts"), counted(records.bodies_masked, "answer", "answers"));
        row(
            out,
            "masked",
            &format!("{texts} in {answers}, seeming to hold a secret: what rests on them is not judged"),
        );
    }
    if records.bodies_not_kept > 0 {
        row(
            out,
            "not kept",
            &format!(
                "{} carrying credentials or seeming to hold a secret",
                counted(records.bodies_not_kept, "answer", "answers")
            ),
        );
    }
}

fn rests(out: &mut String, report: &Report) {
    heading(out, "What still rests on the custodian's word");
    for line in &report.rests_on_custodian {
        out.push_str(&wrapped("  - ", &safe(line)));
    }
}

/// The name a value has in records.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
