//! An error names its cause once: as its source, which whoever prints an error prints after it, or in its own message.
//! Read out of the sources, of which rustfmt has made one form.

#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::process::Command;

use workspace_tests::root;

/// A message and what stands below it.
struct Variant<'a> {
    line: usize,
    message: &'a str,
    /// By its name or number, and whether it is the variant's source.
    fields: Vec<(String, bool)>,
}

impl Variant<'_> {
    /// The field that is both source and part of the message.
    fn said_twice(&self) -> Option<&str> {
        let (format, arguments) = self.message.rsplit_once('"').unwrap_or((self.message, ""));
        let shown = |name: &str| {
            format.contains(&format!("{{{name}}}"))
                || format.contains(&format!("{{{name}:"))
                || arguments.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
        };
        self.fields.iter().find(|(name, is_source)| *is_source && shown(name)).map(|(name, _)| name.as_str())
    }
}

/// Every variant (or struct) of a source text that has a message of its own.
fn variants(text: &str) -> Vec<Variant<'_>> {
    let start = ["#[err", "or("].concat();
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&start) {
        let inside = &text[at + start.len()..];
        let end = closing(inside).expect("an attribute that ends");
        let message = &inside[..end];
        if message == "transparent" {
            continue;
        }
        let rest = inside[end..].trim_start_matches(")]");
        found.push(Variant { line: text[..at].lines().count() + 1, message, fields: fields(rest) });
    }
    found
}

/// The fields of the first variant or struct of a text.
fn fields(text: &str) -> Vec<(String, bool)> {
    let mut text = text.trim_start();
    // Other attributes and documentation before its name.
    while text.starts_with("#[") || text.starts_with("//") {
        text = text.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    let named = text.find(['(', '{', ',', ';', '}']).filter(|at| "({".contains(&text[*at..=*at]));
    let Some(open) = named else { return Vec::new() };
    let inside = &text[open + 1..];
    let inside = &inside[..closing(inside).expect("fields that end")];
    let is_tuple = text[open..].starts_with('(');
    split(inside)
        .into_iter()
        .enumerate()
        .map(|(number, field)| {
            let name = match field.split(": ").next().and_then(|before| before.split_whitespace().last()) {
                Some(name) if !is_tuple => name.to_owned(),
                _ => number.to_string(),
            };
            let is_source = field.contains("#[source]") || field.contains("#[from]") || name == "source";
            (name, is_source)
        })
        .collect()
}

/// Where the bracket that is open at the start of a text closes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return Some(at),
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Fields, between commas that stand in no bracket.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                found.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[from..].trim());
    found.retain(|field| !field.is_empty());
    found
}

#[test]
fn a_cause_is_named_once() {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "crates", "collectors"])
        .current_dir(root())
        .output();
    let listed = String::from_utf8(listed.expect("git").stdout).expect("text");
    let (mut read, mut with_source, mut twice) = (0, 0, Vec::new());
    for path in listed.lines().filter(|path| path.ends_with(".rs")) {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        for variant in variants(&text) {
            read += 1;
            with_source += usize::from(variant.fields.iter().any(|(_, is_source)| *is_source));
            if let Some(name) = variant.said_twice() {
                twice.push(format!("{path}:{}: `{name}` is the source and in the message", variant.line));
            }
        }
    }
    assert!(read > 100 && with_source > 20, "{read} messages were found, {with_source} of them with a source");
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

#[test]
fn the_reader_sees_what_is_said_twice() {
    let attribute = ["#[err", "or"].concat();
    let twice = |fields: &str| {
        let text = format!("enum E {{\n    {attribute}{fields},\n    {attribute}(\"other\")]\n    Other,\n}}\n");
        variants(&text)[0].said_twice().map(str::to_owned)
    };
    for (fields, expected) in [
        ("(\"it: {0}\")]\n    One(#[source] io::Error)", Some("0")),
        ("(\"it: {0}\")]\n    One(#[from] io::Error)", Some("0")),
        ("(\"it: {1:?}\")]\n    One(Vec<(u8, u8)>, #[source] io::Error)", Some("1")),
        ("(\"`{path}`: {source}\")]\n    One { path: String, source: io::Error }", Some("source")),
        ("(\"it: {}\", .cause)]\n    /// Words.\n    One { #[source] cause: io::Error }", Some("cause")),
        ("(\"it: {}\", list(.0))]\n    One(#[source] io::Error)", Some("0")),
        ("(\"it (1) \\\"{0}\\\"\")]\n    One(#[source] io::Error)", Some("0")),
        ("(\"it: {0}\")]\n    One(io::Error)", None),
        ("(\"it\")]\n    One(#[source] io::Error)", None),
        ("(\"`{path}`\")]\n    One { path: String, source: io::Error }", None),
        ("(\"{0} of {1}\")]\n    One(u8, u8, #[source] io::Error)", None),
        ("(\"it\")]\n    One", None),
    ] {
        assert_eq!(twice(fields).as_deref(), expected, "{fields}");
    }
}
