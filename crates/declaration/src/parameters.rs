//! Parameters of a check and settings of a target against the schemas of those who read them.

use diagnose::yaml::{Core, Entry, Value as Yaml};
use diagnose::{Code, Node, Reporter, Span, help_known};
use model::demand;
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
        if let (Some(default), Some(stricter)) = (&default, schema.get(demand::STRICTER))
            && demand::demands_less(schema, &value)
        {
            let (what, which) = match stricter.as_str() {
                Some("fewer") => ("not in", demand::beyond(&value, default)),
                Some("more") => ("missing of", demand::beyond(default, &value)),
                _ => ("", Vec::new()),
            };
            let help = if which.is_empty() {
                format!("the default is {default}; the weaker value is sealed and shown beside it")
            } else {
                let which = which.join(", ");
                format!("{what} the default {default}: {which}; the weaker value is sealed and shown beside it")
            };
            reporter
                .warn(
                    entry.value.at,
                    Code::WeakerParameter,
                    format!("`{name}` demands less than `{}` does by default", meta.id),
                )
                .help(help);
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
    let before = reporter.found.len();
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
    once(reporter, before);
}

/// What several collectors say of one setting is said once, by the first of them.
fn once(reporter: &mut Reporter<'_>, before: usize) {
    let mut said: Vec<(Span, String)> = Vec::new();
    let ours = reporter.found.split_off(before);
    for diagnostic in ours {
        // The collector stands before the colon of a bad setting, and behind that of a missing one.
        let (first, rest) = diagnostic.message.split_once(": ").unwrap_or_default();
        let same = if diagnostic.code == Code::BadSetting { rest } else { first };
        let key = (diagnostic.at, same.to_owned());
        if same.is_empty() || !said.contains(&key) {
            said.push(key);
            reporter.found.push(diagnostic);
        }
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
        let path = error.instance_path();
        let faulty = node.nearest(path.as_str());
        let keyword = error.kind().keyword();
        let form = form(schema, path.as_str());
        let told = error.to_string();
        // `1 is not of types "null", "string"`
        let types_wanted = told.rsplit_once(" is not of type").map_or("", |(_, types)| types);
        let message = match (keyword, &faulty.value) {
            // No one reads regular expressions where words say what it has to be.
            ("pattern", Yaml::Scalar { text, .. }) if form.is_some() => {
                format!("`{text}` does not have the right form")
            }
            ("type", _) => {
                format!("expected {}, found {}", types(types_wanted), faulty.describe())
            }
            _ => backticked(&told),
        };
        let pending = reporter.error(faulty.at, code, format!("{what}: {message}"));
        let wants = |kind: &str| keyword == "type" && allows(types_wanted, kind);
        match &faulty.value {
            Yaml::Scalar { text, plain: true } if wants("string") && faulty.core() != Some(Core::Null) => {
                pending.help(format!("put it in quotes: \"{text}\""));
            }
            Yaml::Scalar { text, plain: false } if wants("integer") && text.parse::<i64>().is_ok() => {
                pending.help(format!("write it without quotes: {text}"));
            }
            Yaml::Scalar { text, .. } if wants("array") && faulty.core() == Some(Core::Text) => {
                pending.help(format!("put it in brackets: `[{text}]`"));
            }
            _ => {
                pending.maybe_help(form);
            }
        }
        any = true;
    }
    any
}

/// What is to be written there, in the words of who reads it.
fn form(schema: &Value, instance: &str) -> Option<String> {
    let own = schema.get("x-form").and_then(Value::as_str);
    let setting = instance.split('/').nth(1).and_then(|name| schema.get("properties")?.get(name));
    let described = setting.and_then(|setting| setting.get("description")).and_then(Value::as_str);
    let words = own.or(described)?;
    Some(words.strip_suffix('.').unwrap_or(words).to_owned())
}

/// Whether the types that a schema wants, each in quotation marks, have this one among them.
fn allows(types: &str, word: &str) -> bool {
    types.contains(&format!("\"{word}\""))
}

/// The types that a schema wants, in the words of a declaration.
fn types(wanted: &str) -> String {
    let words = [
        ("string", "a text"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("boolean", "`true` or `false`"),
        ("array", "a list"),
        ("object", "keys with values"),
    ];
    let known = words.iter().filter(|(word, _)| allows(wanted, word)).map(|(_, ours)| *ours);
    let known: Vec<&str> = known.collect();
    if known.is_empty() { "another value".to_owned() } else { known.join(" or ") }
}

/// `"abc" is not of type "integer"` in the way all our messages quote.
fn backticked(message: &str) -> String {
    message.strip_suffix('.').unwrap_or(message).replace('"', "`")
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
