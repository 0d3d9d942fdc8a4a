//! The objects of the target `joined`, where what is declared stands beside what was found.

use std::collections::{BTreeMap, BTreeSet};

use declaration::JOINED;
use model::record::Derived;
use serde_json::Value;

use super::pieces::MOST_ROWS;

/// Bytes of the objects that are kept.
const MOST_BYTES: usize = 16 << 20;

/// The objects of the target `joined`, as far as they are kept.
#[derive(Debug, Default)]
pub struct Joined {
    kinds: BTreeMap<String, BTreeMap<String, Value>>,
    bytes: usize,
    /// Objects that are not kept, by kind.
    left_out: BTreeMap<String, u64>,
}

impl Joined {
    pub fn take(&mut self, derived: &Derived) {
        if derived.target != JOINED {
            return;
        }
        let text = derived.facts.get();
        let of_kind = self.kinds.entry(derived.kind.clone()).or_default();
        let room = of_kind.len() < 20 * MOST_ROWS && self.bytes.saturating_add(text.len()) <= MOST_BYTES;
        match serde_json::from_str(text) {
            Ok(facts) if room => {
                self.bytes += text.len();
                of_kind.insert(derived.id.clone(), facts);
            }
            _ => *self.left_out.entry(derived.kind.clone()).or_default() += 1,
        }
    }

    /// Whether objects of this kind are in the bundle.
    pub fn has(&self, kind: &str) -> bool {
        self.kinds.contains_key(kind)
    }

    /// The objects that say who reaches a key, by the ids of the keys of the inventory that it is.
    pub fn reach(&self) -> BTreeMap<&str, Vec<&Value>> {
        let mut reach: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (_, facts) in self.all("joined/reach") {
            for key in list(facts, "declared").into_iter().flatten() {
                reach.entry(text(key, "id")).or_default().push(facts);
            }
        }
        reach
    }

    /// Everybody who reaches a key: its own entries, and of those who reach others too those whom it does not except. `None`: they were not found out.
    /// And whether all of them are here.
    pub fn reaching<'v>(&'v self, facts: &'v Value) -> Option<(Vec<&'v Value>, bool)> {
        let mut entries: Vec<&Value> = list(facts, "entries")?.iter().collect();
        let Some(common) = facts.get("common").filter(|common| common.is_object()) else {
            return Some((entries, true));
        };
        let of = self.of("joined/common-reach", text(common, "of")).and_then(|common| list(common, "entries"));
        let except: BTreeSet<(&str, &str)> = list(common, "except").into_iter().flatten().map(named).collect();
        let is_meant = |entry: &&Value| entry.get("who").is_some_and(|who| !except.contains(&named(who)));
        entries.extend(of.into_iter().flatten().filter(is_meant));
        Some((entries, of.is_some()))
    }

    pub fn of(&self, kind: &str, id: &str) -> Option<&Value> {
        self.kinds.get(kind)?.get(id)
    }

    pub fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.kinds.get(kind).into_iter().flatten().map(|(id, facts)| (id.as_str(), facts))
    }

    pub fn left_out(&self, kind: &str) -> u64 {
        self.left_out.get(kind).copied().unwrap_or_default()
    }
}

/// Who somebody is: kind and name.
fn named(who: &Value) -> (&str, &str) {
    (text(who, "kind"), text(who, "name"))
}

pub fn list<'v>(value: &'v Value, member: &str) -> Option<&'v Vec<Value>> {
    value.get(member)?.as_array()
}

pub fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}
