//! One thing and all that hangs on it, as a text for a terminal.

use std::fmt::Write as _;

use links::{
    AcceptanceNode, Aliases, ControlNode, ControlStatus, FindingNode, KeyNode, Kind, Place, RecordRow, RequirementNode,
    RiskNode, ThreatNode, Trace, UseNode,
};

use crate::gaps_text::{Basis, basis, counted};
use crate::recorded::{about, contradictions, row_words};
use crate::style::{self, BOLD, DIM};
use crate::terminal::clean;
use crate::wrap::wrapped;

/// The chain from keys and threats over controls to requirements, and down to the exchanges.
#[must_use]
pub fn render_trace(from: &Basis, trace: &Trace) -> String {
    let mut text = String::new();
    writeln!(
        text,
        "{BOLD}{} {}{BOLD:#} of {}, {}",
        trace.kind.as_str(),
        clean(&trace.id),
        clean(&from.entity),
        clean(&from.system)
    )
    .ok();
    basis(&mut text, from);
    contradictions(&mut text, &trace.contradictions);
    section(&mut text, "Keys", &trace.keys, "no key of the inventory hangs on it", |text, one| {
        key(text, one, &trace.key_aliases);
    });
    section(&mut text, "Threats", &trace.threats, "no threat: nothing says why it is done", threat);
    // In the trace of a key the findings about others are counted only.
    let of_key = trace.kind == Kind::Key;
    section(&mut text, "Controls", &trace.controls, "no control", |text, one| {
        control(text, one, of_key, &trace.key_aliases);
    });
    section(&mut text, "Requirements", &trace.requirements, "no requirement", requirement);
    for note in &trace.notes {
        wrapped(&mut text, "  Note: ", &clean(note));
    }
    if !trace.acceptances.is_empty() {
        section(&mut text, "Acceptances", &trace.acceptances, "", acceptance);
    }
    if !trace.records.is_empty() {
        section(&mut text, "Records of persons", &trace.records, "", record);
    }
    text
}

fn section<T>(text: &mut String, title: &str, all: &[T], none: &str, each: impl Fn(&mut String, &T)) {
    writeln!(text, "\n{BOLD}{title}{BOLD:#}").ok();
    if all.is_empty() {
        writeln!(text, "  {none}").ok();
    }
    for one in all {
        each(text, one);
    }
}

fn head(text: &mut String, id: &str, at: Option<&Place>, words: &str) {
    let at = at.map(|at| format!(" [{}:{}]", at.file, at.line)).unwrap_or_default();
    wrapped(text, "  ", &clean(&format!("{id}{at}: {words}")));
}

fn line(text: &mut String, label: &str, words: &str) {
    wrapped(text, &format!("    {label:<11} "), &clean(words));
}

fn list(text: &mut String, label: &str, words: &[String]) {
    if !words.is_empty() {
        line(text, label, &words.join(", "));
    }
}

/// Ids of controls; the planned ones are marked.
fn controls_named(controls: &[String], planned: &[String]) -> String {
    let mark = |id: &String| if planned.contains(id) { format!("{id} (planned)") } else { id.clone() };
    controls.iter().map(mark).collect::<Vec<_>>().join(", ")
}

fn key(text: &mut String, key: &KeyNode, aliases: &Aliases) {
    let material = key.material.as_ref().map(|material| format!(", {material}")).unwrap_or_default();
    head(text, &key.id, key.at.as_ref(), &format!("{}{material}", key.class));
    match &key.kept {
        Some(kept) => line(text, "kept", &format!("{} at {}", aliases.named(&kept.key), kept.target)),
        None => line(text, "kept", "no target is declared for it"),
    }
    for id in &key.found {
        line(text, "found", &aliases.named(id));
    }
    list(text, "holders", &key.holders);
    list(text, "wallets", &key.wallets);
    if let Some(day) = &key.reviewed {
        line(text, "reviewed", day);
    }
    match key.threats.is_empty() {
        true => line(text, "threats", "none names it"),
        false => list(text, "threats", &key.threats),
    }
}

fn threat(text: &mut String, threat: &ThreatNode) {
    let category = threat.category.as_ref().map(|category| format!(" ({category})")).unwrap_or_default();
    head(text, &threat.id, threat.at.as_ref(), &format!("{}{category}", threat.title));
    list(text, "affects", &threat.affects);
    list(text, "others", &threat.third_parties);
    if threat.risks.is_empty() {
        line(text, "risk", "no row of the register");
    }
    for one in &threat.risks {
        risk(text, one);
    }
    match (threat.controls.len(), threat.planned.len()) {
        (0, _) => line(text, "answered by", "no control"),
        (all, planned) if all == planned => {
            line(
                text,
                "answered by",
                &format!("no control yet: {}", controls_named(&threat.controls, &threat.planned)),
            );
        }
        _ => line(text, "answered by", &controls_named(&threat.controls, &threat.planned)),
    }
}

fn risk(text: &mut String, risk: &RiskNode) {
    let mut words =
        format!("likelihood {}, impact {}, {}, owner {}", risk.likelihood, risk.impact, risk.treatment, risk.owner);
    if let Some(day) = &risk.monitored {
        write!(words, ", last looked at {day}").ok();
    }
    line(text, "risk", &words);
    let Some(residual) = &risk.residual else {
        line(text, "remains", "nothing is declared about what remains");
        return;
    };
    let tolerance = risk.within_tolerance.as_ref().map(|rule| format!(", within {rule}")).unwrap_or_default();
    let accepted = match (&risk.accepted_by, &risk.accepted) {
        (Some(by), Some(day)) => format!(", accepted by {by} on {day} (claimed)"),
        (Some(by), None) => format!(", accepted by {by} (claimed, without a date)"),
        (None, _) => ", accepted by no one".to_owned(),
    };
    line(text, "remains", &format!("{residual}{tolerance}{accepted}"));
}

fn control(text: &mut String, control: &ControlNode, of_key: bool, aliases: &Aliases) {
    let planned = if control.status == ControlStatus::Planned { " (planned)" } else { "" };
    head(text, &control.id, control.at.as_ref(), &format!("{}{planned}", control.title));
    list(text, "answers", &control.threats);
    list(text, "serves", &control.requirements);
    if let Some(every) = &control.observed_every {
        line(text, "looked at", &format!("every {every}, by this program"));
    }
    if let Some(task) = &control.task {
        let every = task.every.as_ref().map_or("no frequency".to_owned(), |every| format!("every {every}"));
        let window = task.detection_window.as_ref().map(|w| format!(", detection window {w}")).unwrap_or_default();
        let records = task.records.as_ref().map_or(", no records".to_owned(), |path| format!(", records in {path}"));
        line(text, "task", &format!("{every}{window}{records}"));
        line(text, "because", task.because.as_deref().unwrap_or("no reason is declared"));
    }
    for document in &control.documents {
        let parts = [&document.kind, &document.section, &document.owner].into_iter().flatten();
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        let more = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        line(text, "document", &format!("{}{more}", document.name));
    }
    match (&control.not_inspectable, control.checks.is_empty()) {
        (Some(why), true) => line(text, "check", &format!("none: no configuration shows it: {why}")),
        (None, true) => line(text, "check", "none: nothing is inspected"),
        (Some(why), false) => line(text, "not shown", &format!("no configuration shows it: {why}")),
        (None, false) => {}
    }
    for used in &control.checks {
        check(text, used, of_key, aliases);
    }
}

fn check(text: &mut String, used: &UseNode, of_key: bool, aliases: &Aliases) {
    let on = match &used.targets {
        Some(targets) => format!(" on {}", targets.join(", ")),
        None => String::new(),
    };
    let found = used.found.as_ref().map(|found| format!(": {}", counted(&found.counts))).unwrap_or_default();
    line(text, "check", &format!("{}{on}{found}", used.check));
    if !used.parameters.is_empty() {
        let parameters: Vec<String> = used.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        line(text, "", &format!("with {}", parameters.join(", ")));
    }
    if !used.weaker.is_empty() {
        line(text, "", &format!("weaker than by default: {}", used.weaker.join(", ")));
    }
    if let Some(why) = &used.expect_none {
        line(text, "", &format!("none expected: {why}"));
    }
    let Some(found) = &used.found else { return };
    for one in &found.findings {
        finding(text, one, aliases);
    }
    if found.not_shown > 0 {
        let (more, others) = (found.not_shown, if of_key { " more, about other things" } else { " more" });
        writeln!(text, "      {DIM}and {more}{others}; `show --all` has more of them{DIM:#}").ok();
    }
}

fn finding(text: &mut String, finding: &FindingNode, aliases: &Aliases) {
    let style = style::of(finding.outcome);
    let rehearsal = if finding.rehearsal { ", a rehearsal: no evidence" } else { "" };
    writeln!(
        text,
        "      {style}{}{style:#} {} {DIM}{} at {}{rehearsal}{DIM:#}",
        finding.outcome.as_str(),
        clean(&finding.subject.as_deref().map_or("the target as a whole".to_owned(), |one| named(one, aliases))),
        finding.record,
        clean(&finding.target)
    )
    .ok();
    for mark in &finding.marks {
        wrapped(text, "        ", &clean(&format!("mark: {mark}")));
    }
    for because in &finding.because {
        wrapped(text, "        ", &clean(because));
    }
    if let Some(by) = &finding.acceptance {
        let who = by.approved_by.as_deref().map(|who| format!(" {who}")).unwrap_or_default();
        let how = if by.approver_shown { format!("approver shown:{who}") } else { "approver claimed".to_owned() };
        wrapped(text, "        ", &clean(&format!("accepted by {} ({how}); it still {}", by.id, finding.outcome)));
    }
    for at in &finding.declared {
        writeln!(text, "        {DIM}declared{DIM:#} {}:{}:{}", clean(&at.file), at.line, at.column).ok();
    }
    for gap in &finding.gaps {
        wrapped(text, "        ", &clean(&format!("not read ({}): {}: {}", gap.record, gap.reason, gap.detail)));
    }
    for one in &finding.exchanges {
        let id = one.request_id.as_deref().unwrap_or("none given");
        let words = format!(
            "{} {} at {} → {}, {}, the source's request id {id}",
            one.record, one.operation, one.endpoint, one.answer, one.started
        );
        wrapped(text, "        ", &clean(&words));
    }
    if finding.exchanges_not_shown > 0 {
        let (more, record) = (finding.exchanges_not_shown, finding.record.trim_start_matches("finding:"));
        writeln!(text, "        {DIM}and {more} more exchanges; `show --finding {record}` has them{DIM:#}").ok();
    }
    if !finding.withheld.is_empty() {
        writeln!(text, "        withheld in this copy: {}", finding.withheld.join(", ")).ok();
    }
}

/// Kind and id of a subject, a key's with its aliases.
fn named(subject: &str, aliases: &Aliases) -> String {
    match subject.split_once(' ') {
        Some((kind, id)) => format!("{kind} {}", aliases.named(id)),
        None => subject.to_owned(),
    }
}

fn requirement(text: &mut String, requirement: &RequirementNode) {
    let words = match (&requirement.demand, requirement.level) {
        (Some(demand), Some(level)) => format!("(level {level}) {demand}"),
        _ => "no catalogue has it".to_owned(),
    };
    head(text, &requirement.id, None, &words);
    if let Some(declined) = &requirement.not_applicable {
        line(text, "n/a", &format!("declared not to apply: {}", declined.reason));
    }
    if let Some(condition) = &requirement.inspect_condition {
        line(text, "inspect", &format!("expected where: {condition}"));
    }
    if !requirement.controls.is_empty() {
        line(text, "served by", &controls_named(&requirement.controls, &requirement.planned));
    }
    for party in &requirement.third_parties {
        let certificate = party.certificate.as_ref().map(|held| format!(", certificate {held}")).unwrap_or_default();
        let reviewed = party.reviewed.as_ref().map_or(", never reviewed".to_owned(), |day| format!(", reviewed {day}"));
        let words = format!("{} ({}) is declared to cover it{certificate}{reviewed}", party.id, party.role);
        line(text, "by others", &words);
    }
}

fn acceptance(text: &mut String, one: &AcceptanceNode) {
    head(text, &one.id, one.at.as_ref(), &one.reason);
    line(text, "covers", &format!("{} for {}: {}", one.check, one.control, one.subject));
    line(text, "approved", &format!("by {} (claimed) on {}, until {}", one.approved_by, one.approved, one.expires));
}

fn record(text: &mut String, row: &RecordRow) {
    wrapped(text, "  ", &clean(&row_words(row)));
    line(text, "about", &about(&row.record));
}
