//! What the texts of `init` are put together from: targets that were found, reasons, gaps, and foreign words made fit to stand in a
//! declaration.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use agent::discover::{DiscoveredTarget, Discovery};
use model::printable;
use model::record::Gap;

/// Characters of a line, where words allow it.
const WIDTH: usize = 110;

/// One target, with the name that it was found under.
pub(super) fn target(text: &mut String, target: &DiscoveredTarget) {
    let collectors: Vec<&str> = target.collectors.iter().map(String::as_str).collect();
    writeln!(text, "  - id: {}", target.found.id).ok();
    writeln!(text, "    collector: [{}]", collectors.join(", ")).ok();
    for (name, value) in &target.found.settings {
        writeln!(text, "    {name}: {value}").ok();
    }
    if target.collectors.contains("kubernetes-rbac") {
        text.push_str(
            "    # authorizers: [Node, RBAC]          # CHANGE: as the API server's --authorization-mode has it\n",
        );
    }
    notes(text, target);
}

/// As whom a target was read, what is there, and what could not be seen.
pub(super) fn notes(text: &mut String, target: &DiscoveredTarget) {
    comment(text, "    ", &target.found.note);
    for identity in &target.identities {
        comment(text, "    ", &format!("{} was read as {}", identity.collector, identity.caller));
    }
    for (kind, count) in &target.resources {
        comment(text, "    ", &format!("{count} {kind}"));
    }
    for line in unseen(&target.gaps) {
        comment(text, "    ", &format!("NOT SEEN: {line}"));
    }
    if regions_unknown(target) {
        comment(text, "    ", REGIONS_UNKNOWN);
    }
}

pub(super) const REGIONS_UNKNOWN: &str = "Which regions the account has was not said (`account:ListRegions`), so that nothing of a region was read. \
    Name them: `witnessmark init --region eu-west-1`, or `regions` of the target.";

/// Whether nothing of any region was read because nobody said which there are.
pub(super) fn regions_unknown(target: &DiscoveredTarget) -> bool {
    !target.found.settings.contains_key("regions")
        && target.gaps.iter().any(|gap| gap.right.as_deref() == Some("account:ListRegions"))
}

/// Why collectors found no target, those with one reason together.
pub(super) fn reasons(discovery: &Discovery) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, why) in &discovery.without_target {
        by_reason.entry(why).or_default().push(name);
    }
    by_reason.into_iter().map(|(why, names)| format!("{}: {}", names.join(", "), one_line(why))).collect()
}

/// Gaps that differ only in the subject, as one line each.
pub(super) fn unseen(gaps: &[Gap]) -> Vec<String> {
    let mut groups: BTreeMap<(String, String), (u64, &Gap)> = BTreeMap::new();
    for gap in gaps {
        let of = match (&gap.subject, &gap.population) {
            (Some(subject), _) => subject.kind.clone(),
            (None, Some(population)) => population.clone(),
            (None, None) => format!("everything {} reads", gap.collector),
        };
        let what = gap.part.as_ref().map_or_else(|| of.clone(), |part| format!("/{part} of {of}"));
        let right = gap.right.as_deref().map(|right| format!(": {right}")).unwrap_or_default();
        let why = format!("{}{right}", report::gap_words(gap.reason));
        groups.entry((what, why)).or_insert((0, gap)).0 += 1;
    }
    groups
        .into_iter()
        .map(|((what, why), (count, example))| {
            let times = if count > 1 { format!(" ({count} of them)") } else { String::new() };
            let detail = if example.right.is_none() { format!(": {}", example.detail) } else { String::new() };
            format!("{what}{times}: {why}{detail}")
        })
        .collect()
}

/// Foreign text as a comment: on one line, whatever it holds.
pub(super) fn comment(text: &mut String, indent: &str, said: &str) {
    if !said.is_empty() {
        wrapped(text, &format!("{indent}# "), &one_line(said));
    }
}

/// Lines of bearable length; a word that is longer stays whole. Lines after the first are set in.
pub(super) fn wrapped(text: &mut String, indent: &str, said: &str) {
    let lead: String = said.chars().take_while(|c| *c == ' ').collect();
    let mut line = format!("{indent}{lead}");
    let mut empty = true;
    for word in said.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = format!("{indent}{lead}  ");
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn one_line(text: &str) -> String {
    let blanks: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    printable::line(&blanks).into_owned()
}

/// A text as an id may be written.
pub(super) fn word(text: &str) -> String {
    let mut word: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }).collect();
    word.truncate(100);
    let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if word.is_empty() { "key".to_owned() } else { word.to_owned() }
}

pub(super) fn unique(id: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = id.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{id}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_several_lines() {
        let mut text = String::new();
        wrapped(&mut text, "# ", &"word ".repeat(60));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() == 3 && lines.iter().all(|line| line.starts_with("# ") && line.len() <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().filter(|word| *word == "word").count(), 60);
        let mut text = String::new();
        wrapped(&mut text, "", &"x".repeat(300));
        assert_eq!(text, format!("{}\n", "x".repeat(300)));
    }

    #[test]
    fn foreign_text_stays_a_comment() {
        let mut text = String::new();
        comment(&mut text, "", "a\nb: c\u{2028}d");
        assert_eq!(text, "# a b: c d\n");
        let mut text = String::new();
        comment(&mut text, "", "turned\u{202e} hid\u{200b}den ::error::x");
        assert_eq!(text, "# turned\u{fffd} hid\u{fffd}den \u{fffd}:error::x\n");
        assert_eq!(word("alias/ü hot"), "alias---hot");
        assert_eq!(word("--"), "key");
        let mut taken = BTreeSet::new();
        assert_eq!([unique("a", &mut taken), unique("a", &mut taken)], ["a", "a-2"]);
    }
}
