//! Answers as GitHub's own OpenAPI description wants them: what the fake does not say is filled in by the description.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The description, cut to the operations that are asked for (`testenv/github/`).
static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../testenv/github/description.json")).expect("the description is JSON")
});

/// An object of this schema: `members`, and of what they leave out the required ones.
#[must_use]
pub fn filled(schema: &str, members: Value) -> Value {
    let mut made = example(&DESCRIPTION["components"]["schemas"][schema]);
    let Value::Object(members) = members else { panic!("`{schema}` is made of members") };
    let object = made.as_object_mut().expect("the schema is of an object");
    object.extend(members);
    made
}

/// The least that the schema accepts. Where it accepts nothing, `null` is that.
fn example(schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return example(DESCRIPTION.pointer(&reference[1..]).expect("a reference leads somewhere"));
    }
    if schema["nullable"] == true {
        return Value::Null;
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(first) = schema[any].get(0) {
            return example(first);
        }
    }
    if let Some(all) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for one in all {
            if let Value::Object(members) = example(one) {
                whole.extend(members);
            }
        }
        return Value::Object(whole);
    }
    match schema["type"].as_str() {
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => "2026-01-05T10:00:00Z".into(),
            Some("uri") => "https://api.github.com/".into(),
            Some("email") => "someone@northbank.example".into(),
            _ => "x".into(),
        },
        Some("integer" | "number") => 1.into(),
        Some("boolean") => false.into(),
        Some("array") => Value::Array(Vec::new()),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            Value::Object(required.map(|name| (name.to_owned(), example(&schema["properties"][name]))).collect())
        }
    }
}
