//! What a bundle says of who reaches keys, taken in one reading.

use bundle::read::{Line, Record};
use joins::reach::{ADMINISTRATORS, AdministratorsFacts, REACH, ReachFacts};
use links::{Counted, FoundReach};
use model::record::Derived;
use model::{RecordRef, RecordType};
use serde::de::DeserializeOwned;
use verify::Observer;

const TOKEN: &str = "pkcs11/token";

/// Takes the joined objects of a roster. Of keys that are not asked for it keeps how many reach them.
#[derive(Debug, Default)]
pub struct RosterReader {
    /// The key that is asked for: an id of the inventory, or an ARN, or the id at the end of one.
    key: Option<String>,
    found: FoundReach,
}

impl RosterReader {
    #[must_use]
    pub fn new(key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), found: FoundReach::default() }
    }

    /// What was gathered. Proven only when the bundle was accepted.
    #[must_use]
    pub fn finish(self) -> FoundReach {
        self.found
    }

    fn derived(&mut self, at: RecordRef, derived: &Derived) {
        match derived.kind.as_str() {
            ADMINISTRATORS => {
                if let Some(facts) = self.facts::<AdministratorsFacts>(at, derived) {
                    self.found.administrators.insert(derived.id.clone(), facts.entries.unwrap_or_default());
                }
            }
            REACH => {
                if let Some(facts) = self.facts::<ReachFacts>(at, derived) {
                    self.found.counts.insert(derived.id.clone(), Counted::of(&facts));
                    let wanted = self.key.as_ref().is_some_and(|key| {
                        derived.id == *key
                            || derived.id.ends_with(&format!(":key/{key}"))
                            || facts.declared.iter().flatten().any(|declared| declared.id == *key)
                    });
                    if wanted {
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
                if let Some(subject) =
                    gap.subject.as_ref().filter(|one| one.kind == REACH || one.kind == ADMINISTRATORS)
                {
                    self.unread(&subject.kind, &subject.id, gap.detail.clone());
                }
            }
            Record::Resource(resource) if resource.kind == TOKEN => {
                // The verifier read this text as JSON already.
                if let Ok(facts) = serde_json::from_str(resource.facts.get()) {
                    self.found.tokens.insert(resource.target.clone(), facts);
                }
            }
            _ => {}
        }
    }
}
