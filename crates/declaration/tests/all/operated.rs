//! What the ledger saw of the operation of controls and tasks, from one bundle to the next; and the graces that a declaration may state.

#![expect(clippy::indexing_slicing, reason = "a member that is not there fails its test")]

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde_json::{Value, json};
use witnessmark_declaration::{Before, carry_on};

use crate::common::load_one;

fn text(every: &str, task: &str) -> String {
    format!(
        "witnessmark: 1\nentity: Northbank\nsystem: {{id: hot}}\ntargets: [{{id: aws, collector: aws-kms, account: \"111122223333\"}}]\n\
         controls: [{{id: C-1, title: Two sign, {every}task: {{{task}}}}}]\n"
    )
}

fn seconds(day: &str) -> i64 {
    Timestamp::from_rfc3339(&format!("{day}T06:00:00Z")).unwrap().as_millis() / 1000
}

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

impl Bundle {
    fn next(before: Option<&Self>, text: &str, started: i64) -> Self {
        let loaded = load_one(text);
        assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
        let mut things = loaded.things(&[]).unwrap();
        carry_on(&mut things, before.map(|before| before as &dyn Before), started).unwrap();
        for thing in &things {
            let facts: BTreeSet<&String> = thing.facts.as_object().unwrap().keys().collect();
            assert_eq!(facts, thing.parts.keys().collect(), "{}", thing.kind);
        }
        let facts = things.into_iter().map(|thing| ((thing.kind.to_owned(), thing.id), thing.facts));
        Self { started, things: facts.collect() }
    }

    fn part(&self, kind: &str, part: &str) -> &Value {
        &self.facts(&format!("declaration/{kind}"), "C-1").unwrap()[part]
    }

    /// Each due day with what met it, its record, and whether that was late.
    fn days(&self) -> Vec<(String, Value, Value, bool)> {
        let days = self.part("task", "operated")["days"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let row = |day: &Value| {
            (text(&day["due"]["date"]), day["done"]["date"].clone(), day["record"].clone(), day["late"] == json!(true))
        };
        days.iter().map(row).collect()
    }
}

#[test]
fn runs_that_are_further_apart_than_declared_leave_a_gap() {
    let daily = text("observe: {every: 1d}, ", "");
    let hour = 3_600;
    let first = Bundle::next(None, &daily, 0);
    assert_eq!(first.part("control", "observed"), &json!({"since": 0, "gaps": []}));
    // Half a day late at most.
    let second = Bundle::next(Some(&first), &daily, 36 * hour);
    assert_eq!(second.part("control", "observed")["gaps"], json!([]));
    let third = Bundle::next(Some(&second), &daily, 72 * hour + 1);
    let gap = json!({"after": 36 * hour, "until": 72 * hour + 1, "every_seconds": 86_400, "missed": 1});
    assert_eq!(third.part("control", "observed"), &json!({"since": 0, "gaps": [gap]}));
    // It stays, and by the interval that was declared then three more are missing: a longer one now excuses nothing.
    let weekly = text("observe: {every: 1w}, ", "");
    let fourth = Bundle::next(Some(&third), &weekly, (72 + 4 * 24) * hour + 1);
    let missed: Vec<i64> = fourth.part("control", "observed")["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["missed"].as_i64().unwrap())
        .collect();
    assert_eq!(missed, [1, 3]);
    // After ten years it is forgotten.
    let later = Bundle::next(Some(&fourth), &daily, 4000 * 86_400);
    assert_eq!(later.part("control", "observed")["gaps"].as_array().unwrap().len(), 1);
    // A grace of its own.
    let strict = text("observe: {every: 1d, grace: 1h}, ", "");
    let first = Bundle::next(None, &strict, 0);
    assert_eq!(Bundle::next(Some(&first), &strict, 25 * hour).part("control", "observed")["gaps"], json!([]));
    let gaps = Bundle::next(Some(&first), &strict, 25 * hour + 1).part("control", "observed")["gaps"].clone();
    assert_eq!(gaps[0]["missed"], json!(1));
    // Without an interval nothing is due by it.
    assert_eq!(Bundle::next(None, &text("", ""), 0).part("control", "observed"), &Value::Null);
}

#[test]
fn gaps_that_cannot_be_read_are_not_taken_for_none() {
    let daily = text("observe: {every: 1d}, ", "");
    let first = Bundle::next(None, &daily, 0);
    let mut second = Bundle::next(Some(&first), &daily, 86_400);
    assert_eq!(second.part("control", "observed")["since"], json!(0));
    // As another version may have written them.
    let key = ("declaration/control".to_owned(), "C-1".to_owned());
    second.things.get_mut(&key).unwrap()["observed"]["gaps"] = json!("two");
    let third = Bundle::next(Some(&second), &daily, 2 * 86_400);
    assert_eq!(third.part("control", "observed"), &json!({"since": 86_400, "gaps": []}));
}

#[test]
fn due_days_are_counted_from_the_first_and_nothing_moves_them() {
    let first = Bundle::next(
        None,
        &text("", "every: 1mo, grace: 10d, done: [{on: 2026-01-31, by: ada, record: R-1}]"),
        seconds("2026-02-01"),
    );
    assert!(first.days().is_empty());
    let later = text(
        "",
        "every: 1mo, grace: 10d, done: [{on: 2026-01-10, by: ada, record: R-0}, {on: 2026-01-31, by: ada, record: R-1}, \
         {on: 2026-03-05, by: bo, record: R-2}, {on: 2026-03-20, by: bo}, {on: 2026-05-30, by: bo, record: R-5}]",
    );
    let second = Bundle::next(Some(&first), &later, seconds("2026-04-20"));
    let day =
        |due: &str, done: Option<&str>, record: Option<&str>, late| (due.to_owned(), json!(done), json!(record), late);
    // What is still to come shows nothing.
    assert_eq!(
        second.days(),
        [day("2026-02-28", Some("2026-03-05"), Some("R-2"), true), day("2026-03-31", Some("2026-03-20"), None, false),]
    );
    let operated = second.part("task", "operated");
    assert_eq!(operated["from"]["date"], json!("2026-01-31"));
    // The first bundle that has a day: that of before, or this one.
    assert_eq!(operated["seen"]["2026-01-31"], json!(first.started));
    assert_eq!(operated["days"][0]["seen"], json!(second.started));
    let third = Bundle::next(Some(&second), &later, seconds("2026-06-20"));
    assert_eq!(third.part("task", "operated")["days"][0]["seen"], json!(second.started));
    assert_eq!(
        third.days()[2..],
        [day("2026-04-30", None, None, false), day("2026-05-31", Some("2026-05-30"), Some("R-5"), false),]
    );
    // Without a rule there are none; without a day it is counted from the bundle.
    assert_eq!(Bundle::next(None, &text("", ""), 0).part("task", "operated"), &Value::Null);
    let never = Bundle::next(None, &text("", "every: 2w"), seconds("2026-04-20"));
    assert_eq!(never.part("task", "operated")["from"]["date"], json!("2026-04-20"));
}
