//! What `witnessmark init` and the templates leave for a person to write. Sealed, it would be wrong for ever.

use diagnose::yaml::Value;
use diagnose::{Code, Node, Reporter, Span};

/// What a value begins with that is no value yet: `CHANGE: your organisation`.
const MARK: &str = "CHANGE";
/// The same where only an id may stand.
const MARK_ID: &str = "change-me";

/// Reports every value that is still to be written, at its place.
pub(crate) fn report(node: &Node, reporter: &mut Reporter<'_>) {
    match &node.value {
        Value::Scalar { text, .. } if is_placeholder(text) => {
            reporter
                .error(node.at, Code::Placeholder, format!("`{}` is still to be written", text.trim()))
                .help("write what only you know in its place, or leave the entry out where it does not apply");
        }
        Value::Scalar { .. } => {}
        Value::List(items) => items.iter().for_each(|item| report(item, reporter)),
        Value::Map(entries) => entries.iter().for_each(|entry| report(&entry.value, reporter)),
    }
}

/// Lines that are named; the rest is counted.
const MOST_LINES: usize = 8;

/// Says once for a file that comments are left which ask for a change: what stands beside them may still be the template's.
pub(crate) fn comments(file: u32, text: &str, reporter: &mut Reporter<'_>) {
    let mut found: Vec<(usize, Span)> = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let asks = |at: &usize| {
            let before = line.get(..*at).unwrap_or_default();
            let comment = line.get(at + 1..).unwrap_or_default();
            before.chars().next_back().is_none_or(char::is_whitespace) && is_placeholder(comment)
        };
        if let Some(at) = line.match_indices('#').map(|(at, _)| at).find(asks) {
            let end = start + line.trim_end().len();
            found.push((number + 1, Span::new(file, start + at..end)));
        }
        start += line.len();
    }
    if let Some((_, first)) = found.first() {
        let lines: Vec<String> = found.iter().take(MOST_LINES).map(|(line, _)| line.to_string()).collect();
        let more = if found.len() > MOST_LINES { ", …" } else { "" };
        let (what, plural) = if found.len() == 1 { ("a comment asks", "") } else { ("comments ask", "s") };
        let problem = format!(
            "{what} for a change (line{plural} {}{more}): what stands there may still be the template's",
            lines.join(", ")
        );
        reporter.note(*first, Code::TemplateComment, problem).help("look at each, then take the comment out");
    }
}

fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let rest = text.strip_prefix(MARK);
    text == MARK_ID || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_ask_for_a_change_are_named_once() {
        let text = "a: b # CHANGE: x\nc: \"#CHANGE\"\n# CHANGES\n#CHANGE\n";
        let mut sources = diagnose::SourceMap::default();
        let file = sources.add("w.yaml".to_owned(), text.to_owned());
        let mut reporter = Reporter::new(&sources);
        comments(file, text, &mut reporter);
        let said: Vec<(Option<usize>, &str)> =
            reporter.found.iter().map(|one| (one.line, one.message.as_str())).collect();
        let problem = "comments ask for a change (lines 1, 4): what stands there may still be the template's";
        assert_eq!(said, [(Some(1), problem)]);
        let mut reporter = Reporter::new(&sources);
        comments(file, "a: b\n", &mut reporter);
        assert!(reporter.found.is_empty());
    }

    #[test]
    fn a_word_that_only_begins_so_is_none() {
        for text in ["CHANGE", "CHANGE: your organisation", " CHANGE ", "CHANGE this", "change-me"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["CHANGES", "CHANGE-ADVISORY", "CHANGE_ME_NOT", "change", "Change management", "change-me-not", ""]
        {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
