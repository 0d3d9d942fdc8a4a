//! What a bundle says of who reaches keys, taken in one reading.

use bundle::read::{Line, Record};
use joins::reach::{ADMINISTRATORS, AdministratorsFacts, COMMON, REACH, ReachFacts};
use links::{AliasReader, CommonReach, Counted, FoundReach};
use model::record::Derived;
use model::{RecordRef, RecordType};
use serde::de::DeserializeOwned;
use verify::Observer;

const TOKEN: &str = "pkcs11/token";

/// Takes the joined objects of a roster. Of keys that are not asked for it keeps how many reach them.
#[derive(Debug, Default)]
pub struct RosterReader {
    /// The key that is asked for: an id of the inventory, or an ARN, or the id at the end of one, or an alias.
    key: Option<String>,
    aliases: AliasReader,
    found: FoundReach,
}

impl RosterReader {
    #[must_use]
    pub fn new(key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..Self::default() }
    }

    /// What was gathered. Proven only when the bundle was accepted.
    #[must_use]
    pub fn finish(self) -> FoundReach {
        FoundReach { aliases: self.aliases.finish(), ..self.found }
    }

    fn derived(&mut self, at: RecordRef, derived: &Derived) {
        match derived.kind.as_str() {
            ADMINISTRATORS => {
                if let Some(facts) = self.facts::<AdministratorsFacts>(at, derived) {
                    self.found.administrators.insert(derived.id.clone(), facts.entries.unwrap_or_default());
                }
            }
            // They come before the keys that refer to them.
            COMMON => {
                if let Some(facts) = self.facts(at, derived) {
                    self.found.common.insert(derived.id.clone(), CommonReach::new(facts));
                }
            }
            REACH => {
                if let Some(mut facts) = self.facts::<ReachFacts>(at, derived) {
                    let common = facts.refers_to().and_then(|refers| self.found.common.get(&refers.of));
                    self.found.counts.insert(derived.id.clone(), Counted::of(&facts, common));
                    let wanted = self.key.as_ref().is_some_and(|key| {
                        derived.id == *key
                            || derived.id.ends_with(&format!(":key/{key}"))
                            || self.aliases.calls(&derived.id, key)
                            || facts.declared.iter().flatten().any(|declared| declared.id == *key)
                    });
                    if wanted {
                        let common = common.map(|common| &common.facts);
                        facts.entries = facts.entries.is_some().then(|| facts.everybody(&derived.id, common));
                        self.found.keys.insert(derived.id.clone(), facts);
                    }
                }
            }
            _ => {}
        }
    }

    /// The facts of an object; what cannot be read of it is said.
    fn facts<T: DeserializeOwned>(&mut self, at: RecordRef, derived: &Derived) -> Option<T> {
        match serde_json::from_str(derived.facts.get()) {
            Ok(facts) => Some(facts),
            Err(problem) => {
                let said = format!("{at} is not of a form that this program knows: {problem}");
                self.unread(&derived.kind, &derived.id, said);
                None
            }
        }
    }

    fn unread(&mut self, kind: &str, id: &str, why: String) {
        self.found.unread.entry((kind.to_owned(), id.to_owned())).or_default().push(why);
    }
}

impl Observer for RosterReader {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                let counts = matches!(at.kind, RecordType::Derived | RecordType::Gap);
                self.found.withheld += u64::from(counts);
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Derived(derived) => self.derived(at, derived),
            Record::Gap(gap) => {
                let of_reach = |kind: &str| [REACH, COMMON, ADMINISTRATORS].contains(&kind);
                if let Some(subject) = gap.subject.as_ref().filter(|one| of_reach(&one.kind)) {
                    self.unread(&subject.kind, &subject.id, gap.detail.clone());
                }
            }
            Record::Resource(resource) if resource.kind != TOKEN => self.aliases.take(resource),
            Record::Resource(resource) => {
                // The verifier read this text as JSON already.
                if let Ok(facts) = serde_json::from_str(resource.facts.get()) {
                    self.found.tokens.insert(resource.target.clone(), facts);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Digest;
    use serde_json::{Value, json};

    use super::*;

    const OF_ALL: [&str; 2] = ["arn:aws:kms:eu-west-1:1:key/a", "arn:aws:kms:eu-west-1:1:key/b"];

    #[expect(clippy::needless_pass_by_value, reason = "a value that is written where it is given")]
    fn derived(kind: &str, id: &str, facts: Value) -> Line {
        let facts = serde_json::value::to_raw_value(&facts).unwrap();
        let (target, collector) = ("joined".to_owned(), "joined".to_owned());
        let (kind, id) = (kind.to_owned(), id.to_owned());
        let one = Derived { target, collector, population: kind.clone(), kind, id, inputs: Vec::new(), facts };
        Line::Disclosed(Box::new(Record::Derived(one)))
    }

    fn entry(name: &str, key: &str, may: &str) -> Value {
        let by = json!([{"kind": "aws-kms/key", "id": key, "part": "policy", "statement": 0}]);
        json!({"who": {"kind": "user", "name": name}, "does": ["use"], "may": may, "action": "kms:Sign", "actions": ["kms:Sign"],
            "step": may, "by": by, "holders": [], "asks_for_mfa": false})
    }

    #[expect(clippy::needless_pass_by_value, reason = "a value that is written where it is given")]
    fn key(except: Value, own: Value) -> Value {
        let nobody = json!({"count": 0, "first": []});
        json!({"account": "1", "manager": "CUSTOMER", "declared": [], "copies": [], "everyone": true, "entries": own, "common":
            {"of": "1", "people": 2, "except": except, "not_holders": nobody, "users_without_mfa": nobody, "do_everything": nobody}})
    }

    fn found(lines: &[Line]) -> FoundReach {
        let mut reader = RosterReader::new(Some("b"));
        for (at, line) in lines.iter().enumerate() {
            reader.record(RecordRef::new(RecordType::Derived, at as u64), line, b"");
        }
        reader.finish()
    }

    #[test]
    fn those_who_are_listed_once_are_named_and_counted_at_each_key() {
        let [a, b] = OF_ALL;
        let common = json!({"account": "1", "keys": OF_ALL, "entries": [entry("ada", "*", "yes"), entry("bob", "*", "yes"), entry("cy", "*", "undetermined")]});
        let lines = [
            derived(COMMON, "1", common),
            derived(REACH, a, key(json!([]), json!([entry("eve", a, "yes")]))),
            derived(REACH, b, key(json!([{"kind": "user", "name": "bob"}]), json!([]))),
        ];
        let all = found(&lines);
        let counted = |arn: &str| {
            let one = all.counts.get(arn).unwrap();
            (one.r#use, one.undetermined, one.open)
        };
        assert_eq!((counted(a), counted(b)), ((3, 1, false), (1, 1, false)));
        // Of the key that is asked for, by name.
        let entries = all.keys.get(b).unwrap().entries.clone().unwrap();
        let told: Vec<(&str, &str)> = entries
            .iter()
            .map(|one| (one.entry.who.name.as_str(), one.entry.by.first().unwrap().id.as_str()))
            .collect();
        assert_eq!(told, [("ada", b), ("cy", b)]);

        // Where the list is not shown, more reach it than are named.
        let mut lines = lines;
        if let Some(first) = lines.first_mut() {
            *first = Line::Withheld(Digest::of(b"x"));
        }
        let less = found(&lines);
        assert!(less.counts.get(b).unwrap().open && less.common.is_empty() && less.withheld == 1);
    }
}
