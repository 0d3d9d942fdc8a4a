//! Characters that make a declared text read otherwise than it is. What is declared is sealed, and printed to people for years.

use diagnose::yaml::Value;
use diagnose::{Code, Node, Reporter, Span};
use model::printable::first_that_steers;

/// Reports every text, and every name of a member, that holds such a character.
pub(crate) fn report(node: &Node, reporter: &mut Reporter<'_>) {
    match &node.value {
        Value::Scalar { text, .. } => text_at(text, node.at, reporter),
        Value::List(items) => items.iter().for_each(|item| report(item, reporter)),
        Value::Map(entries) => entries.iter().for_each(|entry| {
            text_at(&entry.key.value, entry.key.at, reporter);
            report(&entry.value, reporter);
        }),
    }
}

fn text_at(text: &str, at: Span, reporter: &mut Reporter<'_>) {
    // A text of several lines, and one with tabs in it, is what it looks like. Cells of a register end lines as Windows does.
    if let Some(found) = first_that_steers(&text.replace("\r\n", "\n"), |c| matches!(c, '\n' | '\t')) {
        reporter
            .error(
                at,
                Code::BadValue,
                format!("U+{:04X} in a text: it cannot be seen, or changes how the text is shown", u32::from(found)),
            )
            .help("delete that character; it often comes along when text is copied from a web page");
    }
}
