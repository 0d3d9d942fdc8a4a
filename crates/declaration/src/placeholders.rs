//! What `witnessmark init` and the templates leave for a person to write. Sealed, it would be wrong for ever.

use diagnose::yaml::Value;
use diagnose::{Code, Node, Reporter};

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

fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let rest = text.strip_prefix(MARK);
    text == MARK_ID || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
