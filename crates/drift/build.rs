//! Derives from the schemas of all kinds which of their lists have an order: `x-ordered` stands at those. All others are sets, however a source
//! happens to list them.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by variables, and takes what it writes")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

use serde_json::Value;

/// Deeper than any schema goes; one that refers to itself ends here.
const DEEPEST: usize = 32;

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = here.join("../../policies/schemas");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let schema: Value = serde_json::from_slice(&fs::read(&path)?)?;
        let mut found = Vec::new();
        walk(&schema, &schema, "", 0, &mut found);
        found.sort();
        found.dedup();
        kinds.insert(name.to_owned(), found);
    }
    let mut table = String::from("&[\n");
    for (kind, ordered) in kinds {
        let _ = writeln!(table, "    ({kind:?}, &{ordered:?}),");
    }
    table.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("lists.rs"), table)
}

/// Places at which a value of this schema has a list with an order; `*` is any element or member.
fn walk(root: &Value, schema: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    let mut inside = |schema: &Value, at: &str| walk(root, schema, at, depth + 1, found);
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        inside(root.pointer(name).unwrap_or(&Value::Null), at);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        inside(property, &format!("{at}/{name}"));
    }
    for any in ["items", "additionalProperties"] {
        if schema[any].is_object() {
            inside(&schema[any], &format!("{at}/*"));
        }
    }
    for alternatives in ["anyOf", "oneOf", "allOf"] {
        for one in schema[alternatives].as_array().into_iter().flatten() {
            inside(one, at);
        }
    }
    if schema["x-ordered"] == Value::Bool(true) {
        found.push(at.to_owned());
    }
}
