//! What a person writes: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME&profile=NAME`, as Go's `gocloud.dev` writes it.

use std::str::FromStr;

use store::StoreError;

/// Where a store lies, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// As it was written.
    pub text: String,
    pub bucket: String,
    /// Without `/` at either end; empty for the whole bucket.
    pub prefix: String,
    /// Of an object store that is not Amazon's.
    pub endpoint: Option<String>,
    pub region: Option<String>,
    /// Of the AWS configuration files.
    pub profile: Option<String>,
}

impl FromStr for Location {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = |problem: &str| StoreError::BadLocation { location: text.to_owned(), problem: problem.to_owned() };
        let rest = text.strip_prefix("s3://").ok_or_else(|| wrong("it does not begin with `s3://`"))?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if !is_bucket(bucket) {
            return Err(wrong("a bucket has 3 to 63 lower-case letters, digits, `-` and `.`"));
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if !prefix.is_empty() && !prefix.split('/').all(is_plain) {
            // Whoever writes other characters gets another key from each client, by how it encodes them.
            return Err(wrong("a prefix has parts of letters, digits, `-`, `_` and `.`, with one `/` between them"));
        }
        let mut found = Self {
            text: text.to_owned(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: None,
            region: None,
            profile: None,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let slot = match name {
                "endpoint" => &mut found.endpoint,
                "region" => &mut found.region,
                "profile" => &mut found.profile,
                _ => return Err(wrong(&format!("there is no option `{name}`"))),
            };
            if value.is_empty() {
                return Err(wrong(&format!("`{name}` has no value")));
            }
            if slot.replace(value.to_owned()).is_some() {
                return Err(wrong(&format!("`{name}` stands there twice")));
            }
        }
        Ok(found)
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>, as far as it keeps a name inside a path.
fn is_bucket(name: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (3..=63).contains(&name.len())
        && edge(name.bytes().next())
        && edge(name.bytes().last())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
}

/// Whether a part of a name means the same to every client.
pub(crate) fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !part.bytes().all(|b| b == b'.')
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let found: Location = "s3://evidence/hot-wallet/".parse().unwrap();
        assert_eq!((found.bucket.as_str(), found.prefix.as_str()), ("evidence", "hot-wallet"));
        let found: Location = "s3://evidence".parse().unwrap();
        assert_eq!((found.bucket.as_str(), found.prefix.as_str()), ("evidence", ""));
        let found: Location =
            "s3://e.v-1/a/b?endpoint=http://127.0.0.1:9000&region=eu-west-1&profile=store".parse().unwrap();
        assert_eq!(found.prefix, "a/b");
        assert_eq!(found.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!((found.region.as_deref(), found.profile.as_deref()), (Some("eu-west-1"), Some("store")));
    }

    #[test]
    fn refuses_what_leads_to_two_places() {
        for (text, said) in [
            ("s3://ab", "3 to 63"),
            ("s3:///x", "3 to 63"),
            ("s3://Evidence/x", "3 to 63"),
            ("s3://evidence//x", "one `/`"),
            ("s3://evidence/a/../b", "one `/`"),
            ("s3://evidence/a b", "one `/`"),
            ("s3://evidence/%2e", "one `/`"),
            ("s3://evidence/x?zone=1", "no option `zone`"),
            ("s3://evidence/x?region", "no value"),
            ("s3://evidence/x?region=a&region=b", "twice"),
        ] {
            let error = text.parse::<Location>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
