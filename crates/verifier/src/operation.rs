//! The part of an audit that is about controls, for a person.

use std::fmt::Write as _;

use verify::{AuditReport, ControlOperation, Observations, Operated, Slot};

use crate::human::{HEAD, word};
use crate::output::{SHOWN, counted, entries, safe, wrapped};

/// So many resets and rows of a control are printed; the JSON report has more.
const OF_ONE: usize = 5;

/// Every control over the period, which `period` says in words.
pub fn human(out: &mut String, report: &AuditReport, period: &str) {
    let _ = write!(out, "\n{HEAD}Controls{HEAD:#} ({period})\n");
    let Some(operation) = &report.operation else {
        out.push_str(&wrapped(
            "  ",
            "Cannot be said: nothing here says of any run what became of its controls. Ask the custodian for `witnessmark export --with-ledger --with-controls`. Failed runs and rehearsals observe none.",
        ));
        return;
    };
    unread(out, operation);
    let (inspected, others): (Vec<_>, Vec<_>) = operation.controls.iter().partition(|control| control.inspected);
    for control in inspected {
        one(out, control);
    }
    if !others.is_empty() {
        let ids: Vec<&str> = others.iter().take(SHOWN).map(|control| control.control.as_str()).collect();
        let more = if others.len() > SHOWN { ", …" } else { "" };
        let text = format!(
            "{} by no check in any run, so nothing of them is counted; people have to show them: {}{more}",
            if others.len() == 1 { "One is inspected".to_owned() } else { format!("{} are inspected", others.len()) },
            ids.join(", ")
        );
        out.push_str(&wrapped("  ", &safe(&text)));
    }
}

fn unread(out: &mut String, operation: &Operated) {
    let unread = &operation.unread;
    if unread.in_all > 0 {
        let text = format!(
            "Cannot be said of {}: what became of the controls is not here. Ask for these bundles.",
            entries(&unread.entries, unread.in_all)
        );
        out.push_str(&wrapped("  ", &text));
    }
}

fn one(out: &mut String, control: &ControlOperation) {
    let every = match control.every_seconds {
        Some(seconds) => format!("every {seconds} s"),
        None => "with each run that is due".to_owned(),
    };
    out.push_str(&wrapped("  ", &safe(&format!("{}: {} ({every})", control.control, control.title))));
    let mut say = |text: &str| out.push_str(&wrapped("    ", &safe(text)));
    say(&counts(&control.observations));
    match &control.in_force {
        Some(held) => {
            let of = &held.observations;
            let unmade = match of.unobserved() {
                0 => String::new(),
                many => format!("; {many} were not made"),
            };
            say(&format!(
                "no deviation observed in {} of {} due observations since {} (entry {}); {} could not be read{unmade}",
                of.no_deviation,
                of.due,
                held.since,
                held.entry,
                of.not_known()
            ));
        }
        None => say("not in force at the end: nothing shows it without a deviation since it was last reset"),
    }
    for (words, named) in [
        ("deviates in", &control.deviates),
        ("accepted in", &control.accepted),
        ("undetermined in", &control.undetermined),
        ("cannot be said of", &control.unread),
    ] {
        if named.in_all > 0 {
            say(&format!("{words} {}", entries(&named.entries, named.in_all)));
        }
    }
    for reset in control.resets.iter().take(OF_ONE) {
        let until = match reset.runs {
            1 => String::new(),
            runs => format!(", and so on to entry {} ({runs} runs)", reset.until_entry),
        };
        let because = reset.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
        say(&format!("reset by entry {} ({}): {}{until}{because}", reset.entry, reset.started, word(&reset.why)));
    }
    left_out(&mut say, control.resets_in_all, control.resets.len().min(OF_ONE), "resets");
    let unmade: Vec<_> = control.slots.iter().filter(|row| row.slot != Slot::Late).collect();
    for row in unmade.iter().take(OF_ONE) {
        let when = match row.count {
            1 => format!("due {}", row.from),
            count => format!("{count} due {} to {}", row.from, row.until),
        };
        say(&format!("{} {when}", word(&row.slot)));
    }
    left_out(&mut say, unmade.len() as u64, unmade.len().min(OF_ONE), "rows of what was not made");
    if control.unsaid_in_all > 0 {
        let times = counted(control.unsaid_in_all, "time", "times");
        say(&format!("of {times} it cannot be said what was due: no interval was declared"));
    }
}

fn left_out(say: &mut impl FnMut(&str), in_all: u64, shown: usize, what: &str) {
    if in_all > shown as u64 {
        say(&format!("… {} more {what}; `--format json` has a thousand", in_all - shown as u64));
    }
}

/// What was due, and what came of it; what there is none of is left out.
fn counts(of: &Observations) -> String {
    let applied = match of.not_applicable {
        0 => String::new(),
        none => format!(" ({none} of them not applicable)"),
    };
    let mut parts = vec![format!("{} without a deviation{applied}", of.no_deviation)];
    for (count, words) in [
        (of.deviates, "deviate"),
        (of.accepted, "deviate and are accepted"),
        (of.undetermined, "undetermined"),
        (of.unread, "cannot be said"),
        (of.missing, "missing"),
        (of.failed, "failed"),
        (of.rehearsed, "rehearsed"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let late = if of.late > 0 { format!("; {} late", of.late) } else { String::new() };
    format!("{} due, {} made: {}{late}", of.due, of.made(), parts.join(", "))
}
