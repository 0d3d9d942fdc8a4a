//! The JSON Schema of the declaration, from the types that are read.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::declared::Declaration;
use crate::systems::SHARED;

/// JSON Schema (draft 2020-12) of a declaration file. `null` is never a value: a key without one is left out.
#[must_use]
pub fn declaration_schema() -> Value {
    let mut schema = as_parsed::<Declaration>();
    if let Some(version) = schema.pointer_mut("/properties/witnessmark").and_then(Value::as_object_mut) {
        version.retain(|key, _| key == "description");
        version.insert("const".to_owned(), 1.into());
    }
    shared(&mut schema);
    schema.insert("$id".to_owned(), "urn:witnessmark:declaration:v1".into());
    schema.insert("title".to_owned(), "Witnessmark declaration, version 1".into());
    schema.to_value()
}

/// Things of these lists may say which systems they belong to; that is read before their types are (`systems`).
fn shared(schema: &mut Schema) {
    let mut things = Vec::new();
    for (list, _) in SHARED {
        if let Some(list) = schema.pointer(&format!("/properties/{list}")) {
            names(list, &mut things);
        }
    }
    let systems = serde_json::json!({
        "description": "The systems of `systems` that it belongs to. Without it: all of them.",
        "type": "array",
        "items": { "$ref": "#/$defs/Id" },
        "minItems": 1,
    });
    for thing in things {
        if let Some(members) = schema.pointer_mut(&format!("/$defs/{thing}/properties")).and_then(Value::as_object_mut)
        {
            members.insert("systems".to_owned(), systems.clone());
        }
    }
}

/// The definitions that the items of a list refer to.
fn names(list: &Value, found: &mut Vec<String>) {
    match list {
        Value::Object(members) => members.iter().for_each(|(key, value)| match value {
            Value::String(to) if key == "$ref" => {
                found.extend(to.strip_prefix("#/$defs/").filter(|name| *name != "Import").map(str::to_owned));
            }
            value => names(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

/// The schema of a file that people write, from the type it is read into.
pub(crate) fn as_parsed<T: JsonSchema>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    AsParsed.transform(&mut schema);
    schema
}

/// What the types do not say: an optional key may be absent and not `null`, and no text is empty.
#[derive(Clone, Debug)]
struct AsParsed;

impl Transform for AsParsed {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|t| t != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
            choices.retain(|c| c.get("type").is_none_or(|t| t != "null"));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                for (key, value) in only {
                    schema.insert(key, value);
                }
            }
        }
        if schema.get("type").is_some_and(|t| t == "string")
            && schema.get("pattern").is_none()
            && schema.get("const").is_none()
        {
            schema.insert("pattern".to_owned(), r"\S".into());
        }
        // A default that is empty says nothing.
        schema.remove("default");
        transform_subschemas(self, schema);
    }
}
