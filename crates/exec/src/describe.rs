//! What is wrong with a program's description of itself.

use std::collections::BTreeSet;

use sdk::Descriptor;
use serde_json::Value;

/// Everything that is wrong with it; empty: nothing.
pub(crate) fn faults(descriptor: &Descriptor) -> Vec<String> {
    let mut wrong = Vec::new();
    if !is_name(&descriptor.name) {
        wrong.push(format!("the name `{}` is not made of lower case words joined by `-`", descriptor.name));
    }
    for (what, text) in [("summary", &descriptor.summary), ("thief", &descriptor.thief)] {
        if text.trim().is_empty() {
            wrong.push(format!("`{what}` says nothing"));
        }
    }
    if let Err(error) = jsonschema::validator_for(&descriptor.settings) {
        wrong.push(format!("`settings` is not a JSON Schema: {error}"));
    } else if !descriptor.settings.is_object() {
        wrong.push("`settings` is not the JSON Schema of an object".to_owned());
    }
    if descriptor.resources.is_empty() {
        wrong.push("`resources` names no kind".to_owned());
    }
    let mut kinds = BTreeSet::new();
    for kind in &descriptor.resources {
        if !kinds.insert(kind.kind.as_str()) {
            wrong.push(format!("the kind `{}` is named twice", kind.kind));
        }
        let rest = kind.kind.strip_prefix(&descriptor.name).and_then(|rest| rest.strip_prefix('/'));
        if !rest.is_some_and(is_name) {
            wrong.push(format!("the kind `{}` is not `{}/<name>`", kind.kind, descriptor.name));
        }
        if let Err(error) = jsonschema::validator_for(&kind.schema) {
            wrong.push(format!("the schema of `{}` is not a JSON Schema: {error}", kind.kind));
        }
        if kind.schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            wrong.push(format!(
                "the schema of `{}` lets unknown members pass (`additionalProperties` is not false): a mistyped path of a check would go unnoticed",
                kind.kind
            ));
        }
        wrong.extend(kind.unknown_annotations());
        if kind.parts().is_empty() {
            wrong.push(format!("the schema of `{}` has no `properties`: they are the parts of the kind", kind.kind));
        }
    }
    let mut rights = BTreeSet::new();
    for right in &descriptor.rights {
        if !rights.insert(right.name.as_str()) {
            wrong.push(format!("the right `{}` is named twice", right.name));
        }
        if right.name.trim().is_empty() || right.note.trim().is_empty() {
            wrong.push(format!("the right `{}` does not say what it is for (`note`)", right.name));
        }
        for feed in &right.feeds {
            let kind = descriptor.resources.iter().find(|kind| kind.kind == feed.kind);
            let known = kind.is_some_and(|kind| feed.part.as_ref().is_none_or(|part| kind.parts().contains(part)));
            if !known {
                let part = feed.part.as_ref().map(|part| format!("`{part}` of ")).unwrap_or_default();
                wrong.push(format!("the right `{}` feeds {part}`{}`, which is not described", right.name, feed.kind));
            }
        }
    }
    wrong
}

/// Lower case words and digits, joined by `-`.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for good in ["openssh", "aws-kms", "a1-2b"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "OpenSSH", "a--b", "-a", "a-", "1a", "a/b", "a b", "ä"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
