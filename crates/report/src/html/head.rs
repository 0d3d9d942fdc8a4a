//! What stands at the top of a page, and at the foot of each printed one: which bundle of which ledger it is, and what has to be known before
//! anything else is read.

use std::fmt::Write as _;

use bundle::statement::Kind;
use model::{Date, RecordType};
use verify::{MarkCount, VerifiedBundle};

use super::gather::Gathered;
use super::template::Side;
use super::text::{clean, short};
use crate::words::every;

/// Characters of the line at the foot: two lines of a sheet of A4.
const MOST_OF_FOOT: usize = 260;
/// Of them for a name and a ledger's origin: with all of these, what is always said fits.
const MOST_OF_NAME: usize = 40;
const MOST_OF_ORIGIN: usize = 60;
const MARKS_AT_FOOT: usize = 2;

/// The top of a page.
pub struct Head {
    pub facts: Vec<(&'static str, String)>,
    /// The style by which every printed page says the same in one line.
    pub foot: String,
}

impl Head {
    pub fn of(bundle: &VerifiedBundle, report: &verify::Report, gathered: &Gathered, side: &Side) -> Self {
        let said = &bundle.statement().predicate;
        let (entity, system) = (clean(&said.entity), clean(&said.system));
        let place = format!("bundle {} of ledger {}", said.chain.index, clean(&said.chain.origin));
        let of_all = said.records.count;
        let withheld = match gathered.overview.withheld.values().sum::<u64>() {
            0 => "nothing".to_owned(),
            some => format!("{some} of {of_all} records"),
        };
        // A count that nobody can count again is more than one more withheld record.
        let hidden = gathered.overview.withheld.get(RecordType::Finding.as_str()).copied().unwrap_or_default();
        let of_findings = match hidden {
            0 => String::new(),
            hidden => format!(
                "; {hidden} of {} findings: what is counted of them is the custodian's word",
                said.records.count_of(RecordType::Finding)
            ),
        };
        let mut facts = vec![("Date", format!("{} to {}", said.started, said.finished)), ("Bundle", place)];
        // What is always said stands before what may be long, which is cut off where there is no room.
        let mut foot = vec![
            format!("{}, {}", short(&entity, MOST_OF_NAME), short(&system, MOST_OF_NAME)),
            format!("bundle {} of ledger {}", said.chain.index, short(&clean(&said.chain.origin), MOST_OF_ORIGIN)),
            Date::of(said.finished).to_string(),
            format!("withheld: {withheld}"),
        ];
        if said.kind == Kind::Record {
            facts.push(("Kind", "a person's record".to_owned()));
            foot.push("a person's record".to_owned());
        } else {
            let marks = marks(report);
            let schedule = said.chain.every_seconds.map_or_else(
                || "none is declared, so nobody can say that a run is missing".to_owned(),
                |seconds| format!("a bundle {}", every(seconds)),
            );
            facts.push(("System", side.name.clone().map_or(system.clone(), |name| format!("{system}: {name}"))));
            facts.push(("Aimed at", side.aim.clone()));
            facts.push(("Schedule", schedule));
            let none = "none: judged by shipped texts, no parameter weaker than by default, read by collectors of ours at the sources' own endpoints";
            facts.push(("Marks", if marks.is_empty() { none.to_owned() } else { marks.join("; ") }));
            foot.push(names(report.marks.as_deref()));
            foot.push(side.aim.clone());
            foot.push(said.chain.every_seconds.map_or_else(|| "no schedule".to_owned(), every));
        }
        facts.push(("Withheld", format!("{withheld}{of_findings}")));
        let rehearsal = match (said.rehearsal.is_empty(), bundle.rehearsals().is_whole()) {
            (true, _) => None,
            (false, true) => Some("a rehearsal, not evidence"),
            (false, false) => Some("in part a rehearsal, not evidence"),
        };
        facts.push(("Evidence", rehearsal.unwrap_or("yes: it is no rehearsal").to_owned()));
        // First, so that nobody overlooks it.
        if let Some(words) = rehearsal {
            foot.insert(0, words.to_uppercase());
        }
        Self { facts, foot: style(&short(&foot.join(" · "), MOST_OF_FOOT)) }
    }
}

/// The marks of all findings, and what is not shown as it was received.
fn marks(report: &verify::Report) -> Vec<String> {
    let (Some(records), Some(marks)) = (&report.records, &report.marks) else {
        return vec!["not known: nobody compared".to_owned()];
    };
    let words = |(count, one, many): (u64, &str, &str)| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let of_findings = marks.iter().map(|one| match one.findings {
        1 => format!("1 finding: {}", one.mark.words()),
        many => format!("{many} findings: {}", one.mark.words()),
    });
    let of_answers = [
        (records.texts_masked, "masked text", "masked texts"),
        (records.bodies_not_kept, "answer that was not kept", "answers that were not kept"),
    ];
    of_findings.chain(of_answers.into_iter().filter_map(words)).collect()
}

/// The first of the marks by name: there is no room for more at the foot of a sheet.
fn names(marks: Option<&[MarkCount]>) -> String {
    let Some(marks) = marks else { return "marks: not known".to_owned() };
    let named: Vec<&str> = marks.iter().take(MARKS_AT_FOOT).map(|one| one.mark.as_str()).collect();
    match (named.is_empty(), marks.len() - named.len()) {
        (true, _) => "no marks".to_owned(),
        (false, 0) => format!("marks: {}", named.join(", ")),
        (false, more) => format!("marks: {} and {more} more", named.join(", ")),
    }
}

/// Boxes in the margins of every sheet (CSS Paged Media 3, section 4). A foreign text becomes a string of CSS: all but letters, digits and
/// blanks is escaped by its number.
fn style(foot: &str) -> String {
    let mut text = String::new();
    for c in foot.chars() {
        if c.is_ascii_alphanumeric() || c == ' ' {
            text.push(c);
        } else {
            write!(text, "\\{:x} ", u32::from(c)).ok();
        }
    }
    format!(
        "@page{{@bottom-left{{content:\"{text}\";width:86%;text-align:left;vertical-align:top;padding-top:2mm;font:7pt sans-serif}}\
         @bottom-right{{content:\"page \" counter(page) \" of \" counter(pages);width:14%;text-align:right;vertical-align:top;padding-top:2mm;font:7pt sans-serif}}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_stays_a_string_of_css() {
        let style = style("a\"};</style><script>é");
        let (_, inside) = style.split_once("content:\"").unwrap_or_default();
        let (inside, _) = inside.split_once("\";width").unwrap_or_default();
        assert_eq!(inside, "a\\22 \\7d \\3b \\3c \\2f style\\3e \\3c script\\3e \\e9 ");
    }
}
