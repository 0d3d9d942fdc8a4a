//! What stands for each requirement and what is missing, as a text for a terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use links::{ControlRow, Gaps, MethodState, RequirementGaps, State};
use model::Digest;
use model::record::{Counts, RunStatus};
use schemars::JsonSchema;
use serde::Serialize;
use verify::{Mark, MarkCount, Marks, VerifiedBundle, rehearsal};

use crate::recorded::{contradictions, row_words, totals_words};
use crate::style::{BOLD, DIM};
use crate::terminal::clean;
use crate::words::marks_line;
use crate::wrap::wrapped;

/// What a table of requirements, or a trace, is made from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Basis {
    pub entity: String,
    pub system: String,
    /// The bundle whose findings are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleOf>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_bundle: Option<String>,
    /// Declared files that are not as they were sealed in that bundle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_since: Vec<String>,
    /// Findings that are withheld in this copy of the bundle, and in no count. Absent where nobody counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings_withheld: Option<u64>,
}

/// A verified bundle, by its place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BundleOf {
    /// Id of the run or record.
    pub id: String,
    /// Its place in the ledger, from 0.
    pub index: u64,
    /// Name (origin) of the ledger.
    pub ledger: String,
    pub started: model::Timestamp,
    pub finished: model::Timestamp,
    pub status: RunStatus,
    /// Why it is no evidence, of some targets or of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<String>,
    pub statement_sha256: Digest,
    /// What has to be known beside its findings; absent where nobody compared.
    pub marks: Option<Vec<MarkCount>>,
}

impl Basis {
    /// The declaration alone.
    #[must_use]
    pub fn alone(entity: &str, system: &str, why: impl Into<String>) -> Self {
        Self {
            entity: entity.to_owned(),
            system: system.to_owned(),
            bundle: None,
            without_bundle: Some(why.into()),
            changed_since: Vec::new(),
            findings_withheld: None,
        }
    }

    /// A declaration with the findings of a bundle. `changed_since`: its files that are not as they were sealed there. `findings_withheld`: if
    /// they were counted.
    #[must_use]
    pub fn of(bundle: &VerifiedBundle, changed_since: Vec<String>, findings_withheld: impl Into<Option<u64>>) -> Self {
        let said = &bundle.statement().predicate;
        Self {
            entity: said.entity.clone(),
            system: said.system.clone(),
            bundle: Some(BundleOf {
                id: said.bundle.clone(),
                index: said.chain.index,
                ledger: said.chain.origin.clone(),
                started: said.started,
                finished: said.finished,
                status: said.status,
                rehearsal: (!said.rehearsal.is_empty()).then(|| rehearsal::words(&said.rehearsal, bundle.rehearsals())),
                statement_sha256: bundle.statement_sha256(),
                marks: bundle.marks().map(Marks::counts),
            }),
            without_bundle: None,
            changed_since,
            findings_withheld: findings_withheld.into(),
        }
    }
}

/// Where the findings come from, in words.
pub fn basis(text: &mut String, basis: &Basis) {
    match (&basis.bundle, &basis.without_bundle) {
        (Some(of), _) => {
            let failed = if of.status == RunStatus::Failed { ", whose run failed: it has no finding" } else { "" };
            wrapped(
                text,
                "Findings: ",
                &format!("bundle {} of {}, {}{failed}", of.index, clean(&of.ledger), of.finished),
            );
            if let Some(rehearsal) = &of.rehearsal {
                wrapped(text, "          ", &format!("it is {}", clean(rehearsal)));
            }
            if let Some(withheld) = basis.findings_withheld.filter(|withheld| *withheld > 0) {
                wrapped(text, "          ", &format!("{withheld} of them are withheld in this copy"));
            }
            // That it is a rehearsal stands above.
            let marks: Vec<MarkCount> =
                of.marks.iter().flatten().filter(|one| one.mark != Mark::Rehearsal).cloned().collect();
            if !marks.is_empty() {
                wrapped(text, "          ", &marks_line(&marks));
            }
            if !basis.changed_since.is_empty() {
                let files = clean(&basis.changed_since.join(", "));
                wrapped(text, "          ", &format!("changed since, or not sealed in it: {files}; run again"));
            }
        }
        (None, why) => wrapped(text, "Findings: ", &format!("none: {}", clean(why.as_deref().unwrap_or("no bundle")))),
    }
}

/// All requirements, those of one group together.
#[must_use]
pub fn render_gaps(from: &Basis, gaps: &Gaps) -> String {
    let mut text = String::new();
    let designation = gaps.designation.and_then(|one| serde_json::to_value(one).ok());
    let designation = designation.as_ref().and_then(serde_json::Value::as_str);
    writeln!(
        text,
        "{BOLD}{}, {}{BOLD:#}: `{}` up to level {}{}",
        clean(&from.entity),
        clean(&from.system),
        clean(&gaps.standard),
        gaps.level,
        designation.map(|word| format!(", designation {word}")).unwrap_or_default()
    )
    .ok();
    basis(&mut text, from);
    if let Some(totals) = &gaps.records {
        let mut label = "Records:  ";
        for words in totals_words(totals) {
            wrapped(&mut text, label, &clean(&words));
            label = "          ";
        }
    }
    contradictions(&mut text, &gaps.contradictions);
    for note in &gaps.notes {
        wrapped(&mut text, "Note: ", &clean(note));
    }
    totals(&mut text, gaps);
    let mut aspect = None;
    for requirement in &gaps.requirements {
        if aspect != Some(&requirement.aspect) {
            aspect = Some(&requirement.aspect);
            if let Some(title) = &requirement.aspect {
                writeln!(text, "\n{BOLD}{}{BOLD:#}", clean(title)).ok();
            }
        }
        one(&mut text, requirement);
    }
    text.push_str("\nWhether a requirement is met is an auditor's word, and not in this list.\n");
    text
}

fn totals(text: &mut String, gaps: &Gaps) {
    let t = &gaps.totals;
    writeln!(
        text,
        "\n{} requirements: {} with a control, {} without, {} declared not to apply",
        t.requirements, t.with_control, t.without_control, t.not_applicable
    )
    .ok();
    writeln!(text, "{} have a threat behind a control, {} have a check\n", t.with_threat, t.with_check).ok();
    writeln!(text, "{DIM}{:<10} {:>8} {:>8} {:>9} {:>6}{DIM:#}", "method", "expected", "covered", "prepared", "open")
        .ok();
    for (method, of) in &t.methods {
        let (expected, covered, prepared, open) = (of.expected, of.covered, of.prepared, of.open);
        writeln!(text, "{:<10} {expected:>8} {covered:>8} {prepared:>9} {open:>6}", method.as_str()).ok();
    }
}

fn one(text: &mut String, requirement: &RequirementGaps) {
    let item = requirement.id.split_once(':').map_or(requirement.id.as_str(), |(_, item)| item);
    let head = format!("  {item:<10} ");
    wrapped(text, &head, &format!("(level {}) {}", requirement.level, clean(&requirement.demand)));
    if let Some(declined) = &requirement.not_applicable {
        let at = declined.at.as_ref().map(|at| format!(" ({}:{})", at.file, at.line)).unwrap_or_default();
        line(text, "n/a", &format!("declared not to apply: {}{at}", declined.reason));
    }
    for control in &requirement.controls {
        line(text, "control", &control_words(control));
        if let Some(why) = &control.not_inspectable {
            line(text, "", &format!("no configuration shows it: {why}"));
        }
    }
    if !requirement.threats.is_empty() {
        line(text, "threats", &requirement.threats.join(", "));
    }
    for party in &requirement.third_parties {
        let certificate = party.certificate.as_ref().map(|held| format!(", certificate {held}")).unwrap_or_default();
        let reviewed = party.reviewed.as_ref().map(|day| format!(", reviewed {day}")).unwrap_or_default();
        line(
            text,
            "by others",
            &format!("{} ({}) is declared to cover it{certificate}{reviewed}", party.id, party.role),
        );
    }
    if !requirement.methods.is_empty() {
        line(text, "methods", &methods(&requirement.methods));
    }
    for row in &requirement.records {
        line(text, "record", &row_words(row));
    }
    if let Some(condition) = &requirement.inspect_condition {
        line(text, "inspect", &format!("expected where: {condition}"));
    }
    for missing in &requirement.missing {
        line(text, "missing", &missing.text);
    }
}

fn control_words(control: &ControlRow) -> String {
    let checks = match control.checks.len() {
        0 => "no check".to_owned(),
        1 => "1 check".to_owned(),
        many => format!("{many} checks"),
    };
    let task = if control.task { ", a task of people" } else { "" };
    let found = control.findings.filter(|_| !control.checks.is_empty());
    let found = found.map(|found| format!("; {}", counted(&found))).unwrap_or_default();
    let planned = if control.is_implemented() { "" } else { " (planned)" };
    format!("{}{planned}: {} ({checks}{task}{found})", control.id, control.title)
}

/// Findings by outcome, in words.
pub fn counted(counts: &Counts) -> String {
    let mut parts = Vec::new();
    for (count, word) in [
        (counts.deviates, "deviate"),
        (counts.undetermined, "undetermined"),
        (counts.conforms, "conform"),
        (counts.not_applicable, "not applicable"),
    ] {
        match (count, word, counts.accepted) {
            (0, ..) => {}
            (_, "deviate", accepted) if accepted > 0 => {
                parts.push(format!("{count} deviate, {accepted} of them accepted"));
            }
            _ => parts.push(format!("{count} {word}")),
        }
    }
    if parts.is_empty() { "no finding".to_owned() } else { parts.join(", ") }
}

fn methods(methods: &BTreeMap<links::Method, MethodState>) -> String {
    let told = |(method, one): (&links::Method, &MethodState)| {
        let optional = if one.wanted == links::Wanted::Optional { " (optional)" } else { "" };
        let by = match (one.state, one.by.len()) {
            (State::Prepared, 1..=3) => format!(" by {}", one.by.join(", ")),
            (State::Prepared, more) => format!(" by {more} things"),
            _ => String::new(),
        };
        format!("{}{optional} {}{by}", method.as_str(), one.state.as_str())
    };
    methods.iter().map(told).collect::<Vec<_>>().join(" · ")
}

fn line(text: &mut String, label: &str, words: &str) {
    wrapped(text, &format!("             {label:<9} "), &clean(words));
}
