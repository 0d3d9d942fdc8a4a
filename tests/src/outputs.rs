//! The schemas of what the programs print as JSON, for whoever holds an output against them.
#![expect(clippy::expect_used, clippy::panic, reason = "what a test is built from stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// By the text of `form`: `witnessmark-ask/1`.
fn validators() -> &'static BTreeMap<String, Validator> {
    static READ: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    READ.get_or_init(|| schemas().into_iter().map(|(form, schema)| (form, validator(&schema))).collect())
}

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{error}: {schema:#}"))
}

/// The schemas under `docs/spec/outputs`, by the text of `form` that each demands.
///
/// # Panics
/// When one cannot be read, or demands none.
#[must_use]
pub fn schemas() -> BTreeMap<String, Value> {
    let folder = crate::root().join("docs/spec/outputs");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("the schemas of outputs") {
        let path = entry.expect("an entry").path();
        let schema: Value = serde_json::from_slice(&fs::read(&path).expect("a schema")).expect("JSON");
        let form = schema.pointer("/properties/form/const").and_then(Value::as_str);
        let form = form.unwrap_or_else(|| panic!("`{}` demands no form", path.display())).to_owned();
        found.insert(form, schema);
    }
    found
}

/// What of an output is not as the schema of its form says. Empty: nothing.
#[must_use]
pub fn faults(output: &Value) -> Vec<String> {
    let Some(form) = output.get("form").and_then(Value::as_str) else {
        return vec!["it has no `form`".to_owned()];
    };
    let Some(validator) = validators().get(form) else {
        return vec![format!("`{form}` has no schema")];
    };
    validator.iter_errors(output).map(|error| format!("{form}{}: {error}", error.instance_path())).collect()
}
