//! Declared things, read again from the sealed declaration: what the run's own target `declaration` holds of them follows from these files.
//!
//! Two parts do not: what the ledger saw of a thing (of earlier bundles), and what is in a folder of records (`kept`), which is not sealed.

use std::collections::{BTreeMap, HashSet};

use declaration::{DECLARATION, DeclaredThing, seen_parts};
use model::record::{Gap, Resource};
use model::{RecordRef, RecordType};
use serde_json::{Map, Value};
use witnessmark_verifier::outputs::{NotComputed, Otherwise, Problem};

use super::population::kind_of;

/// The part of a task that says what its folder holds.
const KEPT: &str = "kept";

/// What comes out of the declared files, and how what is sealed compares with it.
pub struct Things {
    /// By kind and id, those that were not found yet; or why they do not come out.
    left: Result<BTreeMap<(String, String), Value>, String>,
    /// Parts of which a gap speaks: kind, id, part.
    cut: HashSet<(String, String, String)>,
    /// Things that a gap says are left out.
    left_out: HashSet<(String, String)>,
    same: u64,
    not_computed: BTreeMap<String, u64>,
    differ: Vec<Otherwise>,
    withheld: bool,
}

impl Things {
    pub fn new(things: Result<Vec<DeclaredThing>, String>) -> Self {
        let by_id = |things: Vec<DeclaredThing>| {
            things.into_iter().map(|one| ((one.kind.to_owned(), one.id), one.facts)).collect()
        };
        Self {
            left: things.map(by_id),
            cut: HashSet::new(),
            left_out: HashSet::new(),
            same: 0,
            not_computed: BTreeMap::new(),
            differ: Vec::new(),
            withheld: false,
        }
    }

    /// Takes up a gap. All of them come before the things.
    pub fn gap(&mut self, gap: &Gap) {
        let Some(subject) = gap.subject.as_ref().filter(|_| gap.target == DECLARATION) else { return };
        let (kind, id) = (subject.kind.clone(), subject.id.clone());
        if let Some(part) = &gap.part {
            self.cut.insert((kind, id, part.clone()));
        } else {
            self.left_out.insert((kind, id));
        }
    }

    pub fn withheld(&mut self, at: RecordRef) {
        self.withheld |= at.kind == RecordType::Resource;
    }

    /// Compares one with what the files say.
    pub fn resource(&mut self, at: RecordRef, resource: &Resource) {
        if resource.target != DECLARATION {
            return;
        }
        let Ok(left) = &mut self.left else {
            *self.not_computed.entry(resource.kind.clone()).or_default() += 1;
            return;
        };
        let key = (resource.kind.clone(), resource.id.clone());
        let problem = match left.remove(&key) {
            None => Problem::DoesNotComeOut,
            Some(expected) if self.is(&key, &expected, resource.facts.get()) => {
                self.same += 1;
                return;
            }
            Some(_) => Problem::OtherFacts,
        };
        self.otherwise(key, Some(at), problem);
    }

    fn otherwise(&mut self, (kind, id): (String, String), record: Option<RecordRef>, problem: Problem) {
        self.differ.push(Otherwise { target: DECLARATION.to_owned(), kind, id, record, problem });
    }

    fn is(&self, (kind, id): &(String, String), expected: &Value, sealed: &str) -> bool {
        let (Ok(sealed), Value::Object(expected)) = (serde_json::from_str::<Map<String, Value>>(sealed), expected)
        else {
            return false;
        };
        let open = |part: &str| {
            let folder =
                part == KEPT && expected.get(KEPT).is_some() && !expected.get("records").is_none_or(Value::is_null);
            folder
                || seen_parts(kind).contains(&part)
                || self.cut.contains(&(kind.clone(), id.clone(), part.to_owned()))
        };
        let same = |part: &String| open(part) || expected.get(part) == sealed.get(part);
        expected.keys().chain(sealed.keys()).all(same)
    }

    /// How many are as the files say, what is not, and what nobody can tell. `listed`: the kinds of which the run has a list. `lacks`: the list of
    /// this kind has more than is shown.
    pub fn finish(
        mut self,
        listed: impl Iterator<Item = String>,
        lacks: impl Fn(&str) -> bool,
    ) -> (u64, Vec<Otherwise>, Vec<NotComputed>) {
        let listed: HashSet<String> = listed.map(|population| kind_of(&population).to_owned()).collect();
        let (left, because) = match std::mem::replace(&mut self.left, Ok(BTreeMap::new())) {
            Ok(left) => (left, String::new()),
            Err(because) => (BTreeMap::new(), because),
        };
        let row = |kind: String, count: u64, because: &str| NotComputed {
            target: DECLARATION.to_owned(),
            kind,
            count,
            because: because.to_owned(),
        };
        let mut not_computed: Vec<NotComputed> = std::mem::take(&mut self.not_computed)
            .into_iter()
            .map(|(kind, count)| row(kind, count, &because))
            .collect();
        for key in left.into_keys().filter(|(kind, _)| listed.contains(kind)) {
            if self.left_out.contains(&key) {
                not_computed.push(row(key.0, 1, "a gap says of each that it was left out of the bundle"));
            } else if self.withheld && lacks(&key.0) {
                not_computed.push(row(key.0, 1, "they are withheld"));
            } else {
                self.otherwise(key, None, Problem::NotSealed);
            }
        }
        (self.same, self.differ, not_computed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn thing(id: &str, facts: &Value) -> DeclaredThing {
        DeclaredThing { kind: "declaration/task", id: id.to_owned(), facts: facts.clone(), parts: BTreeMap::new() }
    }

    fn sealed(id: &str, facts: &Value) -> Resource {
        serde_json::from_value(json!({
            "target": DECLARATION, "collector": DECLARATION, "population": "declaration/task", "kind": "declaration/task", "id": id,
            "parts": {}, "facts": facts,
        }))
        .unwrap()
    }

    /// How many are the same, and what is otherwise.
    fn compared(declared: &[(&str, Value)], all: &[(&str, Value)]) -> (u64, Vec<(String, Problem)>) {
        let mut things = Things::new(Ok(declared.iter().map(|(id, facts)| thing(id, facts)).collect()));
        for (at, (id, facts)) in (0..).zip(all) {
            things.resource(RecordRef::new(RecordType::Resource, at), &sealed(id, facts));
        }
        let (same, differ, not) = things.finish(["declaration/task".to_owned()].into_iter(), |_| false);
        assert!(not.is_empty());
        (same, differ.into_iter().map(|one| (one.id, one.problem)).collect())
    }

    #[test]
    fn what_the_files_say_is_what_is_sealed() {
        let declared = [("a", json!({"records": null, "kept": null})), ("b", json!({"records": "r", "kept": null}))];
        let kept = json!({"entries": 1, "because": null, "missing": []});
        let b = json!({"records": "r", "kept": kept, "seen": {"first": 1}});
        // What is in a folder is in no declared file; that there is a folder is.
        assert_eq!(compared(&declared, &[declared[0].clone(), ("b", b.clone())]), (2, vec![]));
        for forged in
            [json!({"records": "r", "kept": kept}), json!({"records": null, "kept": kept}), json!({"records": null})]
        {
            let found = compared(&declared, &[("a", forged.clone()), ("b", b.clone())]);
            assert_eq!(found, (1, vec![("a".to_owned(), Problem::OtherFacts)]), "{forged}");
        }
        let (same, differ) = compared(&declared, &[declared[0].clone(), ("c", b)]);
        let otherwise = [("c".to_owned(), Problem::DoesNotComeOut), ("b".to_owned(), Problem::NotSealed)];
        assert_eq!((same, differ.as_slice()), (1, otherwise.as_slice()));
    }

    #[test]
    fn what_cannot_be_read_again_is_counted() {
        let mut things = Things::new(Err("it is withheld".to_owned()));
        things.resource(RecordRef::new(RecordType::Resource, 0), &sealed("a", &json!({})));
        let (same, differ, not) = things.finish(std::iter::empty(), |_| false);
        assert_eq!((same, differ.len(), not.len(), not[0].count), (0, 0, 1, 1));
    }

    #[test]
    fn a_part_of_which_a_gap_speaks_is_not_compared() {
        let mut things = Things::new(Ok(vec![thing("a", &json!({"because": "x", "records": null}))]));
        let gap = json!({"target": DECLARATION, "collector": DECLARATION, "population": "declaration/task",
            "subject": {"kind": "declaration/task", "id": "a"}, "part": "because", "reason": "withheld-secret", "detail": "masked"});
        things.gap(&serde_json::from_value(gap).unwrap());
        things.resource(RecordRef::new(RecordType::Resource, 0), &sealed("a", &json!({"records": null})));
        assert_eq!(things.finish(std::iter::empty(), |_| false).0, 1);
    }
}
