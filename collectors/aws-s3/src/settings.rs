//! The settings of a target: those of every AWS target, and the buckets to read.

use aws::settings_schema;
use sdk::{CollectError, Target};
use serde_json::{Value, json};

/// The JSON Schema of the settings.
#[must_use]
pub fn schema() -> Value {
    let mut schema = settings_schema();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let buckets = json!({
            "description": "Names of the buckets to read, for `aws-s3`. No other bucket is asked about.",
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"},
            "minItems": 1,
            "uniqueItems": true,
        });
        properties.insert("buckets".to_owned(), buckets);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.push("buckets".into());
    }
    schema
}

/// The declared buckets, sorted, and the target as every AWS collector knows it.
///
/// # Errors
/// [`CollectError::Settings`] when no bucket is named, or one has no name that S3 allows.
pub fn split(target: &Target) -> Result<(Vec<String>, Target), CollectError> {
    let wrong =
        |problem: String| CollectError::Settings { target: target.id.clone(), setting: "buckets".to_owned(), problem };
    let mut plain = target.clone();
    let Some(declared) = plain.settings.remove("buckets") else {
        return Err(wrong("is missing: the buckets to read".to_owned()));
    };
    let Value::Array(declared) = declared else { return Err(wrong("is a list of names of buckets".to_owned())) };
    let mut buckets = Vec::new();
    for name in &declared {
        match name.as_str() {
            Some(name) if is_bucket(name) => buckets.push(name.to_owned()),
            _ => return Err(wrong(format!("{name} is not the name of a bucket"))),
        }
    }
    buckets.sort();
    buckets.dedup();
    if buckets.is_empty() {
        return Err(wrong("names no bucket".to_owned()));
    }
    Ok((buckets, plain))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>, as far as it keeps a name inside a path.
fn is_bucket(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&name.len())
        && edge(name.chars().next())
        && edge(name.chars().last())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: Value) -> Result<Vec<String>, String> {
        let Value::Object(settings) = settings else { panic!("an object") };
        let target = Target { id: "prod".to_owned(), settings };
        split(&target).map(|(buckets, _)| buckets).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_the_buckets_out() {
        assert_eq!(read(json!({"buckets": ["b.b", "a-a", "a-a"]})).unwrap(), ["a-a", "b.b"]);
        for (settings, said) in [
            (json!({}), "is missing"),
            (json!({"buckets": "abc"}), "is a list"),
            (json!({"buckets": []}), "names no bucket"),
            (json!({"buckets": ["abc", "a/b"]}), "\"a/b\" is not the name"),
            (json!({"buckets": [4711]}), "4711 is not the name"),
        ] {
            let error = read(settings).unwrap_err();
            assert!(error.contains("setting `buckets` of target `prod`") && error.contains(said), "{error}");
        }
    }
}
