//! What `init` found under a name that no declaration may hold: a character of it cannot be seen, or changes how a text is shown.

use std::collections::BTreeSet;

use agent::discover::Discovery;
use model::printable::{first_that_steers, steers};
use serde_json::Value;

use crate::commands::init_seen::Seen;
use crate::commands::init_template::Found;
use crate::commands::init_text::comment;

/// What is kept out of the declaration, a line for each thing.
#[derive(Debug, Default)]
pub(super) struct KeptOut(Vec<String>);

impl KeptOut {
    /// Takes what has such a name out of all that was found.
    pub fn of(discovery: &mut Discovery, seen: &mut Seen, found: &mut Found) -> Self {
        let mut out = Self::default();
        let mut gone = BTreeSet::new();
        discovery.targets.retain_mut(|target| {
            let id = target.found.id.clone();
            // Without a setting, it would be another target.
            let hidden = target.found.settings.iter().find_map(|(name, value)| Some((name, first_hidden(value)?)));
            if let Some((name, text)) = hidden {
                out.0.push(format!("the target {}, whose `{name}` is {}", shown(&id), shown(text)));
                gone.insert(id);
                return false;
            }
            target.keys.retain(|key| out.keeps("the key", &id, &key.key, &key.note));
            true
        });
        seen.retain(|target, what, value| out.keeps(what, target, value, ""));
        found.retain(|target, what, name| !gone.contains(target) && out.keeps(what, target, name, ""));
        out
    }

    /// Whether a name may be written; one that may not is noted.
    fn keeps(&mut self, what: &str, target: &str, name: &str, note: &str) -> bool {
        let hidden = is_hidden(name);
        if hidden {
            let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
            self.0.push(format!("{what} {} of {target}{note}", shown(name)));
        }
        !hidden
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|line| format!("NOT WRITTEN: {line}"))
    }

    /// Says in the declaration what is not in it.
    pub fn write(&self, text: &mut String) {
        if self.0.is_empty() {
            return;
        }
        text.push_str(
            "\n# ---- What was found under a name that no declaration may hold, since a character of it cannot be seen or changes how a text\n\
             #      is shown (here as `\\u{...}`). Give it another name at the source, then write it where it belongs.\n",
        );
        for line in self.lines() {
            comment(text, "", &line);
        }
    }
}

/// As a declaration is held to it: line feeds and tabs may stand in a text.
fn is_hidden(text: &str) -> bool {
    first_that_steers(text, |c| matches!(c, '\n' | '\t')).is_some()
}

fn first_hidden(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => is_hidden(text).then_some(text.as_str()),
        Value::Array(items) => items.iter().find_map(first_hidden),
        Value::Object(members) => members.values().find_map(first_hidden),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// With each such character as an escape.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use agent::discover::DiscoveredTarget;
    use sdk::{FoundKey, FoundTarget};
    use serde_json::{Map, json};

    use super::*;

    fn target(id: &str, name: &str, keys: &[&str]) -> DiscoveredTarget {
        let key = |key: &&str| FoundKey { id: "key".to_owned(), key: (*key).to_owned(), note: "an EC key".to_owned() };
        DiscoveredTarget {
            found: FoundTarget {
                id: id.to_owned(),
                settings: Map::from_iter([("token".to_owned(), json!({"label": [name]}))]),
                note: String::new(),
            },
            collectors: BTreeSet::new(),
            identities: Vec::new(),
            keys: keys.iter().map(key).collect(),
            resources: BTreeMap::new(),
            gaps: Vec::new(),
        }
    }

    #[test]
    fn what_may_not_be_written_is_said() {
        let mut discovery = Discovery {
            targets: vec![target("hsm", "Signing", &["hot", "ho\u{200b}t"]), target("other", "a\u{202e}b", &["cold"])],
            ..Discovery::default()
        };
        let (mut seen, mut found) = (Seen::default(), Found::default());
        for login in ["alice", "al\u{ad}ice"] {
            found.look("hsm", "github/member", &json!({"role": "admin", "login": login}));
        }
        seen.look("hsm", "aws-cloudtrail/trail", "t", &json!({"bucket": "a\u{feff}"}), None);
        let out = KeptOut::of(&mut discovery, &mut seen, &mut found);
        let keys: Vec<&str> = discovery.targets.iter().flat_map(|one| &one.keys).map(|key| key.key.as_str()).collect();
        assert_eq!(keys, ["hot"]);
        assert_eq!(seen.buckets("hsm").count(), 0);
        let mut text = String::new();
        out.write(&mut text);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("NOT WRITTEN")).collect();
        for said in [
            r"the key ho\u{200b}t of hsm (an EC key)",
            r"the target other, whose `token` is a\u{202e}b",
            r"al\u{ad}ice of hsm",
            r"a\u{feff} of hsm",
        ] {
            assert!(lines.iter().any(|line| line.starts_with("# ") && line.contains(said)), "{said}: {text}");
        }
        assert_eq!((out.count(), lines.len()), (4, 4), "{text}");
        assert!(!is_hidden(&text) && text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
        // Where nothing is kept out, nothing is said.
        let mut text = String::new();
        KeptOut::of(&mut discovery, &mut seen, &mut found).write(&mut text);
        assert_eq!(text, "");
    }
}
