//! A YAML text as JSON, for what is read by serde: the metadata of checks, catalogues of standards.

use serde_json::Value as Json;

use crate::diagnostic::Reporter;
use crate::source::{SourceMap, Span};
use crate::yaml::{self, Node, Value};

/// The first thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// Lower case, no final period, input in backticks.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// The one document of `text`, scalars as in YAML 1.2's core schema.
///
/// Other programs read these texts too: OPA the metadata of checks, with a reader (go-yaml) that follows the core schema but
/// for some numbers and dates of YAML 1.1. Where it would read another value than we do, the text is refused, so that no one
/// reads a parameter of a check as another one than was sealed.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn to_json(text: &str) -> Result<Json, Fault> {
    let mut sources = SourceMap::default();
    let file = sources.add(String::new(), text.to_owned());
    let mut reporter = Reporter::new(&sources);
    let tree = yaml::parse(file, text, &mut reporter);
    if let Some(first) = reporter.found.first() {
        return Err(Fault { line: first.line.unwrap_or(1), message: first.message.clone() });
    }
    let Some(tree) = tree else { return Err(Fault { line: 1, message: "no document".to_owned() }) };
    match disputed(&tree) {
        Some((at, written)) => Err(Fault {
            line: sources.places(at).map_or(1, |(start, _)| start.line),
            message: format!(
                "`{written}` has another value in other YAML parsers: put it in quotes, or write it plainly"
            ),
        }),
        None => Ok(tree.to_json()),
    }
}

/// The first scalar that means something else to other readers.
fn disputed(node: &Node) -> Option<(Span, &str)> {
    match &node.value {
        Value::Scalar { text, plain } => (*plain && yaml::is_disputed(text)).then_some((node.at, text)),
        Value::List(items) => items.iter().find_map(disputed),
        Value::Map(entries) => entries.iter().find_map(|entry| {
            // The merge key of YAML 1.1, quoted or not.
            let merge = (entry.key.value == "<<").then_some((entry.key.at, entry.key.value.as_str()));
            merge.or_else(|| disputed(&entry.value))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_metadata_uses() {
        assert!(to_json("title: A key: no\nscope: package\n").is_err());
        let text =
            "title: \"1\"\ncustom:\n  needs:\n    conforms: [a, b]\n  max: {type: integer, default: 3}\n  on: true\n";
        assert_eq!(
            to_json(text).unwrap(),
            json!({"title": "1", "custom": {"needs": {"conforms": ["a", "b"]}, "max": {"type": "integer", "default": 3}, "on": true}})
        );
    }

    #[test]
    fn refuses_what_hides_its_meaning() {
        for (text, line) in [
            ("a: &x 1\nb: *x\n", 1),
            ("a: !!str 1\n", 1),
            ("a: 1\na: 2\n", 2),
            ("a: 1\n---\nb: 2\n", 2),
            ("", 1),
            ("a: 1\nb: [c: [}", 2),
            ("a: 1\n<<: {b: 2}\n", 2),
            ("a: 1\nb: 010\n", 2),
        ] {
            assert_eq!(to_json(text).map_err(|fault| fault.line), Err(line), "{text}");
        }
    }

    /// The one rule for plain scalars: YAML 1.2's core schema, as OPA's reader has it (go-yaml v3, `resolve.go`). What the two
    /// read differently is in `what_opa_reads_as_another_value_is_refused`.
    #[test]
    fn a_plain_scalar_is_what_the_core_schema_says() {
        for (text, value) in [
            ("true", json!(true)),
            ("True", json!(true)),
            ("FALSE", json!(false)),
            ("null", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("0", json!(0)),
            ("-12", json!(-12)),
            ("+12", json!(12)),
            ("0x10", json!(16)),
            ("0o17", json!(15)),
            ("1.50", json!(1.5)),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            // Texts to both: truth values and numbers of YAML 1.1 that 1.2 dropped, versions, times of day.
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("No", json!("No")),
            ("tRUE", json!("tRUE")),
            ("1.2.3", json!("1.2.3")),
            ("12:30:45", json!("12:30:45")),
            ("0x", json!("0x")),
            ("1e999", json!("1e999")),
            ("2026-12", json!("2026-12")),
            ("12_rules", json!("12_rules")),
            // In quotes everything is a text.
            ("\"true\"", json!("true")),
            ("'010'", json!("010")),
            ("\"2026-12-31\"", json!("2026-12-31")),
        ] {
            assert_eq!(to_json(&format!("a: {text}\n")), Ok(json!({"a": value})), "{text}");
        }
    }

    #[test]
    fn what_opa_reads_as_another_value_is_refused() {
        for (text, opa) in [
            ("010", "8, for the octal numbers of YAML 1.1"),
            ("-010", "-8"),
            ("08", "8.0, a float"),
            ("1_000", "1000"),
            ("0b11", "3"),
            ("0X10", "16"),
            ("-0x10", "-16"),
            ("0O17", "15"),
            ("9223372036854775808", "9223372036854775808, which does not fit our integers"),
            ("99999999999999999999", "1e20, a float"),
            (".inf", "infinity"),
            ("-.INF", "minus infinity"),
            (".NaN", "no number"),
            ("2026-12-31", "a time, which JSON does not have"),
            ("2026-12-31T10:00:00Z", "a time"),
            ("2026-1-2 10:00:00", "a time"),
        ] {
            let found = to_json(&format!("a: {text}\n"));
            assert!(found.as_ref().is_err_and(|fault| fault.message.contains(text)), "{text}, to OPA {opa}: {found:?}");
        }
    }
}
