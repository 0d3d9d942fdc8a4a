//! Words broken into the lines of a terminal.

use std::fmt::Write as _;
use std::sync::OnceLock;

use anstyle::Style;

/// Columns of a line where there is no terminal: then a text is the same wherever it goes.
const WIDTH: usize = 110;

/// A narrower text is none any more, and a wider one is hard to read.
const NARROWEST: usize = 60;
const WIDEST: usize = 160;

/// One program writes to one terminal, and every text of it is broken for that one.
static TERMINAL: OnceLock<usize> = OnceLock::new();

/// Says, before any text is made, how many columns the terminal has that all are shown on. `None`: there is none.
pub fn fit(terminal: Option<u16>) {
    if let Some(columns) = terminal {
        // Whoever said it first is right: it is one terminal.
        TERMINAL.set(within(columns)).ok();
    }
}

/// Columns of a line, and `otherwise` where there is no terminal.
#[must_use]
pub fn columns(otherwise: usize) -> usize {
    TERMINAL.get().copied().unwrap_or(otherwise)
}

fn within(columns: u16) -> usize {
    usize::from(columns).clamp(NARROWEST, WIDEST)
}

/// Breaks words into lines: the first begins with `first`, the others with as many spaces.
pub fn wrapped(text: &mut String, first: &str, words: &str) {
    broken(text, first, words, columns(WIDTH));
}

/// The same in a style, and only for a terminal: what is read by a program has one line for each thing that is said.
pub fn told(text: &mut String, style: Style, first: &str, words: &str) {
    write!(text, "{style}").ok();
    broken(text, first, words, columns(usize::MAX));
    // The line ends behind its style.
    text.pop();
    writeln!(text, "{style:#}").ok();
}

fn broken(text: &mut String, first: &str, words: &str, width: usize) {
    let indent = first.chars().count();
    text.push_str(first);
    let mut column = indent;
    for (number, word) in words.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 && length >= width.saturating_sub(column) {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if number > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_for_its_terminal() {
        assert_eq!([0, 59, 60, 132, 160, 161, u16::MAX].map(within), [60, 60, 60, 132, 160, 160, 160]);
        for width in [60, 110, 160] {
            let mut text = String::new();
            broken(&mut text, "  - ", &["word"; 80].join(" "), width);
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!((width - 5..=width).contains(&longest), "{width}: {text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("    word")), "{text}");
            assert_eq!(text.split_whitespace().filter(|word| *word == "word").count(), 80);
        }
        // Without a terminal.
        assert_eq!(columns(WIDTH), 110);
        let mut text = String::new();
        told(&mut text, Style::new().bold(), "  ", &["word"; 80].join(" "));
        assert_eq!(text, format!("\u{1b}[1m  {}\u{1b}[0m\n", ["word"; 80].join(" ")));
    }
}
