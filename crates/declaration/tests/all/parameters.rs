//! Defaults, weaker values, and a plan that is the same however its declaration is written.

use std::collections::BTreeSet;

use diagnose::has_errors;
use serde_json::{Value, json};
use witnessmark_declaration::{Assignment, CheckMeta, CheckSubject, Environment, plan};

use crate::common::{environment, load_files, load_one};

/// The environment with one more check, `aws-kms/own`, that has the one parameter `p`.
fn with_parameter(schema: Value) -> Environment {
    let mut environment = environment();
    environment.checks.checks.insert(
        "aws-kms/own".to_owned(),
        CheckMeta {
            id: "aws-kms/own".to_owned(),
            title: "Own".to_owned(),
            collector: "aws-kms".to_owned(),
            subject: CheckSubject::Resource("aws-kms/key".to_owned()),
            parts: BTreeSet::new(),
            declares: Vec::new(),
            parameters: [("p".to_owned(), schema)].into_iter().collect(),
        },
    );
    environment
}

fn assigned(environment: &Environment, with: &str) -> Assignment {
    let loaded = load_one(&format!(
        "witnessmark: 1\nentity: N\nsystem: {{id: s}}\ntargets: [{{id: t, collector: aws-kms, account: \"111122223333\"}}]\ncontrols: [{{id: C, title: t, checks: [{{use: aws-kms/own, with: {with}}}]}}]\n"
    ));
    let plan = plan(&loaded, environment).unwrap_or_else(|found| panic!("{}", loaded.render(&found, false)));
    plan.assignments.into_iter().next().unwrap_or_else(|| panic!("no assignment"))
}

#[test]
fn weaker_is_what_demands_less_than_the_default() {
    for (schema, with, weaker) in [
        (json!({"default": 90, "x-stricter": "lower"}), "{p: 91}", true),
        (json!({"default": 90, "x-stricter": "lower"}), "{p: 90}", false),
        (json!({"default": 90, "x-stricter": "lower"}), "{p: 1}", false),
        (json!({"default": 14, "x-stricter": "higher"}), "{p: 8}", true),
        (json!({"default": 14, "x-stricter": "higher"}), "{p: 20}", false),
        (json!({"default": ["a", "b"], "x-stricter": "fewer"}), "{p: [b]}", false),
        (json!({"default": ["a", "b"], "x-stricter": "fewer"}), "{p: [b, a]}", false),
        (json!({"default": ["a", "b"], "x-stricter": "fewer"}), "{p: [a, c]}", true),
        // Nobody is exempted by default: whoever is makes it weaker.
        (json!({"default": [], "x-stricter": "fewer"}), "{p: [a]}", true),
        (json!({"default": {}, "x-stricter": "fewer"}), "{p: {a: [b]}}", true),
        // A check cannot know an organisation's owners: whoever is named was declared.
        (json!({"default": [], "x-stricter": "fewer", "x-names": true}), "{p: [a]}", false),
        (json!({"default": {}, "x-stricter": "fewer", "x-names": true}), "{p: {a: [b]}}", false),
        (json!({"default": ["a"], "x-stricter": "more"}), "{p: []}", true),
        (json!({"default": ["a"], "x-stricter": "more"}), "{p: [a, b]}", false),
        (json!({"default": true, "x-stricter": true}), "{p: false}", true),
        (json!({"default": false, "x-stricter": true}), "{p: true}", false),
        // A direction nobody knows: every other value is suspect.
        (json!({"default": 1, "x-stricter": "sideways"}), "{p: 2}", true),
        // No direction: no value is weaker than another.
        (json!({"default": 1}), "{p: 2}", false),
    ] {
        let found = assigned(&with_parameter(schema.clone()), with);
        assert_eq!(found.weaker == ["p"], weaker, "{schema} {with}");
    }
}

/// Of a list that may only grow it is what is missing that makes it weaker, and not what was added.
#[test]
fn what_makes_a_list_weaker_is_named() {
    for (stricter, what) in
        [("fewer", "not in the default [\"a\",\"b\"]: \"c\""), ("more", "missing of the default [\"a\",\"b\"]: \"b\"")]
    {
        let environment = with_parameter(json!({"default": ["a", "b"], "x-stricter": stricter}));
        let loaded = load_one(
            "witnessmark: 1\nentity: N\nsystem: {id: s}\ntargets: [{id: t, collector: aws-kms, account: \"111122223333\"}]\ncontrols: [{id: C, title: t, checks: [{use: aws-kms/own, with: {p: [a, c]}}]}]\n",
        );
        let found = witnessmark_declaration::check(&loaded, &environment);
        let helps: Vec<&str> = found.iter().filter_map(|one| one.help.as_deref()).collect();
        assert!(helps.iter().any(|help| help.starts_with(&format!("{what};"))), "{stricter}: {helps:?}");
    }
}

#[test]
fn a_value_that_is_refused_is_shown_with_what_to_write() {
    let schema = json!({"default": [], "items": {"type": "string", "pattern": "^[a-z]+$"}, "x-form": "write it in small letters"});
    let loaded = load_one(
        "witnessmark: 1\nentity: N\nsystem: {id: s}\ntargets: [{id: t, collector: aws-kms, account: \"111122223333\"}]\ncontrols: [{id: C, title: t, checks: [{use: aws-kms/own, with: {p: [ab, A B]}}]}]\n",
    );
    let Err(found) = plan(&loaded, &with_parameter(schema)) else { panic!("a plan came of it") };
    let said = loaded.render(&found, false);
    assert!(said.contains("write it in small letters") && said.contains("`A B`"), "{said}");
}

#[test]
fn defaults_stand_beside_what_is_used() {
    let environment = with_parameter(json!({"default": {"b": 1, "a": [2]}}));
    let found = assigned(&environment, "{}");
    assert_eq!(found.parameters, found.defaults);
    assert_eq!(serde_json::to_string(&found.parameters).unwrap_or_default(), r#"{"p":{"a":[2],"b":1}}"#);
    let found = assigned(&environment, "{p: {z: 1, y: 2}}");
    assert_eq!(serde_json::to_string(&found.parameters).unwrap_or_default(), r#"{"p":{"y":2,"z":1}}"#);
}

#[test]
fn one_plan_whatever_the_spelling() {
    let one = load_one(
        "witnessmark: 1\nentity: N\nsystem: {id: s, level: 2}\ntargets: [{id: t, collector: [aws-kms], regions: [a], account: \"111122223333\"}]\ncontrols:\n- {id: C, title: t, observe: {every: 1d}, checks: [{use: aws-kms/key-rotates}]}\n",
    );
    let two = load_files(&[
        (
            "witnessmark.yaml",
            "# the same\nsystem:\n  level: 2\n  id: s\ninclude: [c.yaml]\nentity: 'N'\nwitnessmark: 1\ntargets:\n  - collector: aws-kms\n    account: '111122223333'\n    regions:\n      - a\n    id: t\n",
        ),
        (
            "c.yaml",
            "controls: [{title: t, id: C, checks: [{on: [t], with: {max_days: 365}, use: aws-kms/key-rotates}], observe: {every: 24h}}]\n",
        ),
    ]);
    let environment = environment();
    let (a, b) = (plan(&one, &environment), plan(&two, &environment));
    let (Ok(a), Ok(b)) = (a, b) else { panic!("both are good") };
    assert_eq!(a.digest(), b.digest());
    // Also against the past: a change of this value changes every bundle's plan digest.
    insta::assert_snapshot!(a.digest(), @"2d97bad7825c042a566392b3319f796d7250e70b618a2cc25e61b284dcff96f0");
}

#[test]
fn the_shortest_observation_is_the_cadence_unless_the_ledger_says() {
    let head = "witnessmark: 1\nentity: N\nsystem: {id: s}\ncontrols: [{id: A, title: a, observe: {every: 1w}}, {id: B, title: b, observe: {every: 12h}}, {id: C, title: c}]\n";
    let every = |text: &str| {
        let loaded = load_one(text);
        plan(&loaded, &environment()).unwrap_or_else(|found| panic!("{}", loaded.render(&found, false))).every_seconds
    };
    assert_eq!(every(head), Some(43_200));
    assert_eq!(every(&format!("{head}ledger: {{origin: n.example/s, every: 1d}}\n")), Some(86_400));
    assert_eq!(every("witnessmark: 1\nentity: N\nsystem: {id: s}\n"), None);
}

#[test]
fn a_faulty_declaration_gives_no_plan() {
    let loaded = load_one("witnessmark: 1\nentity: N\nsystem: {id: s}\ncontrols: [{id: C}]\n");
    let Err(found) = plan(&loaded, &environment()) else { panic!("a plan came of it") };
    assert!(has_errors(&found));
}
