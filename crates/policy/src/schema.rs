//! The JSON Schema of the declaration, from the types that are read.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

use crate::declaration::Declaration;

/// JSON Schema (draft 2020-12) of a declaration file. `null` is never a value: a key without one is left out.
#[must_use]
pub fn declaration_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Declaration>();
    NoNull.transform(&mut schema);
    schema.insert("$id".to_owned(), "urn:witnessmark:declaration:v1".into());
    schema.insert("title".to_owned(), "Witnessmark declaration, version 1".into());
    schema.to_value()
}

/// An optional key may be absent; schemars says it may also be `null`, which the parser refuses.
#[derive(Clone, Debug)]
struct NoNull;

impl Transform for NoNull {
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
        // A default that is empty says nothing.
        schema.remove("default");
        transform_subschemas(self, schema);
    }
}
