//! In what two bundles differ, as a text for a terminal.

use std::fmt::Write as _;

use drift::{
    BasisDrift, ControlDrift, CoverageDrift, Drift, FieldEntry, FieldWhat, FindingDrift, FindingWhat, GapDrift,
    Judgement, ObjectEntry, Section, Tree, UnreadReason, What,
};
use model::Outcome;

use crate::gaps_text::{Basis, BundleOf};
use crate::style::{self, BOLD, DIM};
use crate::terminal::clean;
use crate::wrap::wrapped;

/// So many differences of a sort are shown one by one.
const SHOWN: usize = 20;
/// Places of one object.
const FIELDS: usize = 6;
/// Characters of a value.
const VALUE: usize = 100;

/// What differs, by sort; what cannot be compared beside it.
#[must_use]
pub fn render_drift(since: &Basis, from: &Basis, drift: &Drift) -> String {
    let mut text = String::new();
    let place = |basis: &Basis| basis.bundle.as_ref().map_or_else(String::new, of_bundle);
    writeln!(text, "{BOLD}{}, {}{BOLD:#}: {}", clean(&from.entity), clean(&from.system), clean(&place(from))).ok();
    writeln!(text, "  since {}", clean(&place(since))).ok();
    for (which, basis) in [("the later", from), ("the earlier", since)] {
        if let Some(rehearsal) = basis.bundle.as_ref().and_then(|of| of.rehearsal.as_ref()) {
            wrapped(&mut text, "  ", &clean(&format!("{which} is {rehearsal}")));
        }
    }
    writeln!(text, "\n{BOLD}{}{BOLD:#}", summary(drift)).ok();
    unseen(&mut text, drift);
    // What deviates anew comes first, whatever the order of the bundle.
    let anew = |one: &&FindingDrift| one.deviates_anew();
    let findings = &drift.findings.named;
    list(&mut text, "Deviates, and did not so before", drift.deviating_anew, findings.iter().filter(anew), finding);
    let rest = drift.findings.in_all - drift.deviating_anew;
    list(&mut text, "Other differences in findings", rest, findings.iter().filter(|one| !anew(one)), finding);
    section(&mut text, "Controls", &drift.controls, control);
    section(&mut text, "Resources", &drift.objects, object);
    section(&mut text, "With what was read and judged", &drift.basis, basis);
    section(&mut text, "Not read", &drift.gaps, gap);
    section(&mut text, "Lists", &drift.coverage, coverage);
    text
}

/// How much differs, and why, in one line.
#[must_use]
pub fn summary(drift: &Drift) -> String {
    let (changed, incomparable) = (drift.changed(), drift.incomparable());
    if changed + incomparable == 0 {
        return "Nothing that both read differs.".to_owned();
    }
    let causes: Vec<String> =
        drift.by_cause.iter().map(|(cause, count)| format!("{} {count}", cause.as_str())).collect();
    let causes = match causes.as_slice() {
        [] => String::new(),
        causes => format!(" Causes of what differs in resources and findings: {}.", causes.join(", ")),
    };
    let differ = match changed {
        0 => "Nothing that can be compared differs".to_owned(),
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    };
    let cannot = match incomparable {
        0 => String::new(),
        1 => ", and 1 thing cannot be compared".to_owned(),
        many => format!(", and {many} things cannot be compared"),
    };
    format!("{differ}{cannot}.{causes}")
}

/// What neither of them shows, or one withholds.
fn unseen(text: &mut String, drift: &Drift) {
    let alike = &drift.alike;
    if alike.gaps > 0 {
        let words = format!("Read in neither: what is behind {} gaps. Nothing is said of it.", alike.gaps);
        wrapped(text, "", &words);
    }
    for (count, which) in [(alike.withheld_before, "earlier"), (alike.withheld_after, "later")] {
        if count > 0 {
            wrapped(text, "", &format!("{count} records of the {which} bundle are withheld in this copy."));
        }
    }
}

/// A bundle by its place.
pub(crate) fn of_bundle(of: &BundleOf) -> String {
    format!("bundle {} of {}, {}", of.index, of.ledger, of.started)
}

fn section<T>(text: &mut String, title: &str, section: &Section<T>, one: fn(&mut String, &T)) {
    list(text, title, section.in_all, section.named.iter(), one);
}

fn list<'t, T: 't>(
    text: &mut String,
    title: &str,
    in_all: u64,
    named: impl Iterator<Item = &'t T>,
    one: fn(&mut String, &T),
) {
    if in_all == 0 {
        return;
    }
    writeln!(text, "\n{BOLD}{title} ({in_all}){BOLD:#}").ok();
    let mut shown = 0;
    for item in named.take(SHOWN) {
        one(text, item);
        shown += 1;
    }
    if in_all > shown {
        writeln!(text, "  {DIM}… and {} more; `--format json` has a thousand of them{DIM:#}", in_all - shown).ok();
    }
}

fn finding(text: &mut String, one: &FindingDrift) {
    let outcome = one.after.as_ref().or(one.before.as_ref()).map_or(Outcome::Undetermined, |said| said.outcome);
    let colour = style::of(outcome);
    let about = match (&one.subject, &one.population) {
        (Some(subject), _) => format!("{} {}", subject.kind, subject.id),
        (None, Some(population)) => format!("the list {population}"),
        (None, None) => "the target".to_owned(),
    };
    let said = finding_words(one);
    writeln!(
        text,
        "  {colour}{said}{colour:#}: {} {} at {}",
        clean(&one.control),
        clean(&one.check),
        clean(&one.target)
    )
    .ok();
    wrapped(text, "      ", &clean(&about));
    if let Some(unclear) = &one.unclear {
        wrapped(text, "      ", &format!("incomparable: {}", clean(&unclear.words())));
    }
    if let Some(reason) = one.after.as_ref().or(one.before.as_ref()).and_then(|said| said.reason.as_ref()) {
        wrapped(text, "      ", &clean(&cut(reason, 240)));
    }
    wrapped(text, "      cause: ", &one.causes.to_string());
}

/// What became of a finding.
pub(crate) fn finding_words(one: &FindingDrift) -> String {
    let said = |judgement: &Option<Judgement>| match judgement {
        Some(said) if said.accepted => format!("{} (accepted)", said.outcome.as_str()),
        Some(said) => said.outcome.as_str().to_owned(),
        None => "not judged".to_owned(),
    };
    let (before, after) = (said(&one.before), said(&one.after));
    match one.what {
        FindingWhat::New => format!("new, {after}"),
        FindingWhat::Gone => format!("gone, was {before}"),
        FindingWhat::Evidence => format!("{after} by another value"),
        FindingWhat::Severity => format!("{after}, of another severity"),
        FindingWhat::Reason => format!("{after} for another reason"),
        FindingWhat::Outcome | FindingWhat::Acceptance | FindingWhat::Incomparable => format!("{before} → {after}"),
    }
}

fn control(text: &mut String, one: &ControlDrift) {
    let words = control_words(one);
    writeln!(text, "  {:<20} {words} {DIM}cause: {}{DIM:#}", clean(&one.id), one.causes).ok();
}

/// What became of a control.
pub(crate) fn control_words(one: &ControlDrift) -> String {
    let said = |outcome: Option<Outcome>| outcome.map_or("no outcome", Outcome::as_str);
    match one.what {
        What::Added => format!("new, {}", said(one.after)),
        What::Removed => format!("gone, was {}", said(one.before)),
        What::Changed => format!("{} → {}", said(one.before), said(one.after)),
        What::Incomparable => format!("{} → {}, incomparable", said(one.before), said(one.after)),
    }
}

fn object(text: &mut String, one: &ObjectEntry) {
    let derived = if one.derived { " (computed)" } else { "" };
    writeln!(
        text,
        "  {}: {} {} at {}{derived}",
        one.what.as_str(),
        clean(&one.kind),
        clean(&one.id),
        clean(&one.target)
    )
    .ok();
    if let Some(unclear) = &one.unclear {
        wrapped(text, "      ", &clean(&unclear.words()));
    }
    for field in one.fields.iter().take(FIELDS) {
        wrapped(text, "      ", &clean(&field_words(field)));
    }
    let more = one.fields_in_all.saturating_sub(FIELDS as u64);
    if more > 0 {
        writeln!(text, "      {DIM}… and {more} more places{DIM:#}").ok();
    }
    wrapped(text, "      cause: ", &one.causes.to_string());
}

/// What became of one place.
pub(crate) fn field_words(field: &FieldEntry) -> String {
    let value = |tree: &Option<Tree>| match tree {
        Some(tree) => cut(&tree.to_string(), VALUE),
        None if field.too_long => "(long)".to_owned(),
        None => String::new(),
    };
    let (from, to) = (value(&field.from), value(&field.to));
    let words = match field.what {
        FieldWhat::Added => format!("+ {to}"),
        FieldWhat::Removed => format!("- {from}"),
        FieldWhat::Changed => format!("{from} → {to}"),
        FieldWhat::ElementAdded => format!("+ element {to}"),
        FieldWhat::ElementRemoved => format!("- element {from}"),
    };
    let unclear = field.unclear.as_ref().map(|unclear| format!(" (incomparable: {})", unclear.words()));
    format!("{}: {words}{}", field.path, unclear.unwrap_or_default())
}

fn basis(text: &mut String, one: &BasisDrift) {
    writeln!(text, "  {:<11} {}: {}", one.aspect.as_str(), one.what.as_str(), clean(&one.name)).ok();
    match (&one.from, &one.to) {
        // Where they are alike, it is something else of it that is another.
        (from, to) if from == to => {}
        (from, to) => {
            let said = |text: &Option<String>| cut(text.as_deref().unwrap_or("nothing"), VALUE);
            wrapped(text, "              ", &clean(&format!("{} → {}", said(from), said(to))));
        }
    }
    wrapped(text, "              cause: ", &one.causes.to_string());
}

fn gap(text: &mut String, one: &GapDrift) {
    let mut about = vec![format!("{} {}", one.target, one.collector)];
    about.extend(one.population.clone());
    about.extend(one.subject.as_ref().map(|subject| format!("{} {}", subject.kind, subject.id)));
    about.extend(one.part.as_ref().map(|part| format!("`{part}`")));
    about.extend(one.right.clone());
    wrapped(text, "  ", &clean(&format!("{}: {}", about.join(", "), gap_drift_words(one))));
}

/// What became of a gap.
pub(crate) fn gap_drift_words(one: &GapDrift) -> String {
    let said = |one: UnreadReason| format!("{}{}", one.reason.words(), if one.accepted { " (accepted)" } else { "" });
    match (one.before, one.after) {
        (None, Some(after)) => format!("not read any more: {}", said(after)),
        (Some(before), None) => format!("read now; before: {}", said(before)),
        (Some(before), Some(after)) => format!("{} → {}", said(before), said(after)),
        (None, None) => String::new(),
    }
}

fn coverage(text: &mut String, one: &CoverageDrift) {
    let about = format!("{} {}, {}: {}", one.target, one.collector, one.population, coverage_words(one));
    wrapped(text, "  ", &clean(&about));
}

/// What became of a list.
pub(crate) const fn coverage_words(one: &CoverageDrift) -> &'static str {
    match (one.before, one.after) {
        (None, _) => "listed in the later bundle alone",
        (_, None) => "listed in the earlier bundle alone",
        (_, Some(true)) => "listed to its end, before not",
        (_, Some(false)) => "not listed to its end, before it was",
    }
}

/// The beginning of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
