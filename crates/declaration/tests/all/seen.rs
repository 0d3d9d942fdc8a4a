//! What the ledger saw of declared things, from one bundle to the next.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use witnessmark_declaration::{Before, DeclaredThing, carry_on};

use crate::common::load_one;

const TEXT: &str = r#"witnessmark: 1
entity: Northbank
system: {id: hot}
targets: [{id: aws, collector: aws-kms, account: "111122223333"}]
threat_model: {version: "1", reviews: [{on: 2026-05-01, by: CISO}]}
threats: [{id: T-1, title: Somebody signs alone}]
risks: [{threat: T-1, likelihood: low, impact: high, treatment: reduce, owner: CISO, residual: {level: low, accepted: 2026-05-01}}]
controls: [{id: C-1, title: Two sign, task: {every: 1mo, done: [{on: 2026-05-01, by: CISO}]}}]
"#;

/// An earlier bundle.
struct Bundle {
    started: i64,
    things: BTreeMap<(String, String), Value>,
}

impl Before for Bundle {
    fn started(&self) -> i64 {
        self.started
    }

    fn facts(&self, kind: &str, id: &str) -> Option<&Value> {
        self.things.get(&(kind.to_owned(), id.to_owned()))
    }
}

/// The next bundle of a ledger.
fn next(before: Option<&Bundle>, text: &str, started: i64) -> (Bundle, Vec<DeclaredThing>) {
    let loaded = load_one(text);
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let mut things = loaded.things(&[]).unwrap();
    carry_on(&mut things, before.map(|before| before as &dyn Before), started).unwrap();
    let facts = things.iter().map(|thing| ((thing.kind.to_owned(), thing.id.clone()), thing.facts.clone()));
    (Bundle { started, things: facts.collect() }, things)
}

fn seen(bundle: &Bundle, kind: &str, id: &str) -> Value {
    bundle.facts(&format!("declaration/{kind}"), id).unwrap()["seen"].clone()
}

#[test]
fn what_was_seen_first_stays_and_what_changes_shows() {
    let (first, things) = next(None, TEXT, 1_000);
    assert_eq!(
        seen(&first, "risk", "T-1"),
        json!({"ledger_since": 1_000, "dates": {"accepted": 1_000}, "changed": null, "first": 1_000, "threats": null})
    );
    assert_eq!(
        seen(&first, "threat", "T-1"),
        json!({"ledger_since": 1_000, "dates": {}, "changed": null, "first": 1_000, "threats": null})
    );
    for thing in things.iter().filter(|thing| thing.facts.get("seen").is_some()) {
        assert!(!thing.parts["seen"].is_empty(), "{thing:?}");
    }
    assert!(things.iter().any(|thing| thing.kind == "declaration/control" && thing.facts.get("seen").is_none()));

    // Nothing changed: nothing new was seen, however many bundles follow.
    let (second, _) = next(Some(&first), TEXT, 2_000);
    for (kind, id) in
        [("risk", "T-1"), ("threat", "T-1"), ("reviewed-part", "threat-model"), ("task", "C-1"), ("system", "hot")]
    {
        assert_eq!(seen(&second, kind, id), seen(&first, kind, id), "{kind}");
    }

    // Another threat, as its risk sees it; another target, as its reviews see it; another day of a task.
    let text = TEXT
        .replace("Somebody signs alone", "Anybody signs alone")
        .replace("targets: [", "targets: [{id: more, collector: aws-kms, account: \"111122223333\"}, ")
        .replace("done: [", "done: [{on: 2026-06-01, by: CISO}, ");
    let (third, _) = next(Some(&second), &text, 3_000);
    assert_eq!(seen(&third, "threat", "T-1")["changed"], 3_000);
    assert_eq!(
        seen(&third, "risk", "T-1"),
        json!({"ledger_since": 1_000, "dates": {"accepted": 1_000}, "changed": 3_000, "first": 1_000, "threats": null})
    );
    assert_eq!(
        seen(&third, "reviewed-part", "threat-model"),
        json!({"ledger_since": 1_000, "dates": {"last": 1_000}, "changed": 3_000, "first": 1_000, "threats": null})
    );
    assert_eq!(seen(&third, "task", "C-1")["dates"], json!({"last_done": 3_000}));
    let (fourth, _) = next(Some(&third), &text, 4_000);
    assert_eq!(seen(&fourth, "risk", "T-1"), seen(&third, "risk", "T-1"));
    assert_eq!(seen(&fourth, "system", "hot")["changed"], 3_000);

    // Accepted again: the day is new, the change is not.
    let (fifth, _) = next(Some(&fourth), &text.replace("accepted: 2026-05-01", "accepted: 2026-06-02"), 5_000);
    assert_eq!(
        seen(&fifth, "risk", "T-1"),
        json!({"ledger_since": 1_000, "dates": {"accepted": 5_000}, "changed": 3_000, "first": 1_000, "threats": null})
    );
}

/// A bundle of a version that kept nothing of this is where it begins.
#[test]
fn a_bundle_that_says_nothing_is_taken_for_the_first() {
    let (mut old, _) = next(None, TEXT, 1_000);
    for facts in old.things.values_mut() {
        facts.as_object_mut().unwrap().remove("seen");
    }
    old.things
        .get_mut(&("declaration/system".to_owned(), "hot".to_owned()))
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("environment");
    let (new, _) = next(Some(&old), TEXT, 2_000);
    assert_eq!(
        seen(&new, "risk", "T-1"),
        json!({"ledger_since": 1_000, "dates": {"accepted": 1_000}, "changed": null, "first": 1_000, "threats": null})
    );
    assert_eq!(seen(&new, "system", "hot")["changed"], Value::Null);
}

/// Since when the ledger has what a task follows from.
#[test]
fn a_task_knows_since_when_its_threats_are_there() {
    let text = TEXT
        .replace("threats: [", "threats: [{id: T-0, title: Nobody looks}, ")
        .replace("{id: C-1, title: Two sign,", "{id: C-1, title: Two sign, threats: [T-0],");
    let (first, _) = next(None, &text, 1_000);
    let of_task = |bundle: &Bundle| {
        (seen(bundle, "task", "C-1")["threats"].clone(), seen(bundle, "task", "C-1")["first"].clone())
    };
    assert_eq!(of_task(&first), (json!(1_000), json!(1_000)));
    // A threat that is new, and the only one that the control answers now; the control is as old as it was.
    let text = TEXT
        .replace("threats: [", "threats: [{id: T-2, title: Somebody else looks}, ")
        .replace("{id: C-1, title: Two sign,", "{id: C-1, title: Two sign, threats: [T-2],");
    let (second, _) = next(Some(&first), &text, 2_000);
    assert_eq!(of_task(&second), (json!(2_000), json!(1_000)));
    // The oldest of several counts.
    let (third, _) = next(Some(&second), &text.replace("threats: [T-2],", "threats: [T-2, T-1],"), 3_000);
    assert_eq!(of_task(&third), (json!(1_000), json!(1_000)));
    // What was left out and declared again begins anew.
    let (fourth, _) = next(Some(&third), TEXT, 4_000);
    assert_eq!(of_task(&fourth), (Value::Null, json!(1_000)));
    let (fifth, _) = next(Some(&fourth), &text, 5_000);
    assert_eq!(of_task(&fifth), (json!(5_000), json!(1_000)));
    assert_eq!(seen(&fifth, "threat", "T-2")["first"], 5_000);
}
