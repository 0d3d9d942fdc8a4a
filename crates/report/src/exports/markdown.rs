//! Markdown of GitHub's flavour, for the summary of a job or a comment. Foreign text stands in code spans alone: there it is no link, no
//! mention, no picture and no row of a table.

use std::fmt::Write as _;

use model::printable::line;

use super::gather::{Chosen, Rank};
use super::said::Said;
use crate::terminal::{acceptance_name, finding_words};

/// Findings that are listed of each rank; the summary of a job holds 1 MiB.
const MOST_LISTED: usize = 100;
/// Characters of one foreign text.
const MOST_OF_TEXT: usize = 400;
/// Characters of one line that has to be known first.
const MOST_OF_FIRST: usize = 10_000;
/// Gaps that are listed.
const MOST_GAPS: usize = 50;

pub fn render(said: &Said<'_>) -> String {
    let mut text = String::new();
    let overview = &said.gathered.overview;
    writeln!(text, "## Witnessmark: {}\n", code(&said.title())).ok();
    writeln!(text, "{}\n", code(&said.place())).ok();
    for one in said.first() {
        writeln!(text, "> {}", code_within(&one, MOST_OF_FIRST)).ok();
        text.push_str(">\n");
    }
    text.push('\n');
    if !overview.controls.is_empty() {
        text.push_str("| control | outcome | conform | deviate | of these accepted | undetermined | n/a |\n");
        text.push_str("|---|---|---:|---:|---:|---:|---:|\n");
    }
    for control in overview.controls.iter().map(|control| &control.value) {
        let c = &control.counts;
        let outcome = control.outcome.map_or("no checks", model::Outcome::as_str);
        let (id, title) = (cell(&control.id), cell(&control.title));
        writeln!(
            text,
            "| {id} {title} | {outcome} | {} | {} | {} | {} | {} |",
            c.conforms, c.deviates, c.accepted, c.undetermined, c.not_applicable
        )
        .ok();
    }
    if overview.controls_not_shown > 0 {
        writeln!(text, "\n… and {} more controls\n", overview.controls_not_shown).ok();
    }
    for (rank, title) in [
        (Rank::Deviates, "Deviates from what is declared"),
        (Rank::Undetermined, "Undetermined"),
        (Rank::Accepted, "Deviates, and is accepted"),
    ] {
        let of_rank: Vec<&Chosen> = said.gathered.findings.iter().filter(|one| one.rank == rank).collect();
        let left_out = said.gathered.left_out.get(&rank).copied().unwrap_or(0);
        let all = of_rank.len() as u64 + left_out;
        if all == 0 {
            continue;
        }
        writeln!(text, "\n### {title}: {all}\n").ok();
        for one in of_rank.iter().take(MOST_LISTED) {
            listed(&mut text, said, one);
        }
        let rest = all.saturating_sub(MOST_LISTED as u64);
        if rest > 0 {
            writeln!(text, "- … and {rest} more, which are in the bundle").ok();
        }
    }
    let gaps = said.gaps();
    if !gaps.is_empty() {
        writeln!(text, "\n### Not read: {}\n", overview.gaps_in_all).ok();
    }
    for (words, accepted) in gaps.iter().take(MOST_GAPS) {
        writeln!(text, "- {}{}", code(words), if *accepted { " (accepted)" } else { "" }).ok();
    }
    if gaps.len() > MOST_GAPS {
        writeln!(text, "- … and {} more groups, which are in the bundle", gaps.len() - MOST_GAPS).ok();
    }
    text
}

fn listed(text: &mut String, said: &Said<'_>, one: &Chosen) {
    let finding = &one.finding;
    let subject = finding.subject.as_ref().map_or(finding.target.as_str(), |subject| subject.id.as_str());
    write!(text, "- {} {} {}: ", code(&finding.control), code(&finding.check), code(subject)).ok();
    writeln!(text, "{} ({})", code(&finding_words(finding)), one.record).ok();
    if let Some(acceptance) = finding.acceptance {
        writeln!(text, "  - accepted by {}", code(&acceptance_name(said.bundle, acceptance))).ok();
    }
    for mark in &one.marks {
        writeln!(text, "  - {}", code(&mark.words())).ok();
    }
}

/// Foreign text as a code span (<https://spec.commonmark.org/0.31.2/#code-spans>): between more grave accents than it has in a row.
fn code(text: &str) -> String {
    code_within(text, MOST_OF_TEXT)
}

fn code_within(text: &str, most: usize) -> String {
    let text = line(text);
    let mut text: String = text.trim().to_owned();
    if text.chars().count() > most {
        text = text.chars().take(most).chain(std::iter::once('…')).collect();
    }
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let room = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// The same within a table, whose cells end at each bar, in code spans too.
fn cell(text: &str) -> String {
    cell_within(text, MOST_OF_TEXT)
}

/// The same of so many characters.
pub(crate) fn cell_within(text: &str, most: usize) -> String {
    code_within(text, most).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_its_code_span() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code(""), "");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``x`"), "``` ``x` ```");
        assert_eq!(code("a\nb"), "`a\u{fffd}b`");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(code(&"x".repeat(1_000)).chars().count(), MOST_OF_TEXT + 3);
    }
}
