//! `docs/spec/declaration.md` says what the program does: its examples are run, its lists are complete.

use std::collections::BTreeSet;

use diagnose::Code;
use serde_json::Value;
use witnessmark_declaration::check;

use crate::common::{environment, load_one};

const TEXT: &str = include_str!("../../../../docs/spec/declaration.md");

/// The fenced blocks, each with its language.
fn blocks() -> Vec<(&'static str, &'static str)> {
    TEXT.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

#[test]
fn its_answers_are_the_programs() {
    let blocks = blocks();
    let mut run = 0;
    for pair in blocks.windows(2) {
        let [("yaml", asked), ("text", answer)] = pair else {
            continue;
        };
        let loaded = load_one(&format!("{asked}\n"));
        let mut all = loaded.diagnostics.clone();
        all.extend(check(&loaded, &environment()));
        let said = loaded.render(&all, false);
        assert_eq!(said.trim_end(), answer.trim_end(), "the answer to:\n{asked}");
        run += 1;
    }
    assert_eq!(run, 2);
}

#[test]
fn its_other_examples_are_good() {
    for (_, text) in
        blocks().into_iter().filter(|(language, text)| *language == "yaml" && !text.starts_with("witnessmark"))
    {
        let loaded = load_one(&format!("witnessmark: 1\nentity: N\nsystem: {{id: s}}\n{text}\n"));
        assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    }
}

#[test]
fn it_names_every_code_and_every_key() {
    for code in Code::ALL {
        assert!(TEXT.contains(&format!("| `{}` |", code.as_str())), "{}", code.as_str());
    }
    let mut keys = BTreeSet::new();
    collect(&witnessmark_declaration::declaration_schema(), &mut keys);
    assert!(keys.len() > 60, "{}", keys.len());
    for key in keys {
        let named = [format!("`{key}`"), format!(".{key}`"), format!("`{key}.")].iter().any(|t| TEXT.contains(t));
        assert!(named, "`{key}` is not described");
    }
}

/// Every name under a `properties`.
fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|value| collect(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}
