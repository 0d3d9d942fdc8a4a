//! The one door to standard output, and what every text for people keeps to.

use std::io::{self, ErrorKind, Write as _};

use model::{Formed, Output};

/// Columns of a text where there is no terminal.
const WIDTH: usize = 96;

/// So many rows of each list are printed; the JSON of the same has more.
pub const SHOWN: usize = 20;

/// Prints a text for a person.
pub fn text(text: &str) -> io::Result<()> {
    print(model::printable::screen(text).as_bytes())
}

/// Prints bytes. A reader who closes the pipe has seen enough; that is not a failure.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Prints bytes exactly as they are, whatever they are.
pub fn print_raw(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Prints an object of a form as indented JSON.
pub fn json(object: &impl Formed) -> io::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(&Output(object))?;
    bytes.push(b'\n');
    print(&bytes)
}

/// A text out of a bundle, safe for a terminal: whoever wrote it does not steer the screen.
pub fn safe(text: &str) -> String {
    model::printable::line(text).into_owned()
}

/// A number with its word: `1 entry`, `2 entries`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `entry 3`, `entries 3, 4, …`.
pub fn entries(named: &[u64], in_all: u64) -> String {
    let list: Vec<String> = named.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if in_all > list.len() as u64 { ", …" } else { "" };
    format!("{} {}{more}", if in_all == 1 { "entry" } else { "entries" }, list.join(", "))
}

/// Breaks a text into lines: the first begins with `first`, the others with as many spaces.
pub fn wrapped(first: &str, text: &str) -> String {
    let width = report::columns(WIDTH);
    let indent = first.chars().count();
    let mut lines = first.to_owned();
    let mut column = indent;
    for (number, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > width {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if number > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_between_words() {
        let text = wrapped("  - ", &"word ".repeat(40));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("    word")));
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(safe("a\u{1b}[31m\nb\u{202e}"), "a\u{fffd}[31m\u{fffd}b\u{fffd}");
    }
}
