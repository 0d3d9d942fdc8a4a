//! The one door through which foreign text goes before a person reads it: on a terminal, on a page, in the log of a CI.
//!
//! Foreign is what a source, a program, a declaration or a bundle says. It may be read, but steers nothing: neither the cursor nor the
//! colours, neither the direction of writing nor what is seen of it, and no runner of a CI takes it for a command. What would is replaced
//! by U+FFFD, so that it shows that something stood there. Data for programs (JSON, exact bytes) does not go through here.

use std::borrow::Cow;

use crate::joiner;

/// What stands where something was replaced.
const REPLACED: char = '\u{fffd}';

/// Foreign text of one line: line ends and tabs are replaced too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, |_| false, false)
}

/// Foreign text of several lines: line feeds and tabs stay, and CR LF becomes a line feed. Whoever prints it begins each line with something of their own.
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    replaced(text, |c| matches!(c, '\n' | '\t'), false)
}

/// A text of ours for a terminal, foreign texts in it already cleaned: the last look, in case one was not. Line feeds, tabs and the
/// sequences of colours (ECMA-48, SGR) stay; no line of it is a command of a runner.
#[must_use]
pub fn screen(text: &str) -> Cow<'_, str> {
    replaced(text, |c| matches!(c, '\n' | '\t'), true)
}

/// The bytes of a sequence that sets colours, behind its first character.
fn colour(after: &str) -> Option<usize> {
    let rest =
        after.strip_prefix('[')?.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m')?;
    Some(after.len() - rest.len())
}

/// `colours`: the sequences that set them stay too.
fn replaced(text: &str, stays: impl Fn(char) -> bool, colours: bool) -> Cow<'_, str> {
    // Only a colon or a number sign can begin a command.
    if !text.contains(['#', ':']) && !text.chars().any(|c| steers(c) && !stays(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut word_begins = true;
    let mut colour_until = 0;
    for (at, c) in text.char_indices() {
        let after = text.get(at + c.len_utf8()..).unwrap_or_default();
        if colours && c == '\u{1b}' {
            colour_until = colour(after).map_or(colour_until, |length| at + 1 + length);
        }
        // Where no colours are shown their sequences are gone, and a word that stands behind one begins all the same.
        if at < colour_until {
            out.push(c);
            continue;
        }
        if c == '\r' && after.starts_with('\n') && stays('\n') {
            continue;
        }
        let commands = match c {
            ':' if word_begins => begins_workflow_command(after, stays('\n')),
            '#' => begins_logging_command(after),
            _ => false,
        };
        out.push(if commands || (!stays(c) && steers_at(text, at, c)) { REPLACED } else { c });
        word_begins = c.is_whitespace() || steers(c);
    }
    Cow::Owned(out)
}

/// What follows the first character of `::name …::`, which GitHub Actions takes for a command at the beginning of a line; a line may be
/// broken before any word. `lines`: line feeds stay, and a command ends with its line.
fn begins_workflow_command(after: &str, lines: bool) -> bool {
    after.strip_prefix(':').filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())).is_some_and(|name| {
        let name = if lines { name.split('\n').next().unwrap_or_default() } else { name };
        name.contains("::")
    })
}

/// What follows the first character of `##[name]` or `##vso[name]`, which Azure Pipelines, TeamCity and GitHub Actions take for a command
/// anywhere in a line.
fn begins_logging_command(after: &str) -> bool {
    after
        .strip_prefix('#')
        .is_some_and(|name| name.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('['))
}

/// The first character that makes a text read otherwise than it is, but for those that stay.
#[must_use]
pub fn first_that_steers(text: &str, stays: impl Fn(char) -> bool) -> Option<char> {
    text.char_indices().find(|(at, c)| !stays(*c) && steers_at(text, *at, *c)).map(|(_, c)| c)
}

/// Whether this one does where it stands: a joiner between letters that it parts or joins is seen.
fn steers_at(text: &str, at: usize, c: char) -> bool {
    let before = || text.get(..at).unwrap_or_default();
    let after = || text.get(at + c.len_utf8()..).unwrap_or_default();
    steers(c) && !joiner::is_seen(before(), c, after())
}

/// Whether a character can make a text read otherwise than it is: control characters, those that turn the direction of writing (UAX #9), those
/// that are not seen, and those that separate lines or paragraphs.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_replaced_and_seen() {
        for (foreign, seen) in [
            ("a\u{1b}[31mb", "a\u{fffd}[31mb"),
            ("a\nb\tc\r", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            ("a\u{9b}2Jb", "a\u{fffd}2Jb"),
            ("right\u{202e}left\u{2066}\u{61c}", "right\u{fffd}left\u{fffd}\u{fffd}"),
            ("al\u{200b}i\u{ad}ce\u{feff}", "al\u{fffd}i\u{fffd}ce\u{fffd}"),
            ("line\u{2028}line", "line\u{fffd}line"),
            ("tag\u{e0041}", "tag\u{fffd}"),
            ("al\u{200c}ice\u{200d}", "al\u{fffd}ice\u{fffd}"),
        ] {
            assert_eq!(line(foreign), seen, "{foreign:?}");
            assert_eq!(first_that_steers(seen, |_| false), None, "{foreign:?}");
            assert!(first_that_steers(foreign, |_| false).is_some(), "{foreign:?}");
        }
        assert_eq!(block("a\n\tb\u{1b}\r\nc\rd"), "a\n\tb\u{fffd}\nc\u{fffd}d");
    }

    #[test]
    fn no_command_of_a_runner_comes_through() {
        for (foreign, seen) in [
            ("::error::x", "\u{fffd}:error::x"),
            ("a ::set-output name=a::b", "a \u{fffd}:set-output name=a::b"),
            ("a\n::stop-commands::b", "a\u{fffd}\u{fffd}:stop-commands::b"),
            ("a ##[error]b", "a \u{fffd}#[error]b"),
            ("##vso[task.complete]", "\u{fffd}#vso[task.complete]"),
            ("###[group]", "#\u{fffd}#[group]"),
        ] {
            assert_eq!(line(foreign), seen, "{foreign:?}");
        }
    }

    #[test]
    fn the_last_look_lets_nothing_but_colours_through() {
        assert_eq!(
            screen("\u{1b}[1;31mred\u{1b}[0m\n\u{1b}[2J\u{1b}]0;t\u{7}\u{202e}"),
            "\u{1b}[1;31mred\u{1b}[0m\n\u{fffd}[2J\u{fffd}]0;t\u{fffd}\u{fffd}"
        );
        assert!(matches!(screen("one\n\ttwo"), Cow::Borrowed(_)));
        // A foreign text that nobody cleaned begins a line, behind a colour or blanks: it is no command, and stays where it was.
        assert_eq!(
            screen("as a\n::error::b\n \u{1b}[1m::add-mask::c\nd ##vso[task]e"),
            "as a\n\u{fffd}:error::b\n \u{1b}[1m\u{fffd}:add-mask::c\nd \u{fffd}#vso[task]e"
        );
        for ours in ["::ffff:10.0.0.1\na::b", "## heading\n[1]", "\u{1b}[1mstd::fmt::Write\u{1b}[0m"] {
            assert_eq!(screen(ours), ours);
        }
    }

    #[test]
    fn ordinary_text_is_as_it_was() {
        for text in [
            "arn:aws:iam::111122223333:role/Signer",
            "[::1]:6443, ::1, std::fmt",
            "Zürich, 東京, Ελλάδα, עברית",
            "## heading, #1, a::b::c",
            // Joiners that are seen by what they do.
            "خانه\u{200c}ای, ක\u{dca}\u{200d}ෂ, क\u{94d}\u{200c}ष",
            "",
        ] {
            assert_eq!(line(text), text);
            assert_eq!(first_that_steers(text, |_| false), None);
        }
        assert!(matches!(line("plain"), Cow::Borrowed(_)));
    }
}
