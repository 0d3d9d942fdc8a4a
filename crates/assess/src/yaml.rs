//! The YAML of a `# METADATA` block as JSON. Anchors, aliases, tags and several documents are refused:
//! the block is sealed as evidence and read by people.

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

const MAX_DEPTH: usize = 32;

enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The one document of `text`, or what is wrong with it.
pub(crate) fn to_json(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|e| format!("line {}: {}", e.marker().line(), e.info()))?;
        let line = span.start.line();
        let value = match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return Err(format!("line {line}: a second document"));
                }
                continue;
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                return Err(format!("line {line}: aliases are not used here"));
            }
            Event::Scalar(_, _, anchor, ref tag) if anchor != 0 || tag.is_some() => {
                return Err(format!("line {line}: anchors and tags are not used here"));
            }
            Event::SequenceStart(_, anchor, ref tag) | Event::MappingStart(_, anchor, ref tag)
                if anchor != 0 || tag.is_some() =>
            {
                return Err(format!("line {line}: anchors and tags are not used here"));
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|done| match done {
                Open::List(items) => Value::Array(items),
                Open::Map(members, _) => Value::Object(members),
            }),
            Event::Scalar(text, style, ..) => Some(scalar(&text, matches!(style, ScalarStyle::Plain))),
            _ => continue,
        };
        if open.len() > MAX_DEPTH {
            return Err(format!("line {line}: more than {MAX_DEPTH} levels"));
        }
        let Some(value) = value else { continue };
        match open.last_mut() {
            None => root = Some(value),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map(members, key)) => match key.take() {
                None => match value {
                    Value::String(text) => *key = Some(text),
                    Value::Array(_) | Value::Object(_) => {
                        return Err(format!("line {line}: a key must be a word"));
                    }
                    other => *key = Some(other.to_string()),
                },
                Some(name) => {
                    if members.insert(name.clone(), value).is_some() {
                        return Err(format!("line {line}: `{name}` is written twice"));
                    }
                }
            },
        }
    }
    root.ok_or_else(|| "it is empty".to_owned())
}

fn scalar(text: &str, plain: bool) -> Value {
    if !plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_metadata_uses() {
        let text = "title: A key: no\nscope: package\n";
        assert!(to_json(text).is_err());
        let text =
            "title: \"1\"\ncustom:\n  needs:\n    conforms: [a, b]\n  max: {type: integer, default: 3}\n  on: true\n";
        assert_eq!(
            to_json(text).unwrap(),
            json!({"title": "1", "custom": {"needs": {"conforms": ["a", "b"]}, "max": {"type": "integer", "default": 3}, "on": true}})
        );
    }

    #[test]
    fn refuses_what_hides_its_meaning() {
        for text in ["a: &x 1\nb: *x\n", "a: !!str 1\n", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "", "[a: [}"] {
            assert!(to_json(text).is_err(), "{text}");
        }
    }
}
