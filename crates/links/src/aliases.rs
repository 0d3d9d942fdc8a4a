//! What people call the KMS keys that a bundle names by their ids.

use std::collections::BTreeMap;

use model::record::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of the keys that have aliases.
const KEY: &str = "aws-kms/key";
/// Keys whose aliases are kept, and the bytes of ids and aliases together. Of others the id stands alone.
const MOST_KEYS: usize = 100_000;
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Aliases of one key that stand beside its id.
const MOST_NAMED: usize = 5;

/// The aliases of KMS keys by the key's id, as they are sealed. A key without an alias is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Aliases(BTreeMap<String, Vec<String>>);

impl Aliases {
    /// Those of the keys with these ids.
    #[must_use]
    pub fn only(mut self, named: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|id, _| named(id));
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The aliases of the key with this id.
    #[must_use]
    pub fn of(&self, id: &str) -> &[String] {
        self.0.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The aliases of a key, and its id beside them; the id alone where it has none, or is the id of something else.
    #[must_use]
    pub fn named(&self, id: &str) -> String {
        let all = self.of(id);
        if all.is_empty() {
            return id.to_owned();
        }
        let first = all.get(..MOST_NAMED).unwrap_or(all);
        let more = match all.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            1 => " and 1 more alias".to_owned(),
            more => format!(" and {more} more aliases"),
        };
        format!("{}{more} ({id})", first.join(", "))
    }
}

/// Takes the aliases out of the resources of a bundle.
#[derive(Clone, Debug, Default)]
pub struct AliasReader {
    aliases: BTreeMap<String, Vec<String>>,
    bytes: usize,
}

#[derive(Deserialize)]
struct Facts {
    #[serde(default)]
    aliases: Vec<String>,
}

impl AliasReader {
    /// Takes the aliases of a key; of other resources nothing.
    pub fn take(&mut self, resource: &Resource) {
        if resource.kind != KEY || self.aliases.len() >= MOST_KEYS {
            return;
        }
        // One that was not read is absent, and a gap says so.
        let Ok(Facts { aliases }) = serde_json::from_str(resource.facts.get()) else { return };
        let bytes = aliases.iter().fold(resource.id.len(), |all, alias| all.saturating_add(alias.len()));
        let bytes = self.bytes.saturating_add(bytes);
        if aliases.is_empty() || bytes > MOST_BYTES {
            return;
        }
        self.bytes = bytes;
        // Two targets may list one key.
        let of = self.aliases.entry(resource.id.clone()).or_default();
        of.extend(aliases);
        of.sort_unstable();
        of.dedup();
    }

    /// Whether this is an alias of the key with this id.
    #[must_use]
    pub fn calls(&self, id: &str, alias: &str) -> bool {
        self.aliases.get(id).is_some_and(|all| all.iter().any(|one| one == alias))
    }

    #[must_use]
    pub fn finish(self) -> Aliases {
        Aliases(self.aliases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str, id: &str, facts: &str) -> Resource {
        let text = format!(
            r#"{{"target":"aws","collector":"aws-kms","population":"{kind}","kind":"{kind}","id":"{id}","parts":{{}},"facts":{facts}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_key_is_called_by_its_aliases_and_its_id() {
        let mut aliases = AliasReader::default();
        aliases.take(&key(KEY, "arn:1", r#"{"aliases":["alias/hot"],"policy":{"text":"{}"}}"#));
        aliases.take(&key(KEY, "arn:2", r#"{"aliases":["alias/b","alias/a"]}"#));
        aliases.take(&key(KEY, "arn:3", r#"{"aliases":[]}"#));
        aliases.take(&key(KEY, "arn:4", r#"{"state":"Enabled"}"#));
        aliases.take(&key("aws-kms/alias", "arn:5", r#"{"aliases":["alias/no"]}"#));
        aliases.take(&key(KEY, "arn:6", r#"{"aliases":["a1","a2","a3","a4","a5","a6","a7"]}"#));
        // Once more, by another target.
        aliases.take(&key(KEY, "arn:1", r#"{"aliases":["alias/hot"]}"#));
        let aliases = aliases.finish();
        assert_eq!(aliases.named("arn:1"), "alias/hot (arn:1)");
        assert_eq!(aliases.named("arn:2"), "alias/a, alias/b (arn:2)");
        assert_eq!(aliases.named("arn:6"), "a1, a2, a3, a4, a5 and 2 more aliases (arn:6)");
        for id in ["arn:3", "arn:4", "arn:5", "root"] {
            assert_eq!(aliases.named(id), id);
        }
        let aliases = aliases.only(|id| id == "arn:2");
        assert_eq!(serde_json::to_string(&aliases).unwrap(), r#"{"arn:2":["alias/a","alias/b"]}"#);
    }

    #[test]
    fn what_is_kept_of_them_is_bounded() {
        let mut aliases = AliasReader::default();
        let long = "x".repeat(MOST_BYTES / 2);
        for n in 0..3 {
            aliases.take(&key(KEY, &format!("arn:{n}"), &format!(r#"{{"aliases":["{long}"]}}"#)));
        }
        let aliases = aliases.finish();
        assert_eq!((aliases.of("arn:0").len(), aliases.of("arn:1").len(), aliases.of("arn:2").len()), (1, 0, 0));
    }
}
