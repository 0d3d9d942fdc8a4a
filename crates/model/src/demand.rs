//! What a parameter of a check demands, by its JSON Schema: whether a value demands less than the default.

use serde_json::{Map, Value};

/// The member of a parameter's schema that says in which direction it becomes stricter: `lower`, `higher` (numbers), `fewer`, `more` (lists), or
/// the stricter truth value.
pub const STRICTER: &str = "x-stricter";
/// The member by which a list that is empty by default says that it only names what nobody but the declaration can know (owners, accounts): who is
/// named there is declared, not exempted.
pub const NAMES: &str = "x-names";

/// Whether `value` demands less than the default of a parameter with this schema. Without a default or a direction no value does. A value that
/// cannot be compared with the default does: nobody can say what it demands.
#[must_use]
pub fn demands_less(schema: &Value, value: &Value) -> bool {
    let (Some(default), Some(stricter)) = (schema.get("default"), schema.get(STRICTER)) else { return false };
    match stricter {
        Value::String(word) => match word.as_str() {
            "lower" => compare(value, default).is_none_or(std::cmp::Ordering::is_gt),
            "higher" => compare(value, default).is_none_or(std::cmp::Ordering::is_lt),
            "fewer" => !only_names(schema, default, value) && !subset(value, default),
            "more" => !subset(default, value),
            _ => value != default,
        },
        Value::Bool(strict) => value != default && *value != Value::Bool(*strict),
        _ => value != default,
    }
}

/// Members of a list that are not in another, as JSON.
#[must_use]
pub fn beyond(list: &Value, other: &Value) -> Vec<String> {
    let (Some(list), Some(other)) = (list.as_array(), other.as_array()) else { return Vec::new() };
    list.iter().filter(|item| !other.contains(item)).map(ToString::to_string).collect()
}

/// Whether this is a list of names, of which the check itself can have none.
fn only_names(schema: &Value, default: &Value, value: &Value) -> bool {
    let named = schema.get(NAMES) == Some(&Value::Bool(true)) && is_empty(default);
    named && value.is_array() == default.is_array() && value.is_object() == default.is_object()
}

fn is_empty(list: &Value) -> bool {
    list.as_array().is_some_and(Vec::is_empty) || list.as_object().is_some_and(Map::is_empty)
}

fn compare(value: &Value, default: &Value) -> Option<std::cmp::Ordering> {
    value.as_f64()?.partial_cmp(&default.as_f64()?)
}

fn subset(small: &Value, large: &Value) -> bool {
    match (small, large) {
        (Value::Array(small), Value::Array(large)) => small.iter().all(|item| large.contains(item)),
        // Lists by name: a name that is not there has an empty list.
        (Value::Object(small), Value::Object(large)) => small.iter().all(|(name, list)| {
            list.as_array().is_some_and(Vec::is_empty) || large.get(name).is_some_and(|other| subset(list, other))
        }),
        _ => small == large,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_demands_less() {
        for (schema, value, less) in [
            (json!({"default": 90, "x-stricter": "lower"}), json!(91), true),
            (json!({"default": 90, "x-stricter": "lower"}), json!(90), false),
            (json!({"default": 14, "x-stricter": "higher"}), json!(8), true),
            // In Rego every text is more than every number.
            (json!({"default": 90, "x-stricter": "lower"}), json!("forever"), true),
            (json!({"default": 90, "x-stricter": "lower"}), Value::Null, true),
            (json!({"default": ["a"], "x-stricter": "fewer"}), json!(["a", "b"]), true),
            (json!({"default": ["a"], "x-stricter": "fewer"}), json!([]), false),
            (json!({"default": [], "x-stricter": "fewer"}), json!(["a"]), true),
            (json!({"default": [], "x-stricter": "fewer", "x-names": true}), json!(["a"]), false),
            (json!({"default": {}, "x-stricter": "fewer", "x-names": true}), json!({"a": ["b"]}), false),
            (json!({"default": [], "x-stricter": "fewer", "x-names": true}), json!("a"), true),
            (json!({"default": ["a"], "x-stricter": "fewer", "x-names": true}), json!(["b"]), true),
            (json!({"default": ["a"], "x-stricter": "more"}), json!(["b"]), true),
            (json!({"default": true, "x-stricter": true}), json!(false), true),
            (json!({"default": true, "x-stricter": true}), json!("yes"), true),
            (json!({"default": false, "x-stricter": true}), json!(true), false),
            (json!({"default": 1, "x-stricter": "sideways"}), json!(2), true),
            (json!({"default": 1}), json!(2), false),
            (json!({"x-stricter": "lower"}), json!(2), false),
        ] {
            assert_eq!(demands_less(&schema, &value), less, "{schema} {value}");
        }
    }
}
