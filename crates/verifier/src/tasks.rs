//! The part of an audit that is about tasks of people, for a person.

use std::fmt::Write as _;

use model::due::Every;
use model::record::Says;
use verify::{AuditReport, DoneDay, DueDay, DueIs, TaskOperation};

use crate::human::{HEAD, word};
use crate::output::{SHOWN, counted, safe, wrapped};

/// So many changes of a task are printed; the JSON report has more.
const OF_ONE: usize = 5;

/// Every task over the period, which `period` says in words. Where nothing is known of controls, that has been said.
pub fn human(out: &mut String, report: &AuditReport, period: &str) {
    let Some(operation) = report.operation.as_ref().filter(|operation| !operation.tasks.is_empty()) else { return };
    let _ = write!(out, "\n{HEAD}Tasks{HEAD:#} ({period}, by days in UTC)\n");
    operation.tasks.iter().for_each(|task| one(out, task));
    out.push_str(&wrapped(
        "  ",
        "Days are the custodian's own word, and so are names of records: look at the records themselves. What counts here is that they were named in time.",
    ));
}

fn one(out: &mut String, task: &TaskOperation) {
    let grace = task.grace_days.map(|days| format!(", grace {}", counted(days.into(), "day", "days")));
    let every = task.every.map_or_else(|| "not declared how often".to_owned(), often);
    let title = format!("{}: {} ({every}{})", task.control, task.title, grace.unwrap_or_default());
    out.push_str(&wrapped("  ", &safe(&title)));
    let mut say = |text: &str| out.push_str(&wrapped("    ", &safe(text)));
    say(&counts(task));
    // What was made in time is counted; all else is named first.
    let (other, made): (Vec<_>, Vec<_>) = task.days.iter().partition(|day| day.is != DueIs::Made);
    for day in other.iter().chain(&made).take(SHOWN) {
        say(&row(day));
    }
    if task.days_in_all > task.days.len().min(SHOWN) as u64 {
        say(&format!(
            "… {} more days; `--format json` has a thousand",
            task.days_in_all - task.days.len().min(SHOWN) as u64
        ));
    }
    for change in task.changes.iter().take(OF_ONE) {
        let rule = |every: Option<Every>, grace: Option<u32>| {
            let grace = grace.map(|days| format!(" with {} of grace", counted(days.into(), "day", "days")));
            format!("{}{}", every.map_or_else(|| "not declared how often".to_owned(), often), grace.unwrap_or_default())
        };
        let (from, to) = (rule(change.from, change.from_grace_days), rule(change.to, change.to_grace_days));
        say(&format!("due otherwise since entry {} ({}): {to}; it was {from}", change.entry, change.started));
    }
    if !task.withdrawn.is_empty() {
        let days: Vec<String> = task.withdrawn.iter().take(SHOWN).map(ToString::to_string).collect();
        say(&format!("declared earlier, and not by entry {} any more: {}", task.last, days.join(", ")));
    }
}

fn often(every: Every) -> String {
    match every {
        Every::Months(months) => format!("every {}", counted(months.get().into(), "month", "months")),
        Every::Days(days) => format!("every {}", counted(days.get().into(), "day", "days")),
    }
}

/// What was due, and what came of it; what there is none of is left out.
fn counts(task: &TaskOperation) -> String {
    if task.due == 0 {
        let from = task.counted_from.map(|day| format!(", counted from {day}")).unwrap_or_default();
        return format!("nothing was due in the period{from}");
    }
    let mut parts = vec![format!("{} made ({} late)", task.made, task.late)];
    for (count, words) in [
        (task.unrecorded, "declared without a record"),
        (task.backdated, "declared long afterwards"),
        (task.contradicted, "contradicted"),
        (task.unsaid, "cannot be said"),
        (task.missing, "missing"),
        (task.open, "open"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let shown = if task.made == 0 && task.not_shown() > 0 { "operation not evidenced: " } else { "" };
    format!("{shown}{} due, {}", task.due, parts.join(", "))
}

fn row(day: &DueDay) -> String {
    let said = day.done.as_ref().map(done).unwrap_or_default();
    let because = match (day.is, day.done.is_some()) {
        (DueIs::Open, _) => format!("nothing shows it yet, and {} is its last day", day.until),
        (DueIs::Missing, _) => "nothing in the ledger says that it was done".to_owned(),
        (DueIs::Unsaid, false) => "nothing at hand says that it was done, and not all is at hand".to_owned(),
        _ => said,
    };
    format!("{} due {}: {because}", word(&day.is), day.due)
}

fn done(day: &DoneDay) -> String {
    let records = match day.records.as_slice() {
        [] => "no record named".to_owned(),
        records => records.join(", "),
    };
    let mut parts = Vec::new();
    if let (Some(first), Some(seen), Some(last)) = (day.first_entry, day.first_seen, day.last_entry) {
        let until = if first == last { String::new() } else { format!(" to {last}") };
        parts.push(format!("{records} (entries {first}{until}, declared first {seen})"));
    }
    for person in &day.people {
        let says = if person.says == Says::Supports { "record" } else { "record against it" };
        parts.push(format!("{says} {} of {} (entry {}, {})", person.id, person.by, person.entry, person.sealed));
    }
    let before = if day.before_ledger { "; older than the ledger" } else { "" };
    format!("done {}: {}{before}", day.on, parts.join("; "))
}
