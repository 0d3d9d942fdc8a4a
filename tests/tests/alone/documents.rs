//! What the pages point at is there: files, headings, numbered sections.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use workspace_tests::root;

use crate::architecture::{read, tracked};

/// Every page of the project, by its path from the root.
fn pages() -> BTreeMap<PathBuf, String> {
    let names = tracked().into_iter().filter(|path| path.ends_with(".md"));
    names.map(|name| (PathBuf::from(&name), read(&name))).collect()
}

/// A text without its fenced blocks, which are examples.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    kept
}

/// `a/b/../c` as `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(found.pop()),
            Component::CurDir => {}
            part => found.push(part),
        }
    }
    found
}

/// The anchors that a code host gives the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    headings.map(|heading| heading.to_lowercase().replace(' ', "-").chars().filter(|c| kept(*c)).collect()).collect()
}

/// The numbers of a page's sections: `## 7. Who approved` is 7.
fn sections(text: &str) -> BTreeSet<u32> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.filter_map(|heading| heading.split_once(['.', ' '])?.0.parse().ok()).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut wrong = Vec::new();
    let mut followed = 0;
    let pages = pages();
    for (page, text) in &pages {
        let text = prose(text);
        for rest in text.split("](").skip(1) {
            let Some((target, _)) = rest.split_once(')') else { continue };
            if target.contains("://") || target.starts_with("mailto:") || target.contains(char::is_whitespace) {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { plain(&page.parent().unwrap().join(file)) };
            followed += 1;
            if !root().join(&path).exists() {
                wrong.push(format!("{}: `{target}` is not there", page.display()));
            } else if let (false, Some(text)) = (anchor.is_empty(), pages.get(&path))
                && !anchors(text).contains(anchor)
            {
                wrong.push(format!("{}: `{target}`: no such heading", page.display()));
            }
        }
    }
    assert!(followed > 100, "{followed}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Which page a name means: beside the one that says it, or the only one of that name.
fn named<'p>(pages: &'p BTreeMap<PathBuf, String>, from: &Path, name: &str) -> Option<&'p String> {
    let beside = plain(&from.parent()?.join(name));
    let mut of_name = pages.iter().filter(|(path, _)| path.ends_with(name));
    pages.get(&beside).or_else(|| match (of_name.next(), of_name.next()) {
        (Some((_, text)), None) => Some(text),
        _ => None,
    })
}

/// `bundle.md §9`, `[ledger.md](spec/ledger.md) §8`, and `§8` of a page with numbered sections: the section is there. One that follows the name of a page
/// within its line may be of that page or of its own.
#[test]
fn every_section_that_is_named_is_there() {
    let mut wrong = Vec::new();
    let mut found = 0;
    let pages = pages();
    for (page, text) in &pages {
        // The number of a decision is no section.
        let own = if page.starts_with("docs/adr") { BTreeSet::new() } else { sections(text) };
        for line in prose(text).lines() {
            for (at, _) in line.match_indices('§') {
                let before = &line[..at];
                let digits: String = line[at + '§'.len_utf8()..].chars().take_while(char::is_ascii_digit).collect();
                let Ok(number) = digits.parse::<u32>() else { continue };
                // Of an RFC, or another standard.
                let word = before.trim_end_matches([' ', ',', '(']).rsplit(' ').next().unwrap_or_default();
                if word.chars().any(|c| c.is_ascii_digit()) && !word.contains(".md") && !word.contains('§') {
                    continue;
                }
                let name = before.rfind(".md").map(|end| {
                    let start = before[..end].rfind(|c: char| !(c.is_alphanumeric() || "-_./".contains(c)));
                    &before
                        [start.map_or(0, |start| start + before[start..].chars().next().unwrap().len_utf8())..end + 3]
                });
                let there = name.and_then(|name| named(&pages, page, name)).map(|text| sections(text));
                if there.is_none() && own.is_empty() {
                    continue;
                }
                found += 1;
                let adjacent = before.trim_end().ends_with(".md")
                    || before.trim_end().ends_with(".md)")
                    || before.trim_end().ends_with(".md`");
                let holds = match (&there, adjacent) {
                    (Some(there), true) => there.contains(&number),
                    (Some(there), false) => there.contains(&number) || own.contains(&number),
                    (None, _) => own.contains(&number),
                };
                if !holds {
                    wrong.push(format!("{}: §{number} of {}: {line}", page.display(), name.unwrap_or("itself")));
                }
            }
        }
    }
    assert!(found > 60, "{found}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
