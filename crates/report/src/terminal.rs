//! Texts for a terminal.

use std::fmt::Write as _;

use bundle::statement::Kind;
use model::record::{self, Finding, InDeclaration, Locator, Recorded, RunStatus};
use model::{Outcome, RecordRef, RecordType};
use serde_json::value::RawValue;
use verify::{AcceptanceReport, Approver, Mark, MarkCount, VerifiedBundle, rehearsal};

use crate::evidence::{DeclarationView, Evidence, ExchangeView};
use crate::overview::{GapGroup, MarkedControl, MarkedFinding, Overview, Shown};
use crate::style::{self, BOLD, DIM};
use crate::words::{answer_words, gap_move, gap_words, marks_line};

/// Characters of what a source said that are shown.
const MOST_DETAIL: usize = 240;
/// Characters of a value shown in a piece of evidence.
const MOST_VALUE: usize = 160;

/// The overview of a verified bundle.
#[must_use]
pub fn render_overview(bundle: &VerifiedBundle, overview: &Overview) -> String {
    let mut text = String::new();
    head(&mut text, bundle);
    known_first(&mut text, bundle, overview);
    overview.recorded.iter().for_each(|shown| recorded(&mut text, shown));
    if bundle.statement().predicate.kind == Kind::Record {
        withheld(&mut text, overview);
        return text;
    }
    controls(&mut text, bundle, overview);
    let undetermined_first = |f: &&MarkedFinding| f.value.outcome == Outcome::Undetermined;
    findings(
        &mut text,
        bundle,
        overview.findings.iter().filter(|f| f.value.outcome == Outcome::Deviates),
        "Deviates from what is declared",
    );
    findings(&mut text, bundle, overview.findings.iter().filter(undetermined_first), "Undetermined");
    let rest =
        overview.findings.iter().filter(|f| matches!(f.value.outcome, Outcome::Conforms | Outcome::NotApplicable));
    findings(&mut text, bundle, rest, "Conforms, or does not apply");
    if overview.findings_not_shown > 0 {
        writeln!(
            text,
            "{DIM}… and {} more findings; `--format json` and the records have them all{DIM:#}\n",
            overview.findings_not_shown
        )
        .ok();
    }
    not_read(&mut text, bundle, overview);
    read(&mut text, overview);
    text
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
        writeln!(text, "{BOLD}This is {}.{BOLD:#}", clean(&rehearsal::words(&p.rehearsal, bundle.rehearsals()))).ok();
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
        writeln!(
            text,
            "{BOLD}{hidden} of {all} findings are withheld: what is counted of them is the custodian's word.{BOLD:#}"
        )
        .ok();
    }
    if let Some(marks) = bundle.marks() {
        writeln!(text, "{}", clean(&marks_line(&marks.counts()))).ok();
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
        writeln!(
            text,
            "{:<width$}  {style}{name:<14}{style:#} {:>8} {:>8} {:>12} {:>8}  {}{accepted}",
            clean(&control.id),
            c.conforms,
            c.deviates,
            c.undetermined,
            c.not_applicable,
            clean(&control.title)
        )
        .ok();
        // Of a whole rehearsal the first lines say so.
        let said = |one: &MarkCount| one.mark == Mark::Rehearsal && bundle.rehearsals().is_whole();
        for one in marks.iter().filter(|one| one.findings > 0 && !said(one)) {
            writeln!(text, "{:<width$}  {DIM}{} of its findings: {}{DIM:#}", "", one.findings, one.mark.words()).ok();
        }
    }
    if overview.controls_not_shown > 0 {
        writeln!(text, "{DIM}… and {} more{DIM:#}", overview.controls_not_shown).ok();
    }
    text.push('\n');
}

fn findings<'a>(
    text: &mut String,
    bundle: &VerifiedBundle,
    findings: impl Iterator<Item = &'a MarkedFinding>,
    title: &str,
) {
    let findings: Vec<_> = findings.collect();
    if findings.is_empty() {
        return;
    }
    writeln!(text, "{BOLD}{title}: {}{BOLD:#}", findings.len()).ok();
    for finding in findings {
        one_finding(text, bundle, finding);
    }
    text.push('\n');
}

fn one_finding(text: &mut String, bundle: &VerifiedBundle, shown: &MarkedFinding) {
    let f = &shown.value;
    let style = style::of(f.outcome);
    let number = shown.record.trim_start_matches("finding:");
    let about = match (&f.subject, &f.population) {
        (Some(subject), _) => clean(&subject.id),
        (None, Some(population)) => format!("all of {}", clean(population)),
        (None, None) => "the target as a whole".to_owned(),
    };
    let rehearsed = if bundle.rehearsals().includes(&f.target) { " (rehearsal)" } else { "" };
    writeln!(
        text,
        "  {DIM}{number:>4}{DIM:#} {style}{:<14}{style:#} {}  {DIM}{} · {}{rehearsed}{DIM:#}",
        f.outcome.as_str(),
        clean(&f.check),
        clean(&f.control),
        clean(&f.target)
    )
    .ok();
    writeln!(text, "       {about}").ok();
    // That it is a rehearsal stands behind the target.
    for one in shown.marks.iter().filter(|one| one.mark != Mark::Rehearsal) {
        writeln!(text, "       {DIM}mark: {}{DIM:#}", clean(&one.words())).ok();
    }
    for evidence in &f.evidence {
        writeln!(text, "       {}", clean(&evidence_line(evidence))).ok();
    }
    if let Some(reason) = &f.reason {
        writeln!(text, "       {}", clean(reason)).ok();
    }
    if let Some(acceptance) = &f.acceptance {
        let (name, approver) = (acceptance_name(bundle, *acceptance), approver(bundle, *acceptance));
        writeln!(text, "       accepted by {}; it still {}", clean(&name), f.outcome).ok();
        writeln!(text, "       {DIM}{}{DIM:#}", clean(&approver)).ok();
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

/// Where something was read, and, of a declared file, the words that stand there.
fn place(locator: &Locator, declarations: &[DeclarationView]) -> (String, Option<String>) {
    let place = match locator {
        Locator::Answer(place) => return (format!("{} {}", place.exchange, clean(&place.path)), None),
        Locator::Declared(place) => place,
    };
    let InDeclaration { declaration, line, column } = place;
    let name = declaration.to_string();
    let Some(view) = declarations.iter().find(|view| view.declaration.record == name) else {
        return (format!("{name}, line {line}, column {column}"), None);
    };
    let words = view.places.iter().find(|text| (text.line, text.column) == (*line, *column)).map(|text| {
        match (&text.text, text.problem) {
            (Some(text), _) => clean(text),
            (None, problem) => format!("({})", problem.unwrap_or("not shown")),
        }
    });
    (format!("{}:{line}:{column}", clean(&view.declaration.value.path)), words)
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

fn short(value: &RawValue) -> String {
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
        gap_group(text, bundle, group);
    }
    if overview.gap_groups_not_shown > 0 {
        writeln!(text, "  {DIM}… and {} more{DIM:#}", overview.gap_groups_not_shown).ok();
    }
    text.push('\n');
}

fn gap_group(text: &mut String, bundle: &VerifiedBundle, group: &GapGroup) {
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
    let subject = example.value.subject.as_ref().map(|s| format!("{}: ", clean(&s.id))).unwrap_or_default();
    writeln!(text, "         {DIM}{}{DIM:#} {subject}{}", example.record, clipped(&example.value.detail)).ok();
    if group.accepted > 0 {
        writeln!(text, "         {} of them accepted; they stay unread", group.accepted).ok();
        if let Some(acceptance) = &example.value.acceptance {
            let (name, approver) = (acceptance_name(bundle, *acceptance), approver(bundle, *acceptance));
            writeln!(text, "         {DIM}{}: {}{DIM:#}", clean(&name), clean(&approver)).ok();
        }
    }
    writeln!(text, "         → {}", clean(&gap_move(group.reason, group.right.as_deref()))).ok();
}

fn read(text: &mut String, overview: &Overview) {
    let resources: Vec<String> =
        overview.resources.iter().map(|(kind, count)| format!("{count} {}", clean(kind))).collect();
    let whole = overview.coverage.iter().filter(|c| c.complete).count();
    write!(text, "Read: {} exchanges; ", overview.exchanges).ok();
    if resources.is_empty() {
        text.push_str("no resources");
    } else {
        text.push_str(&resources.join(", "));
        if overview.resources_of_more_kinds > 0 {
            write!(text, ", {} of more kinds", overview.resources_of_more_kinds).ok();
        }
    }
    write!(text, "; {whole} of {} lists to their end", overview.coverage.len()).ok();
    if overview.coverage_not_shown > 0 {
        write!(text, "; {} more lists are not counted here", overview.coverage_not_shown).ok();
    }
    text.push_str(".\n");
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

/// Records that a computed object rests on and that are named.
const MOST_NAMED: usize = 20;

/// One finding or exchange, down to the bytes.
#[must_use]
pub fn render_evidence(bundle: &VerifiedBundle, evidence: &Evidence) -> String {
    let mut text = String::new();
    if let Some(finding) = &evidence.finding {
        one_finding(&mut text, bundle, finding);
        text.push('\n');
    }
    if let Some(shown) = &evidence.assignment {
        let a = &shown.value;
        writeln!(
            text,
            "{BOLD}Asked{BOLD:#} {DIM}{}{DIM:#}: {} for control {}, parameters {}",
            shown.record,
            clean(&a.check),
            clean(&a.control),
            clean(a.parameters.get())
        )
        .ok();
        text.push('\n');
    }
    for shown in &evidence.derived {
        let d = &shown.value;
        writeln!(text, "{BOLD}{} {}{BOLD:#} {DIM}{}, computed{DIM:#}", clean(&d.kind), clean(&d.id), shown.record).ok();
        for (part, value) in members(&d.facts) {
            writeln!(text, "  /{:<22} {}", clean(&part), short(&value)).ok();
        }
        let from: Vec<String> = d.inputs.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = d.inputs.len().saturating_sub(from.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(text, "  from {}{more}\n", from.join(", ")).ok();
    }
    for shown in &evidence.resources {
        let r = &shown.value;
        writeln!(text, "{BOLD}{} {}{BOLD:#} {DIM}{}{DIM:#}", clean(&r.kind), clean(&r.id), shown.record).ok();
        for (part, value) in members(&r.facts) {
            let from = r.parts.get(&part).into_iter().flatten().map(|locator| place(locator, &evidence.declarations));
            writeln!(text, "  /{:<22} {}", clean(&part), short(&value)).ok();
            for (place, words) in from {
                writeln!(text, "  {:<23} {DIM}from {place}{DIM:#}", "").ok();
                if let Some(words) = words {
                    writeln!(text, "  {:<23} │ {words}", "").ok();
                }
            }
        }
        text.push('\n');
    }
    for shown in &evidence.coverage {
        let c = &shown.value;
        let end = if c.complete { "to its end" } else { "not to its end" };
        let total = c.total.as_ref().map(|t| format!(", the source counts {}", t.count)).unwrap_or_default();
        writeln!(
            text,
            "{BOLD}List{BOLD:#} {DIM}{}{DIM:#}: {} of {}: {} items on {} pages, read {end}{total}",
            shown.record,
            clean(&c.population),
            clean(&c.target),
            c.items,
            c.pages
        )
        .ok();
    }
    for shown in &evidence.gaps {
        let g = &shown.value;
        let right = clean(g.right.as_deref().unwrap_or("-"));
        writeln!(
            text,
            "{BOLD}Gap{BOLD:#} {DIM}{}{DIM:#}: {} ({right}): {}",
            shown.record,
            gap_words(g.reason),
            clean(&g.detail)
        )
        .ok();
    }
    for exchange in &evidence.exchanges {
        one_exchange(&mut text, exchange);
    }
    if !evidence.withheld.is_empty() {
        writeln!(text, "Withheld in this copy: {}", clean(&evidence.withheld.join(", "))).ok();
    }
    text
}

fn one_exchange(text: &mut String, view: &ExchangeView) {
    let e = &view.exchange.value;
    let status = answer_words(e);
    writeln!(
        text,
        "\n{BOLD}{}{BOLD:#} {DIM}{}{DIM:#} at {} → {status}",
        clean(&e.operation),
        view.exchange.record,
        clean(&e.endpoint)
    )
    .ok();
    let request_id = clean(e.request_id.as_deref().unwrap_or("none given"));
    writeln!(text, "  asked {}, attempt {}; the source's request id: {request_id}", e.started, e.attempt).ok();
    match &e.peer {
        Some(peer) => writeln!(text, "  TLS peer's certificates: {peer}").ok(),
        None => writeln!(text, "  without TLS").ok(),
    };
    if let Some(params) = &view.params {
        writeln!(text, "  parameters {}", clean(params.parameters.get())).ok();
    }
    if let Some(why) = &view.not_kept {
        writeln!(text, "  answer not kept: {}", why.as_str()).ok();
    }
    if let (Some(raw), Some(sha256), Some(size)) = (&view.raw, &view.sha256, view.size) {
        writeln!(text, "  answer: {raw}, {size} bytes, sha256 {sha256}").ok();
    }
    if !view.masked.is_empty() {
        let bytes: u64 = view.masked.iter().map(|masked| masked.length).sum();
        let count = view.masked.len();
        writeln!(text, "  {count} of its texts, {bytes} bytes, seemed to hold a secret and are masked by `*`").ok();
    }
    if let Some(answer) = &view.answer {
        for line in answer.lines() {
            writeln!(text, "  │ {}", clean(line)).ok();
        }
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

/// The members of a JSON object, with the exact text of each value.
fn members(facts: &RawValue) -> Vec<(String, Box<RawValue>)> {
    serde_json::from_str::<std::collections::BTreeMap<String, Box<RawValue>>>(facts.get())
        .unwrap_or_default()
        .into_iter()
        .collect()
}
