//! Texts for a terminal.

use std::fmt::Write as _;

use bundle::statement::Kind;
use links::Aliases;
use model::record::{self, Finding, Recorded, RunStatus};
use model::{Outcome, RecordRef, RecordType};
use serde_json::value::RawValue;
use verify::{AcceptanceReport, Approver, Mark, MarkCount, VerifiedBundle, rehearsal};

use crate::equal;
use crate::overview::{GapGroup, MarkedControl, MarkedFinding, Overview, Shown};
use crate::style::{self, BOLD, DIM, PLAIN};
use crate::words::{control_mark, gap_move, gap_words, marks_line};
use crate::wrap::{columns, told, wrapped};

/// Characters of what a source said that are shown.
const MOST_DETAIL: usize = 240;
/// Before what is said of a finding.
const WITHIN: &str = "       ";
/// Before what is said of a group of gaps.
const BELOW: &str = "         ";
/// Characters of a value shown in a piece of evidence.
const MOST_VALUE: usize = 160;

/// The overview of a verified bundle.
#[must_use]
pub fn render_overview(bundle: &VerifiedBundle, overview: &Overview) -> String {
    let mut text = String::new();
    head(&mut text, bundle);
    if bundle.statement().predicate.status == RunStatus::Failed {
        let why = overview.run.as_ref().and_then(|run| run.failure.as_deref()).unwrap_or("no reason is recorded");
        wrapped(&mut text, "", &clean(&format!("Nothing can be concluded from it. What it says: {why}")));
    }
    known_first(&mut text, bundle, overview);
    overview.recorded.iter().for_each(|shown| recorded(&mut text, shown));
    if bundle.statement().predicate.kind == Kind::Record {
        withheld(&mut text, overview);
        return text;
    }
    controls(&mut text, bundle, overview);
    let of = |outcomes: &[Outcome]| {
        let listed = overview.findings.iter().filter(|one| outcomes.contains(&one.value.outcome));
        listed.collect::<Vec<_>>()
    };
    let counts = &overview.counts;
    let lists = [
        ("Deviates from what is declared", of(&[Outcome::Deviates]), counts.deviates),
        ("Undetermined", of(&[Outcome::Undetermined]), counts.undetermined),
        (
            "Conforms, or does not apply",
            of(&[Outcome::Conforms, Outcome::NotApplicable]),
            counts.conforms + counts.not_applicable,
        ),
    ];
    for (title, listed, in_all) in lists {
        findings(&mut text, bundle, &overview.key_aliases, (title, in_all), listed);
    }
    if overview.findings_not_shown > 0 {
        wrapped(&mut text, "… ", &not_shown_words(overview.findings_not_shown));
        text.push('\n');
    }
    not_read(&mut text, bundle, overview);
    read(&mut text, overview);
    text
}

/// That the list is cut, and where the rest is: the list is no longer as JSON.
fn not_shown_words(not_shown: u64) -> String {
    format!(
        "and {not_shown} more findings, which are not in `--format json` either: `show --finding N` shows each by its number, and the `finding` records (`records.jsonl` in an exported bundle) have them all"
    )
}

fn head(text: &mut String, bundle: &VerifiedBundle) {
    let p = &bundle.statement().predicate;
    writeln!(
        text,
        "{BOLD}{}, {}{BOLD:#}: bundle {} of ledger {}",
        clean(&p.entity),
        clean(&p.system),
        p.chain.index,
        clean(&p.chain.origin)
    )
    .ok();
    let seconds = (p.finished.as_millis() - p.started.as_millis()).max(0);
    let status = match p.status {
        _ if p.kind == Kind::Record => "a person's record",
        RunStatus::Complete => "everything asked for was read",
        RunStatus::Partial => "with gaps",
        RunStatus::Failed => "the run failed",
    };
    writeln!(text, "{} to {} ({}.{} s), {status}", p.started, p.finished, seconds / 1000, seconds % 1000 / 100).ok();
    if !p.rehearsal.is_empty() {
        let words = rehearsal::words(&p.rehearsal, bundle.rehearsals());
        told(text, BOLD, "", &format!("This is {}.", clean(&words)));
    }
    if let Some(challenge) = &p.challenge {
        writeln!(text, "Auditor's challenge: {}", clean(challenge)).ok();
    }
}

/// What has to be known before any count is read.
fn known_first(text: &mut String, bundle: &VerifiedBundle, overview: &Overview) {
    let p = &bundle.statement().predicate;
    let withheld: u64 = overview.withheld.values().sum();
    if withheld > 0 {
        writeln!(text, "{BOLD}{withheld} of {} records are withheld.{BOLD:#}", p.records.count).ok();
    }
    if let Some(hidden) = overview.withheld.get(RecordType::Finding.as_str()) {
        let all = p.records.count_of(RecordType::Finding);
        let words = "findings are withheld: what is counted of them is the custodian's word.";
        told(text, BOLD, "", &format!("{hidden} of {all} {words}"));
    }
    if let Some(marks) = bundle.marks() {
        told(text, PLAIN, "", &clean(&marks_line(&marks.counts())));
    }
    text.push('\n');
}

fn controls(text: &mut String, bundle: &VerifiedBundle, overview: &Overview) {
    if overview.controls.is_empty() {
        return;
    }
    let width = overview.controls.iter().map(|c| c.value.id.chars().count()).max().unwrap_or(0).max(7);
    writeln!(
        text,
        "{DIM}{:<width$}  {:<14} {:>8} {:>8} {:>12} {:>8}{DIM:#}",
        "control", "outcome", "conform", "deviate", "undetermined", "n/a"
    )
    .ok();
    for MarkedControl { value: control, marks } in &overview.controls {
        let (name, style) = control.outcome.map_or(("no checks", DIM), |o| (o.as_str(), style::of(o)));
        let c = &control.counts;
        let accepted = if c.accepted > 0 { format!("  ({} accepted)", c.accepted) } else { String::new() };
        write!(text, "{:<width$}  {style}{name:<14}{style:#} ", clean(&control.id)).ok();
        let counts = format!("{:>8} {:>8} {:>12} {:>8}", c.conforms, c.deviates, c.undetermined, c.not_applicable);
        let title = format!("  {}{accepted}", clean(&control.title));
        // Where it does not fit beside the counts, it stands in lines of its own.
        if columns(usize::MAX) < width + 17 + counts.len() + title.chars().count() {
            writeln!(text, "{counts}").ok();
            told(text, PLAIN, &" ".repeat(width + 2), title.trim_start());
        } else {
            writeln!(text, "{counts}{title}").ok();
        }
        // Of a whole rehearsal the first lines say so.
        let said = |one: &MarkCount| one.mark == Mark::Rehearsal && bundle.rehearsals().is_whole();
        for one in marks.iter().filter(|one| !said(one)) {
            told(text, DIM, &" ".repeat(width + 2), &control_mark(one));
        }
    }
    if overview.controls_not_shown > 0 {
        writeln!(text, "{DIM}… and {} more{DIM:#}", overview.controls_not_shown).ok();
    }
    text.push('\n');
}

fn findings(
    text: &mut String,
    bundle: &VerifiedBundle,
    aliases: &Aliases,
    (title, in_all): (&str, u64),
    findings: Vec<&MarkedFinding>,
) {
    if findings.is_empty() {
        return;
    }
    let of = if in_all > findings.len() as u64 { format!(" of {in_all}") } else { String::new() };
    writeln!(text, "{BOLD}{title}: {}{of}{BOLD:#}", findings.len()).ok();
    for group in equal::together(findings, |one| equal::said(&one.value, &one.marks)) {
        match group.as_slice() {
            [one] => one_finding(text, bundle, aliases, one),
            several => equal_findings(text, bundle, aliases, several),
        }
    }
    text.push('\n');
}

fn number(shown: &MarkedFinding) -> &str {
    shown.record.trim_start_matches("finding:")
}

/// The first line of a finding, or of several that say the same.
fn outcome_line(text: &mut String, bundle: &VerifiedBundle, first: &str, f: &Finding) {
    let style = style::of(f.outcome);
    let rehearsed = if bundle.rehearsals().includes(&f.target) { " (rehearsal)" } else { "" };
    writeln!(
        text,
        "  {DIM}{first:>4}{DIM:#} {style}{:<14}{style:#} {}  {DIM}{} · {}{rehearsed}{DIM:#}",
        f.outcome.as_str(),
        clean(&f.check),
        clean(&f.control),
        clean(&f.target)
    )
    .ok();
}

/// Whom or what a finding is about: a key by its aliases and its id.
fn about(f: &Finding, aliases: &Aliases) -> String {
    match (&f.subject, &f.population) {
        (Some(subject), _) => clean(&aliases.named(&subject.id)),
        (None, Some(population)) => format!("all of {}", clean(population)),
        (None, None) => "the target as a whole".to_owned(),
    }
}

/// One finding as it stands in a list.
pub fn one_finding(text: &mut String, bundle: &VerifiedBundle, aliases: &Aliases, shown: &MarkedFinding) {
    let f = &shown.value;
    outcome_line(text, bundle, number(shown), f);
    told(text, PLAIN, WITHIN, &about(f, aliases));
    words(text, bundle, shown, f.reason.as_deref());
}

/// Several findings that say the same: what they say once, then of which subjects, each with the number of its finding.
fn equal_findings(text: &mut String, bundle: &VerifiedBundle, aliases: &Aliases, shown: &[&MarkedFinding]) {
    let Some(first) = shown.first() else { return };
    outcome_line(text, bundle, &format!("{} ×", shown.len()), &first.value);
    let reason = first.value.reason.as_deref().map(|reason| equal::apart(reason).0);
    words(text, bundle, first, reason.as_deref());
    for one in shown {
        let records = one.value.reason.as_deref().map(|reason| equal::apart(reason).1).unwrap_or_default();
        let records = if records.is_empty() { String::new() } else { format!("  {}", records.join(", ")) };
        writeln!(text, "       {DIM}{:>6}{DIM:#} {}{DIM}{records}{DIM:#}", number(one), about(&one.value, aliases))
            .ok();
    }
}

/// What is said, apart from the subject.
fn words(text: &mut String, bundle: &VerifiedBundle, shown: &MarkedFinding, reason: Option<&str>) {
    let f = &shown.value;
    // That it is a rehearsal stands behind the target.
    for one in shown.marks.iter().filter(|one| one.mark != Mark::Rehearsal) {
        told(text, DIM, WITHIN, &format!("mark: {}", clean(&one.words())));
    }
    for evidence in &f.evidence {
        told(text, PLAIN, WITHIN, &clean(&evidence_line(evidence)));
    }
    if let Some(reason) = reason {
        told(text, PLAIN, WITHIN, &clean(reason));
    }
    if let Some(acceptance) = &f.acceptance {
        let (name, approver) = (acceptance_name(bundle, *acceptance), approver(bundle, *acceptance));
        writeln!(text, "       accepted by {}; it still {}", clean(&name), f.outcome).ok();
        told(text, DIM, WITHIN, &clean(&approver));
    }
}

/// The id of an acceptance; its record where that is withheld.
#[must_use]
pub fn acceptance_name(bundle: &VerifiedBundle, at: RecordRef) -> String {
    let known = bundle.acceptances().iter().find(|known| known.record == at);
    known.and_then(|known| known.id.clone()).unwrap_or_else(|| at.to_string())
}

/// Whether an approver with the authority to do so is shown, in words.
fn approver(bundle: &VerifiedBundle, at: RecordRef) -> String {
    match bundle.acceptances().iter().find(|known| known.record == at) {
        Some(AcceptanceReport { approver: Approver::Shown, approved_by, key, expires, .. }) => format!(
            "approver shown: {}, until {}, by key {:.16}…",
            approved_by.as_deref().unwrap_or_default(),
            expires.as_deref().unwrap_or_default(),
            key.map(|key| key.to_string()).unwrap_or_default()
        ),
        Some(AcceptanceReport { because, .. }) => format!("approver claimed: {because}"),
        None => "approver claimed".to_owned(),
    }
}

/// What proves a finding, or why it is undetermined, in one line: for lists of what is to be mended, where the thing itself is at hand.
#[must_use]
pub fn finding_words(finding: &Finding) -> String {
    let words = finding.evidence.iter().map(|evidence| match (&evidence.because, &evidence.expected) {
        (Some(because), Some(expected)) => {
            format!("{because} (expected {})", short(expected).trim_matches('"'))
        }
        (Some(because), None) => because.clone(),
        (None, _) => evidence_line(evidence),
    });
    let words: Vec<String> = words.chain(finding.reason.clone()).filter(|line| !line.is_empty()).collect();
    clean(&words.join("; "))
}

pub fn evidence_line(evidence: &record::Evidence) -> String {
    let mut line = String::new();
    if let Some(path) = &evidence.path {
        line.push_str(path);
    }
    if let Some(actual) = &evidence.actual {
        write!(line, " is {}", short(actual)).ok();
    }
    if let Some(expected) = &evidence.expected {
        write!(line, ", expected {}", short(expected).trim_matches('"')).ok();
    }
    match (&evidence.because, line.is_empty()) {
        (Some(because), true) => because.clone(),
        (Some(because), false) => format!("{because}: {line}"),
        (None, _) => line,
    }
}

pub fn short(value: &RawValue) -> String {
    let text = value.get();
    if text.chars().count() <= MOST_VALUE {
        clean(text)
    } else {
        format!("{}…", clean(&text.chars().take(MOST_VALUE).collect::<String>()))
    }
}

fn not_read(text: &mut String, bundle: &VerifiedBundle, overview: &Overview) {
    if overview.gaps_in_all == 0 {
        return;
    }
    writeln!(text, "{BOLD}Not read: {}{BOLD:#}", overview.gaps_in_all).ok();
    for group in &overview.gaps {
        gap_group(text, bundle, &overview.key_aliases, group);
    }
    if overview.gap_groups_not_shown > 0 {
        writeln!(text, "  {DIM}… and {} more{DIM:#}", overview.gap_groups_not_shown).ok();
    }
    text.push('\n');
}

fn gap_group(text: &mut String, bundle: &VerifiedBundle, aliases: &Aliases, group: &GapGroup) {
    let what = match (&group.of, &group.part) {
        (Some(of), Some(part)) => format!("/{} of {}", clean(part), clean(of)),
        (Some(of), None) => clean(of),
        (None, Some(part)) => format!("/{}", clean(part)),
        (None, None) => "everything".to_owned(),
    };
    let right = group.right.as_deref().map(|right| format!(": {}", clean(right))).unwrap_or_default();
    let yellow = style::of(Outcome::Undetermined);
    writeln!(
        text,
        "  {:>4} × {yellow}{}{yellow:#}{right}  {what}  {DIM}{} · {}{DIM:#}",
        group.count,
        gap_words(group.reason),
        clean(&group.target),
        clean(&group.collector)
    )
    .ok();
    let example = &group.example;
    let subject = example.value.subject.as_ref().map(|s| format!("{}: ", clean(&aliases.named(&s.id))));
    let subject = subject.unwrap_or_default();
    let words = format!("{} {subject}{}", example.record, clipped(&example.value.detail));
    told(text, PLAIN, BELOW, &words);
    if group.accepted > 0 {
        writeln!(text, "         {} of them accepted; they stay unread", group.accepted).ok();
        if let Some(acceptance) = &example.value.acceptance {
            let (name, approver) = (acceptance_name(bundle, *acceptance), approver(bundle, *acceptance));
            told(text, DIM, BELOW, &format!("{}: {}", clean(&name), clean(&approver)));
        }
    }
    told(text, PLAIN, "         → ", &clean(&gap_move(group.reason, group.right.as_deref())));
}

fn read(text: &mut String, overview: &Overview) {
    let resources: Vec<String> =
        overview.resources.iter().map(|(kind, count)| format!("{count} {}", clean(kind))).collect();
    let whole = overview.coverage.iter().filter(|c| c.complete).count();
    let mut words = format!("Read: {} exchanges; ", overview.exchanges);
    if resources.is_empty() {
        words.push_str("no resources");
    } else {
        words.push_str(&resources.join(", "));
        if overview.resources_of_more_kinds > 0 {
            write!(words, ", {} of more kinds", overview.resources_of_more_kinds).ok();
        }
    }
    write!(words, "; {whole} of {} lists to their end", overview.coverage.len()).ok();
    if overview.coverage_not_shown > 0 {
        write!(words, "; {} more lists are not counted here", overview.coverage_not_shown).ok();
    }
    words.push('.');
    told(text, PLAIN, "", &words);
    withheld(text, overview);
}

/// A person's record, whole.
fn recorded(text: &mut String, shown: &Shown<Recorded>) {
    let one = &shown.value;
    writeln!(
        text,
        "{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}: {}, {}",
        clean(&one.id),
        shown.record,
        one.method.as_str(),
        one.says.as_str()
    )
    .ok();
    let about: Vec<String> = one.about.iter().map(links::about_words).collect();
    let done = one.done_on.map(|day| format!(", done on {day}")).unwrap_or_default();
    writeln!(text, "  about  {}", clean(&about.join(", "))).ok();
    writeln!(text, "  by     {}, who says: {}", clean(&one.by), one.role.as_str()).ok();
    writeln!(text, "  seen   {}{done}, counts until {}", one.on, one.expires).ok();
    for attachment in &one.attachments {
        let at = attachment.declaration.map_or("its digest alone is sealed".to_owned(), |at| at.to_string());
        let (name, size, sha256) = (clean(&attachment.name), attachment.size, attachment.sha256);
        writeln!(text, "  with   {name}: {size} bytes, sha256 {sha256} {DIM}{at}{DIM:#}").ok();
    }
    for line in one.text.lines() {
        writeln!(text, "  │ {}", clean(line)).ok();
    }
    text.push('\n');
}

fn withheld(text: &mut String, overview: &Overview) {
    for (kind, count) in &overview.withheld {
        writeln!(text, "Withheld in this copy: {count} {kind}").ok();
    }
}

/// The beginning of a long text; the record has it whole.
fn clipped(text: &str) -> String {
    if text.chars().count() <= MOST_DETAIL {
        clean(text)
    } else {
        format!("{}…", clean(&text.chars().take(MOST_DETAIL).collect::<String>()))
    }
}

/// Foreign text without what would move a terminal's cursor or change its colours.
pub fn clean(text: &str) -> String {
    model::printable::line(text).into_owned()
}
