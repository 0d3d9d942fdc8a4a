//! Builtins whose answers differ between this engine and stock OPA: a check that `opa test` proves narrow could be wide in a run.
//!
//! What is known was asked of both, regorus 0.14.1 and OPA 1.22.0; `tests/differing.rs` asks again.

use crate::guard::{Token, tokens};

/// A builtin whose answers differ, and an expression that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differing {
    /// As it is called. `fractions` and `sets` are no calls, and are not found in a text.
    pub name: &'static str,
    /// When its answers differ, for a person.
    pub when: &'static str,
    /// A Rego expression, and what each engine makes of it as JSON; `undefined` where it has no value.
    pub shown_by: &'static str,
    pub here: &'static str,
    pub in_opa: &'static str,
}

/// Every one that is known.
pub const DIFFERING: &[Differing] = &[
    Differing {
        name: "glob.match",
        when: "with `:` among the delimiters, which stops neither `*` nor `?` here",
        shown_by: r#"glob.match("a:*", [":"], "a:b:c")"#,
        here: "true",
        in_opa: "false",
    },
    Differing {
        name: "fractions",
        when: "are floating point here, and decimal in OPA",
        shown_by: "0.1 + 0.2",
        here: "0.30000000000000004",
        in_opa: "0.3",
    },
    Differing {
        name: "sum",
        when: "of fractions",
        shown_by: "sum([0.1, 0.2])",
        here: "0.30000000000000004",
        in_opa: "0.3",
    },
    Differing { name: "floor", when: "of fractions below 0", shown_by: "floor(-0.5)", here: "-1", in_opa: "0" },
    Differing { name: "ceil", when: "of fractions below 0", shown_by: "ceil(-0.5)", here: "0", in_opa: "1" },
    Differing {
        name: "strings.count",
        when: "where what is counted overlaps itself",
        shown_by: r#"strings.count("aaaa", "aa")"#,
        here: "3",
        in_opa: "2",
    },
    Differing {
        name: "strings.replace_n",
        when: "where one replacement makes what another replaces",
        shown_by: r#"strings.replace_n({"a": "b", "b": "c"}, "ab")"#,
        here: r#""cc""#,
        in_opa: r#""bc""#,
    },
    Differing {
        name: "to_number",
        when: "of a text with blanks beside the number",
        shown_by: r#"to_number(" 1")"#,
        here: "1",
        in_opa: "undefined",
    },
    Differing {
        name: "upper",
        when: "of letters that two capitals stand for",
        shown_by: r#"upper("straße")"#,
        here: r#""STRASSE""#,
        in_opa: r#""STRAßE""#,
    },
    Differing {
        name: "semver.is_valid",
        when: "of a version with a `v` before it",
        shown_by: r#"semver.is_valid("v1.2.3")"#,
        here: "false",
        in_opa: "true",
    },
    Differing {
        name: "json.marshal",
        when: "of `<`, `>` and `&`, and of numbers that can be written in several ways",
        shown_by: r#"json.marshal("<")"#,
        here: r#""\"<\"""#,
        in_opa: r#""\"\\u003c\"""#,
    },
    Differing {
        name: "regex",
        when: r"with `\d`, `\w`, `\s` and `\b`, which mean all of Unicode here and ASCII in OPA",
        shown_by: r#"regex.match(`\d`, "٣")"#,
        here: "true",
        in_opa: "false",
    },
    Differing {
        name: "sprintf",
        when: "with anything but plain `%d`, `%s`, `%v`, `%x` and `%%`, one for each value, a text for `%s` and a whole number for `%d`",
        shown_by: r#"sprintf("%5s", ["x"])"#,
        here: r#""x""#,
        in_opa: r#""    x""#,
    },
    Differing {
        name: "sets",
        when: "of values of several types stand in another order",
        shown_by: r#"[x | some x in {[1], {1}, {"a": 1}}]"#,
        here: r#"[[1],[1],{"a":1}]"#,
        in_opa: r#"[[1],{"a":1},[1]]"#,
    },
];

/// Where a text calls one of them in the way that differs: the line, and which.
#[must_use]
pub fn differing(text: &str) -> Vec<(usize, &'static Differing)> {
    // A text that cannot be taken apart is refused for that elsewhere.
    let tokens = tokens(text).unwrap_or_default();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Open(line, '(') = token else { continue };
        let name = called(tokens.get(..at).unwrap_or_default());
        let arguments = arguments(tokens.get(at + 1..).unwrap_or_default());
        let known = |name: &str| DIFFERING.iter().find(|one| one.name == name);
        let texts =
            || arguments.iter().filter_map(|token| if let Token::Text(text) = token { Some(*text) } else { None });
        let hit = match name.as_str() {
            "glob.match" => known("glob.match").filter(|_| !delimiters_are_known(arguments)),
            "sprintf" => known("sprintf").filter(|_| !is_plain(arguments)),
            name if name.starts_with("regex.") => known("regex").filter(|_| {
                texts().any(|text| {
                    [r"\d", r"\w", r"\s", r"\b"].iter().any(|class| text.to_ascii_lowercase().contains(class))
                })
            }),
            name => known(name),
        };
        found.extend(hit.map(|one| (*line, one)));
    }
    found
}

/// The name before an opening parenthesis: `strings.count`.
fn called(before: &[Token<'_>]) -> String {
    let mut name: Vec<&str> = Vec::new();
    let mut word_next = true;
    for token in before.iter().rev() {
        match token {
            Token::Word(word) if word_next => name.push(word),
            Token::Other('.') if !word_next => {}
            _ => break,
        }
        word_next = !word_next;
    }
    name.reverse();
    name.join(".")
}

/// What is between an opening parenthesis and its own closing one.
fn arguments<'a, 't>(after: &'a [Token<'t>]) -> &'a [Token<'t>] {
    let mut depth = 0_usize;
    for (at, token) in after.iter().enumerate() {
        match token {
            Token::Open(..) => depth += 1,
            Token::Close if depth == 0 => return after.get(..at).unwrap_or_default(),
            Token::Close => depth -= 1,
            _ => {}
        }
    }
    after
}

/// The arguments, one by one.
fn split<'a, 't>(arguments: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let mut depth = 0_usize;
    let between = |token: &Token<'_>| {
        match token {
            Token::Open(..) => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Other(',')
    };
    // A comma may stand behind the last one.
    let arguments = arguments.strip_suffix(&[Token::Other(',')]).unwrap_or(arguments);
    arguments.split(between).collect()
}

/// Whether the delimiters stand in the text, and none is a colon.
fn delimiters_are_known(arguments: &[Token<'_>]) -> bool {
    let arguments = split(arguments);
    match arguments.get(1) {
        Some([Token::Word("null")]) => true,
        Some([Token::Open(_, '['), inner @ .., Token::Close]) => inner
            .iter()
            .all(|token| matches!(token, Token::Text(text) if !text.contains(':')) || *token == Token::Other(',')),
        _ => false,
    }
}

/// Whether a call of `sprintf` has its format in the text, with plain verbs alone, and as many as values.
fn is_plain(arguments: &[Token<'_>]) -> bool {
    let arguments = split(arguments);
    let [[Token::Text(format)], values] = arguments.as_slice() else { return false };
    let mut verbs = 0;
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            continue;
        }
        match rest.next() {
            Some('d' | 's' | 'v' | 'x') => verbs += 1,
            Some('%') => {}
            _ => return false,
        }
    }
    match values {
        [Token::Open(_, '['), Token::Close] => verbs == 0,
        [Token::Open(_, '['), inner @ .., Token::Close] => split(inner).len() == verbs,
        // A list from elsewhere.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Vec<&'static str> {
        differing(&format!("package a\n\nx if {{\n\t{body}\n}}\n"))
            .into_iter()
            .map(|(line, one)| {
                assert_eq!(line, 4, "{body}");
                one.name
            })
            .collect()
    }

    #[test]
    fn finds_calls_whose_answers_differ() {
        for (body, found) in [
            (r#"glob.match("a:*", [":"], y)"#, vec!["glob.match"]),
            (r#"glob.match("a:*", ["/", ":"], y)"#, vec!["glob.match"]),
            (r#"glob.match("a:*", delimiters, y)"#, vec!["glob.match"]),
            (r#"glob.match("a:*", ["/"], lower(y))"#, vec![]),
            (r#"glob.match("a:*", [], y)"#, vec![]),
            (r#"glob.match("a:*", null, y)"#, vec![]),
            ("sum([x | some x in y]) > floor(z / 2)", vec!["sum", "floor"]),
            ("mine.floor(1)", vec![]),
            ("summary(1)", vec![]),
            (r#"strings.count(y, "a") == to_number("1")"#, vec!["strings.count", "to_number"]),
            (r#"regex.match(`^\d+$`, y)"#, vec!["regex"]),
            (r#"regex.match("^\\w+$", y)"#, vec!["regex"]),
            (r#"regex.match(`^[a-z]+$`, y)"#, vec![]),
            (r#"sprintf("%s has %d, %v", [y, count(z), [1, 2]])"#, vec![]),
            (r#"sprintf("100%%", [])"#, vec![]),
            (r#"sprintf("%d of %d", [y, z,],)"#, vec![]),
            (r#"sprintf("%5d", [y])"#, vec!["sprintf"]),
            (r#"sprintf("%.2f", [y])"#, vec!["sprintf"]),
            (r#"sprintf("%s %s", [y])"#, vec!["sprintf"]),
            (r#"sprintf(y, [z])"#, vec!["sprintf"]),
            ("# floor(1)", vec![]),
            (r#"y == "floor(1)""#, vec![]),
        ] {
            assert_eq!(names(body), found, "{body}");
        }
    }
}
