//! What `witnessmark redact` says: first what is withheld and what then rests on the custodian's word.

use std::path::Path;

use agent::redact::{ControlEffect, Effect, Left, LeftKind};
use bundle::redact::{Redaction, Withheld};
use bundle::statement::Statement;
use model::printable::line;
use model::record::RunStatus;
use model::{RecordRef, RecordType};
use report::wrapped;
use verify::Report;

use crate::summary::for_shell;

/// So many controls are named; the rest is counted.
const CONTROLS_NAMED: usize = 40;

/// What was asked for, and what follows.
pub struct Asked<'a> {
    pub bundle: &'a Statement,
    pub effect: &'a Effect,
    pub withheld: &'a [Withheld],
    /// Acceptances whose approver is shown in the bundle that is copied.
    pub may_turn: usize,
}

impl Asked<'_> {
    /// Of what is withheld, the types by which approvers are shown.
    pub fn shown_by(&self) -> Vec<RecordType> {
        let mut kinds: Vec<RecordType> = self.withheld.iter().map(|one| one.t).collect();
        kinds.retain(|kind| shows_approvers(*kind).is_some());
        kinds.dedup();
        kinds
    }
}

/// A copy that was written and verified.
pub struct Written<'a> {
    pub out: &'a Path,
    pub trust: &'a Path,
    pub redaction: &'a Redaction,
    pub report: &'a Report,
    /// Acceptances whose approver is shown in the bundle, and claimed in the copy.
    pub turned: usize,
}

/// What would be done.
pub fn dry_run(asked: &Asked<'_>) -> String {
    let mut text = String::new();
    begin(&mut text, asked, "A copy would withhold");
    consequences(&mut text, asked);
    may_turn(&mut text, asked);
    left(&mut text, asked.effect);
    text.push_str("\nNothing was written (`--dry-run`).\n");
    text
}

/// What shows an approver is in records that can be withheld: whose it is shows only the copy.
fn may_turn(text: &mut String, asked: &Asked<'_>) {
    let parts: Vec<&str> = asked.shown_by().into_iter().filter_map(shows_approvers).collect();
    if asked.may_turn == 0 || parts.is_empty() {
        return;
    }
    let words = format!(
        "{} with an approver who is shown, and who is only claimed where this is withheld: {}",
        counted(asked.may_turn as u64, "acceptance", "acceptances"),
        parts.join("; ")
    );
    wrapped(text, "  approvers    ", &words);
}

/// What records of a type say that an approver is shown by.
const fn shows_approvers(kind: RecordType) -> Option<&'static str> {
    match kind {
        RecordType::Declaration => Some("the signed words of the approver, which are a declared file"),
        RecordType::Host => Some("what the run found behind the ids of the targets (`host`)"),
        RecordType::Acceptance => Some("what was accepted (`acceptance`)"),
        RecordType::Params => Some("which file a program of yours was that reads a target (`params`)"),
        _ => None,
    }
}

/// What was done, and what comes next.
pub fn written(asked: &Asked<'_>, written: &Written<'_>) -> String {
    let mut text = String::new();
    begin(&mut text, asked, "The copy withholds");
    consequences(&mut text, asked);
    if written.turned > 0 {
        let turned = counted(written.turned as u64, "acceptance", "acceptances");
        wrapped(&mut text, "  approvers    ", &format!("{turned}: shown in the bundle, and only claimed in the copy"));
    }
    left(&mut text, asked.effect);
    let level =
        written.report.level.map_or_else(|| "no level".to_owned(), |level| format!("level {level} ({})", level.name()));
    let verified = format!(
        "Wrote {}, signed by {} for what is withheld, and verified: accepted, {level}.",
        written.out.display(),
        line(&written.redaction.by)
    );
    text.push('\n');
    wrapped(&mut text, "", &verified);
    let said = &asked.bundle.predicate;
    let rehearsal = if said.rehearsal.is_empty() { "" } else { " --allow-rehearsal" };
    let failed = if said.status == RunStatus::Failed { " --allow-failed" } else { "" };
    text.push_str(&format!(
        "Next: witnessmark-verify {} --trust {}{rehearsal}{failed}\n",
        for_shell(&written.out.display().to_string()),
        for_shell(&written.trust.display().to_string())
    ));
    text
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn begin(text: &mut String, asked: &Asked<'_>, does: &str) {
    let effect = asked.effect;
    let said = &asked.bundle.predicate;
    let word = &effect.word;
    let resting = word.withheld.findings() + word.withheld_before + word.on_withheld + word.without_source;
    let first = format!(
        "{does} {} of {} records of bundle {} ({}): {} of {} rest on your word then.",
        effect.withheld,
        effect.records,
        said.chain.index,
        line(&said.bundle),
        resting,
        counted(word.findings, "finding", "findings"),
    );
    wrapped(text, "", &first);
    for one in asked.withheld {
        let of = asked.bundle.predicate.records.count_of(one.t);
        wrapped(text, &format!("  {:<12} ", one.t.as_str()), &format!("{} of {of}: {}", one.count, line(&one.reason)));
    }
    let mut whole = Vec::new();
    if effect.answers > 0 {
        whole.push(format!("{} with {} bytes", counted(effect.answers, "answer", "answers"), effect.answer_bytes));
    }
    if effect.files > 0 {
        whole.push(format!(
            "{} with {} bytes",
            counted(effect.files, "declared file", "declared files"),
            effect.file_bytes
        ));
    }
    if !whole.is_empty() {
        wrapped(text, "  whole files  ", &whole.join(", "));
    }
    if effect.withheld_before > 0 {
        let before = format!("{} of these were withheld before, and stay so", effect.withheld_before);
        wrapped(text, "  before       ", &before);
    }
}

fn consequences(text: &mut String, asked: &Asked<'_>) {
    let effect = asked.effect;
    text.push_str("\nWhat rests on your word then, for whoever gets the copy\n");
    let word = &effect.word;
    let hidden = &word.withheld;
    let mut said = false;
    let mut row = |label: &str, words: &str| {
        wrapped(text, &format!("  {label:<12} "), words);
        said = true;
    };
    let of = counted(word.findings, "finding", "findings");
    if hidden.findings() > 0 {
        let words = format!(
            "{} of {of} not shown: {} conform, {} deviate, {} undetermined, {} not applicable. They stay counted in their controls, and nobody can look at them",
            hidden.findings(),
            hidden.conforms,
            hidden.deviates,
            hidden.undetermined,
            hidden.not_applicable
        );
        row("findings", &words);
    }
    if word.withheld_before > 0 {
        let words = format!(
            "{} of {of} not shown in what is copied either: withheld before, so that nobody here can say what they conclude",
            word.withheld_before
        );
        row("findings", &words);
    }
    if word.on_withheld > 0 {
        let words = format!(
            "{} of {of} shown without what they rest on, so that nobody can judge again: {}",
            word.on_withheld,
            named(&word.on_withheld_first, word.on_withheld)
        );
        row("findings", &words);
    }
    if word.without_source > 0 {
        let words = format!(
            "{} of {of} shown with their facts, without the answers, files or objects from which these come: {}",
            word.without_source,
            named(&word.without_source_first, word.without_source)
        );
        row("findings", &words);
    }
    for control in word.controls.iter().take(CONTROLS_NAMED) {
        row("control", &of_control(control));
    }
    if word.controls.len() > CONTROLS_NAMED {
        row("", &format!("and {} controls more", word.controls.len() - CONTROLS_NAMED));
    }
    if effect.files > 0 {
        row(
            "declaration",
            "what is declared in withheld files: `gaps`, `trace` and `roster` read them, and the page's declared side",
        );
    }
    if !said {
        text.push_str("  no finding: what is withheld was judged by no check\n");
    }
}

fn of_control(control: &ControlEffect) -> String {
    let mut parts = Vec::new();
    for (count, words) in [
        (control.withheld, "not shown"),
        (control.withheld_before, "withheld before"),
        (control.on_withheld, "on withheld records"),
        (control.without_source, "without their source"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let outcome = control.outcome.map_or_else(String::new, |outcome| format!(", {}", outcome.as_str()));
    let requirements = match control.requirements.as_slice() {
        [] => String::new(),
        some => format!(" ({})", some.iter().map(|id| line(id).into_owned()).collect::<Vec<_>>().join(", ")),
    };
    let findings = counted(control.findings, "finding", "findings");
    format!("{}{requirements}{outcome}: {findings}, {}", line(&control.id), parts.join(", "))
}

fn left(text: &mut String, effect: &Effect) {
    text.push_str("\nWhat the copy says all the same\n");
    for one in &effect.left {
        let label = match one.what {
            LeftKind::Answers => "answers",
            LeftKind::Facts => RecordType::Resource.as_str(),
            LeftKind::Derived => RecordType::Derived.as_str(),
            LeftKind::Named(kind) => kind.as_str(),
            LeftKind::NamedInside => "whole files",
        };
        wrapped(text, &format!("  {label:<12} "), &of_left(one));
    }
    if effect.not_searched > 0 {
        let words = format!(
            "of {} withheld objects nothing was searched, because they are too many: look yourself where they are named",
            effect.not_searched
        );
        wrapped(text, "  ids          ", &words);
    }
    wrapped(
        text,
        "  always       ",
        "that each record was made, its type and its place, how many there are of each kind, what was asked and when, and counts and outcomes of controls (`witnessmark redact --help`)",
    );
}

fn of_left(one: &Left) -> String {
    let count = one.count;
    let names = named(&one.first, count);
    match one.what {
        LeftKind::Answers => format!(
            "{count} shown whole from which withheld resources were read: {names}. `answers` withholds these too"
        ),
        LeftKind::Facts => format!("{count} shown, read from answers or files that are withheld: {names}"),
        LeftKind::Derived => format!("{count} shown, computed of withheld objects: {names}"),
        LeftKind::Named(kind) if kind.always_disclosed() => {
            format!("{count} with the id of something that is withheld; always disclosed: {names}")
        }
        LeftKind::Named(_) => format!("{count} shown with the id of something that is withheld: {names}"),
        LeftKind::NamedInside => format!("{count} shown with the id of something that is withheld inside: {names}"),
    }
}

/// The first of them.
fn named(first: &[RecordRef], count: u64) -> String {
    let names: Vec<String> = first.iter().map(ToString::to_string).collect();
    let more = if count > first.len() as u64 { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}
