//! One finding or exchange, down to the bytes, as a text for a terminal.

use std::fmt::Write as _;

use model::record::{InDeclaration, Locator};
use serde_json::value::RawValue;
use verify::VerifiedBundle;

use crate::evidence::{DeclarationView, Evidence, ExchangeView};
use crate::grounds::{Ground, statement_words};
use crate::style::{BOLD, DIM};
use crate::terminal::{clean, one_finding, short};
use crate::words::{answer_words, gap_words};
use crate::wrap::wrapped;

/// Parts of one record.
const MOST_PARTS: usize = 200;
/// Characters of a statement as its source wrote it, and of parameters.
const MOST_WORDS: usize = 2_000;
/// Records that a computed object rests on, and places of one part, that are named.
const MOST_NAMED: usize = 20;

/// One finding or exchange, down to the bytes.
#[must_use]
pub fn render_evidence(bundle: &VerifiedBundle, evidence: &Evidence) -> String {
    let mut text = String::new();
    let aliases = &evidence.key_aliases;
    if let Some(finding) = &evidence.finding {
        one_finding(&mut text, bundle, aliases, finding);
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
            clean(&begin(a.parameters.get(), MOST_WORDS))
        )
        .ok();
        text.push('\n');
    }
    grounds(&mut text, evidence);
    for shown in &evidence.derived {
        let d = &shown.value;
        let id = clean(&aliases.named(&d.id));
        writeln!(text, "{BOLD}{} {id}{BOLD:#} {DIM}{}, computed{DIM:#}", clean(&d.kind), shown.record).ok();
        let all = members(&d.facts);
        for (part, value) in all.iter().take(MOST_PARTS) {
            writeln!(text, "  /{:<22} {}", clean(part), short(value)).ok();
        }
        and_more(&mut text, all.len(), MOST_PARTS, "parts");
        let from: Vec<String> = d.inputs.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = d.inputs.len().saturating_sub(from.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(text, "  from {}{more}\n", from.join(", ")).ok();
    }
    for shown in &evidence.resources {
        let r = &shown.value;
        let id = clean(&aliases.named(&r.id));
        writeln!(text, "{BOLD}{} {id}{BOLD:#} {DIM}{}{DIM:#}", clean(&r.kind), shown.record).ok();
        let all = members(&r.facts);
        for (part, value) in all.iter().take(MOST_PARTS) {
            let locators = r.parts.get(part).map(Vec::as_slice).unwrap_or_default();
            writeln!(text, "  /{:<22} {}", clean(part), short(value)).ok();
            for locator in locators.iter().take(MOST_NAMED) {
                let (place, words) = place(locator, &evidence.declarations);
                writeln!(text, "  {:<23} {DIM}from {place}{DIM:#}", "").ok();
                if let Some(words) = words {
                    writeln!(text, "  {:<23} │ {words}", "").ok();
                }
            }
            if locators.len() > MOST_NAMED {
                writeln!(text, "  {:<23} {DIM}and {} more places{DIM:#}", "", locators.len() - MOST_NAMED).ok();
            }
        }
        and_more(&mut text, all.len(), MOST_PARTS, "parts");
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
        let named: Vec<&str> = evidence.withheld.iter().take(MOST_PARTS).map(String::as_str).collect();
        let more = evidence.withheld.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(text, "Withheld in this copy: {}{more}", clean(&named.join(", "))).ok();
    }
    if !evidence.not_shown.is_empty() {
        let of = |(kind, count): (&String, &u64)| format!("{count} {kind}");
        let counts: Vec<String> = evidence.not_shown.iter().map(of).collect();
        let words = format!(
            "It rests on more records than are shown here: {}; `show --record` prints each, and so does `--exchange`.",
            counts.join(", ")
        );
        wrapped(&mut text, "", &words);
    }
    text
}

/// What the finding comes down to: statements of policies, rules of roles, grants.
fn grounds(text: &mut String, evidence: &Evidence) {
    if evidence.grounds.is_empty() {
        return;
    }
    writeln!(text, "{BOLD}What it comes down to{BOLD:#}").ok();
    for ground in &evidence.grounds {
        one_ground(text, ground, evidence);
    }
    if evidence.grounds_not_shown > 0 {
        writeln!(text, "  {DIM}and {} more{DIM:#}", evidence.grounds_not_shown).ok();
    }
    text.push('\n');
}

fn one_ground(text: &mut String, ground: &Ground, evidence: &Evidence) {
    let id = clean(&evidence.key_aliases.named(&ground.id));
    let record = ground.record.as_deref().unwrap_or("no record");
    writeln!(text, "  {} {id} {DIM}{record} {}{DIM:#}", clean(&ground.kind), clean(&ground.path)).ok();
    let line = |text: &mut String, label: &str, words: &str| {
        wrapped(text, &format!("    {label:<13} "), &clean(words));
    };
    if let Some(statement) = &ground.statement {
        for (label, words) in statement_words(statement) {
            line(text, label, &words);
        }
    }
    if let Some(words) = &ground.text {
        if ground.statement.is_some() {
            writeln!(text, "    as its source wrote it").ok();
        }
        for line in begin(words, MOST_WORDS).lines() {
            writeln!(text, "    │ {}", clean(line)).ok();
        }
    }
    for read in &ground.from {
        let words = evidence.declarations.iter().find(|view| view.declaration.record == read.record);
        let file = words.map(|view| format!(" ({})", view.declaration.value.path)).unwrap_or_default();
        let problem = read.problem.map(|problem| format!(": {problem}")).unwrap_or_default();
        line(text, "read at", &format!("{}{file} {}{problem}", read.record, read.place));
    }
    if let Some(problem) = &ground.problem {
        line(text, "not shown", problem);
    }
}

fn and_more(text: &mut String, all: usize, most: usize, what: &str) {
    if all > most {
        writeln!(text, "  {DIM}and {} more {what}{DIM:#}", all - most).ok();
    }
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
        writeln!(text, "  parameters {}", clean(&begin(params.parameters.get(), MOST_WORDS))).ok();
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

/// The beginning of a long text; the record has it whole.
fn begin(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The members of a JSON object, with the exact text of each value.
fn members(facts: &RawValue) -> Vec<(String, Box<RawValue>)> {
    serde_json::from_str::<std::collections::BTreeMap<String, Box<RawValue>>>(facts.get())
        .unwrap_or_default()
        .into_iter()
        .collect()
}
