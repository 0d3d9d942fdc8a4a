//! In what two bundles differ, as Markdown for a pull request. Foreign text stands in code spans alone, where it links to nothing and calls nobody.

use std::fmt::Write as _;

use crate::drift_text::{
    control_words, coverage_words, field_words, finding_words, gap_drift_words, of_bundle, summary,
};
use crate::exports::markdown::cell_within;
use crate::gaps_text::Basis;
use drift::{Drift, Section};

/// Rows of one table: a comment has 65,536 characters.
const ROWS: usize = 40;
/// Characters of one cell.
const CELL: usize = 200;

/// The same as a text for a terminal says, in tables.
#[must_use]
pub fn markdown_drift(since: &Basis, from: &Basis, drift: &Drift) -> String {
    let mut text = String::from("## Drift of the evidence\n\n");
    for (which, basis) in [("later", from), ("earlier", since)] {
        let Some(of) = &basis.bundle else { continue };
        let rehearsal = of.rehearsal.as_ref().map(|why| format!(", {}", code(why))).unwrap_or_default();
        writeln!(text, "* {which}: {}{rehearsal}", code(&of_bundle(of))).ok();
    }
    writeln!(text, "\n**{}**\n", summary(drift)).ok();
    if drift.unseen() {
        let alike = &drift.alike;
        writeln!(
            text,
            "Read in neither: what is behind {} gaps. Withheld: {} records of the earlier bundle, {} of the later one.\n",
            alike.gaps, alike.withheld_before, alike.withheld_after
        )
        .ok();
    }
    let mut findings: Vec<&drift::FindingDrift> = drift.findings.named.iter().collect();
    findings.sort_by_key(|one| !one.deviates_anew());
    let rows = findings.into_iter().map(|one| {
        let about = one.subject.as_ref().map(|subject| subject.id.as_str()).or(one.population.as_deref());
        let what = if one.deviates_anew() { format!("**{}**", finding_words(one)) } else { finding_words(one) };
        [
            what,
            code(&format!("{} {}", one.control, one.check)),
            code(about.unwrap_or(&one.target)),
            one.causes.to_string(),
        ]
    });
    table(&mut text, "Findings", ["what", "control and check", "of", "cause"], drift.findings.in_all, rows);
    let rows = drift.controls.named.iter().map(|one| [control_words(one), code(&one.id), one.causes.to_string()]);
    table(&mut text, "Controls", ["what", "control", "cause"], drift.controls.in_all, rows);
    let rows = drift.objects.named.iter().map(|one| {
        let mut places: Vec<String> = one.fields.iter().take(3).map(|field| code(&field_words(field))).collect();
        places.extend(one.unclear.as_ref().map(|unclear| code(&unclear.words())));
        [
            one.what.as_str().to_owned(),
            code(&format!("{} {}", one.kind, one.id)),
            places.join("<br>"),
            one.causes.to_string(),
        ]
    });
    table(&mut text, "Resources", ["what", "resource", "where", "cause"], drift.objects.in_all, rows);
    let rows = drift.basis.named.iter().map(|one| {
        let what = format!("{} {}", one.aspect.as_str(), one.what.as_str());
        [what, code(&one.name), one.causes.to_string()]
    });
    table(&mut text, "With what was read and judged", ["what", "which", "cause"], drift.basis.in_all, rows);
    let rows = drift.gaps.named.iter().map(|one| {
        let about = one.subject.as_ref().map(|subject| subject.id.as_str()).or(one.population.as_deref());
        let part = one.part.as_deref().or(one.right.as_deref()).unwrap_or_default();
        [gap_drift_words(one), code(&format!("{} {} {part}", one.target, about.unwrap_or_default()))]
    });
    table(&mut text, "Not read", ["what", "of"], drift.gaps.in_all, rows);
    lists(&mut text, &drift.coverage);
    text
}

fn lists(text: &mut String, coverage: &Section<drift::CoverageDrift>) {
    let rows = coverage
        .named
        .iter()
        .map(|one| [coverage_words(one).to_owned(), code(&format!("{} {}", one.target, one.population))]);
    table(text, "Lists", ["what", "of"], coverage.in_all, rows);
}

fn table<const N: usize>(
    text: &mut String,
    title: &str,
    heads: [&str; N],
    in_all: u64,
    rows: impl Iterator<Item = [String; N]>,
) {
    if in_all == 0 {
        return;
    }
    writeln!(text, "### {title} ({in_all})\n\n| {} |\n|{}", heads.join(" | "), "---|".repeat(N)).ok();
    let mut shown = 0;
    for row in rows.take(ROWS) {
        writeln!(text, "| {} |", row.join(" | ")).ok();
        shown += 1;
    }
    if in_all > shown {
        writeln!(text, "\n… and {} more.", in_all - shown).ok();
    }
    text.push('\n');
}

/// Foreign text in a cell.
fn code(text: &str) -> String {
    cell_within(text, CELL)
}
