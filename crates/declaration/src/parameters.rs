//! Parameters of a check and settings of a target against the schemas of those who read them.

use diagnose::yaml::{Entry, Value as Yaml};
use diagnose::{Code, Node, Reporter, Span, help_known};
use serde_json::{Map, Value};

use crate::declared::CheckUse;
use crate::environment::CheckMeta;

/// Parameters with the defaults filled in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub parameters: Map<String, Value>,
    pub defaults: Map<String, Value>,
    pub weaker: Vec<String>,
}

/// Fills in defaults, holds the result against the check's schemas and marks what demands less than the default.
pub(crate) fn resolve(used: &CheckUse, meta: &CheckMeta, reporter: &mut Reporter<'_>) -> Resolved {
    let written = match used.with.node.as_ref().map(|n| &n.value) {
        Some(Yaml::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    let mut resolved = Resolved::default();
    let known: Vec<&str> = meta.parameters.keys().map(String::as_str).collect();
    for entry in written.iter().filter(|e| !meta.parameters.contains_key(&e.key.value)) {
        let pending = reporter.error(
            entry.key.at,
            Code::BadParameter,
            format!("`{}` has no parameter `{}`", meta.id, entry.key.value),
        );
        if known.is_empty() {
            pending.help("this check takes no parameters");
        } else {
            pending.maybe_help(help_known(&entry.key.value, &known, "its parameters"));
        }
    }
    for (name, schema) in &meta.parameters {
        let default = schema.get("default").map(sorted);
        if let Some(default) = &default {
            resolved.defaults.insert(name.clone(), default.clone());
        }
        let Some(entry) = written.iter().find(|e| e.key.value == *name) else {
            match default {
                Some(default) => {
                    resolved.parameters.insert(name.clone(), default);
                }
                None => {
                    reporter
                        .error(used.check.at, Code::BadParameter, format!("`{}` needs the parameter `{name}`", meta.id))
                        .help(format!("write it under `with`: `with: {{{name}: …}}`"));
                }
            }
            continue;
        };
        let value = sorted(&entry.value.to_json());
        if refused(schema, &entry.value, &format!("parameter `{name}` of `{}`", meta.id), Code::BadParameter, reporter)
        {
            continue;
        }
        if let (Some(default), Some(stricter)) = (&default, schema.get("x-stricter"))
            && is_weaker(&value, default, stricter)
        {
            reporter
                .warn(
                    entry.value.at,
                    Code::WeakerParameter,
                    format!("`{name}` demands less than `{}` does by default", meta.id),
                )
                .help(format!("the default is {default}; the weaker value is sealed and shown beside it"));
            resolved.weaker.push(name.clone());
        }
        resolved.parameters.insert(name.clone(), value);
    }
    // Sorted by name, so that the same declaration gives the same bytes whatever built the JSON library.
    resolved.parameters = sorted_map(&resolved.parameters);
    resolved.defaults = sorted_map(&resolved.defaults);
    resolved.weaker.sort();
    resolved
}

/// Settings of a target: each must be known to one of its collectors and be valid for every collector that defines it.
pub(crate) fn settings(entries: &[Entry], schemas: &[(&str, &Value)], at: Span, reporter: &mut Reporter<'_>) {
    let properties = |schema: &Value| -> Map<String, Value> {
        schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let mut known: Vec<String> = vec!["id".to_owned(), "collector".to_owned()];
    for (_, schema) in schemas {
        known.extend(properties(schema).into_iter().map(|(name, _)| name));
    }
    known.sort();
    known.dedup();
    let words: Vec<&str> = known.iter().map(String::as_str).collect();
    for entry in entries.iter().filter(|e| !known.contains(&e.key.value)) {
        let names: Vec<String> = schemas.iter().map(|(name, _)| format!("`{name}`")).collect();
        reporter
            .error(
                entry.key.at,
                Code::UnknownKey,
                format!("unknown key `{}`: not a setting of {}", entry.key.value, names.join(" or ")),
            )
            .maybe_help(help_known(&entry.key.value, &words, "known here"));
    }
    for (collector, schema) in schemas {
        let mine = properties(schema);
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !entries.iter().any(|e| e.key.value == required) {
                reporter.error(
                    at,
                    Code::MissingKey,
                    format!("`{required}` is missing in this target: `{collector}` needs it"),
                );
            }
        }
        // One object with what this collector knows; the whole schema, so that `$defs` and rules between settings hold.
        let members: Vec<Entry> = entries.iter().filter(|e| mine.contains_key(&e.key.value)).cloned().collect();
        let object = Node { at, value: Yaml::Map(members) };
        refused(schema, &object, &format!("setting of `{collector}`"), Code::BadSetting, reporter);
    }
}

/// Reports what the schema says against the value; true if it does.
fn refused(schema: &Value, node: &Node, what: &str, code: Code, reporter: &mut Reporter<'_>) -> bool {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => {
            reporter.error(node.at, code, format!("the schema of this {what} is itself not valid: {error}"));
            return true;
        }
    };
    let instance = node.to_json();
    let mut any = false;
    for error in validator.iter_errors(&instance) {
        // A missing setting was said in our own words, at the target.
        if error.kind().keyword() == "required" && error.instance_path().as_str().is_empty() && code == Code::BadSetting
        {
            any = true;
            continue;
        }
        let faulty = node.nearest(error.instance_path().as_str());
        let message = error.to_string();
        let pending = reporter.error(faulty.at, code, format!("{what}: {}", backticked(&message)));
        if let (Yaml::Scalar { text, plain: true }, "type") = (&faulty.value, error.kind().keyword())
            && message.contains("\"string\"")
        {
            pending.help(format!("put it in quotes: \"{text}\""));
        } else if let Some(form) = schema.get("x-form").and_then(Value::as_str) {
            pending.help(form);
        }
        any = true;
    }
    any
}

/// `"abc" is not of type "integer"` in the way all our messages quote.
fn backticked(message: &str) -> String {
    message.strip_suffix('.').unwrap_or(message).replace('"', "`")
}

/// Whether the value demands less than the default, in the direction the check's author gave.
fn is_weaker(value: &Value, default: &Value, stricter: &Value) -> bool {
    match stricter {
        Value::String(word) => match word.as_str() {
            "lower" => compare(value, default).is_some_and(std::cmp::Ordering::is_gt),
            "higher" => compare(value, default).is_some_and(std::cmp::Ordering::is_lt),
            "fewer" => !subset(value, default),
            "more" => !subset(default, value),
            _ => value != default,
        },
        Value::Bool(strict) => default.as_bool() == Some(*strict) && value != default,
        _ => value != default,
    }
}

fn compare(value: &Value, default: &Value) -> Option<std::cmp::Ordering> {
    value.as_f64()?.partial_cmp(&default.as_f64()?)
}

fn subset(small: &Value, large: &Value) -> bool {
    match (small.as_array(), large.as_array()) {
        (Some(small), Some(large)) => small.iter().all(|item| large.contains(item)),
        _ => match (small.as_object(), large.as_object()) {
            // Lists by name: a name that is not there has an empty list.
            (Some(small), Some(large)) => small.iter().all(|(name, list)| {
                list.as_array().is_some_and(Vec::is_empty) || large.get(name).is_some_and(|other| subset(list, other))
            }),
            _ => small == large,
        },
    }
}

/// The same JSON with the members of every object sorted by name.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(members) => Value::Object(sorted_map(members)),
        other => other.clone(),
    }
}

pub(crate) fn sorted_map(members: &Map<String, Value>) -> Map<String, Value> {
    let mut names: Vec<(&String, &Value)> = members.iter().collect();
    names.sort_by_key(|(name, _)| *name);
    names.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect()
}
