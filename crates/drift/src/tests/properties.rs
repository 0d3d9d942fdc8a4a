//! Of any two worlds: the same has no differences, the other way round is the mirror, and what is found leads from one to the other.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::applied;
use super::world::{All, KIND, World, drift};
use crate::found::{FindingWhat, Judgement, What, Which};
use crate::lists::Lists;
use crate::tree::{FieldWhat, Tree, differences};

/// JSON with lists and objects in each other, small enough that two of them have much in common.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0u64..4).prop_map(Value::from),
        prop_oneof![Just("a"), Just("b/~"), Just("")].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(prop_oneof![Just("x"), Just("y/~")], inner, 0..3).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Value>()),
        ]
    })
}

fn facts() -> impl Strategy<Value = Value> {
    (proptest::option::of(0u64..9), proptest::option::of(value()), value()).prop_map(|(n, policy, tags)| {
        let mut facts = json!({"tags": tags});
        if let Some(n) = n {
            facts["n"] = n.into();
        }
        if let Some(policy) = policy {
            facts["policy"] = policy;
        }
        facts
    })
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![Just("k1"), Just("k2"), Just("k3"), Just("k4"), Just("k5")].prop_map(str::to_owned)
}

prop_compose! {
    fn world()(
        (day, program) in (1u32..5, 1u8..3),
        file in prop_oneof![Just("system: hot"), Just("system: cold")],
        max in 2u64..5,
        check in 1u8..3,
        asks_time in any::<bool>(),
        controls in prop_oneof![3 => Just(vec!["C"]), 1 => Just(vec!["C", "D"]), 1 => Just(Vec::new())],
        keys in btree_map(id(), facts(), 0..6),
        gaps in btree_set((proptest::option::of(id()), proptest::option::of(prop_oneof![Just("policy"), Just("n")])), 0..2),
        listed in prop_oneof![4 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)],
        withheld in btree_set(id(), 0..2),
        accepted in btree_set(id(), 0..2),
        (identity, rehearsal) in (
            prop_oneof![5 => Just("111122223333"), 1 => Just("999988887777")],
            prop_oneof![5 => Just(false), 1 => Just(true)],
        ),
    ) -> World {
        let mut world =
            World { day, program, file, max, check, asks_time, controls, keys, listed, accepted, identity, rehearsal, ..World::default() };
        world.withheld = withheld.into_iter().filter(|id| world.keys.contains_key(id)).collect();
        gaps.into_iter().fold(world, |world, (id, part)| world.unread(id.as_deref(), part))
    }
}

/// Lists in another order.
fn turned(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().rev().map(turned).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), turned(value))).collect(),
        other => other.clone(),
    }
}

fn tree(value: &Value) -> Tree {
    Tree::parse(&value.to_string(), Lists::of(KIND)).unwrap()
}

/// What a comparison says, in a form that does not depend on which bundle is the earlier one.
fn told(all: &All, mirrored: bool) -> String {
    use std::fmt::Write as _;
    let which = |which: Which| if mirrored == (which == Which::Before) { "after" } else { "before" };
    let pair =
        |one: String, other: String| if mirrored { format!("{other} > {one}") } else { format!("{one} > {other}") };
    let mut text = String::new();
    for one in &all.basis {
        let turned = pair(format!("{:?}", one.from), format!("{:?}", one.to));
        writeln!(text, "{:?} {} {:?} {turned}", one.aspect, one.name, one.causes).unwrap();
    }
    for one in &all.coverage {
        let turned = pair(format!("{:?}", one.before), format!("{:?}", one.after));
        writeln!(text, "{} {:?} {turned}", one.population, one.causes).unwrap();
    }
    for one in &all.gaps {
        let turned = pair(format!("{:?}", one.before), format!("{:?}", one.after));
        writeln!(text, "{:?} {:?} {:?} {turned}", one.subject, one.part, one.causes).unwrap();
    }
    for one in &all.objects {
        let only = one.only.map(which);
        let incomparable = one.what == What::Incomparable;
        let because = one.unclear.as_ref().map(|unclear| (unclear.because, unclear.gap, unclear.part.clone()));
        let mut fields: Vec<String> = one
            .fields
            .iter()
            .map(|field| {
                let turned = pair(format!("{:?}", field.field.from), format!("{:?}", field.field.to));
                format!("{} {turned} {}", field.field.path, field.unclear.is_some())
            })
            .collect();
        fields.sort();
        writeln!(text, "{} {only:?} {incomparable} {because:?} {:?} {fields:?}", one.id, one.causes).unwrap();
    }
    for one in &all.findings {
        let turned = pair(format!("{:?}", one.before), format!("{:?}", one.after));
        let incomparable = one.what == FindingWhat::Incomparable;
        writeln!(text, "{} {:?} {incomparable} {:?} {turned}", one.control, one.subject, one.causes).unwrap();
    }
    let mut controls: Vec<String> = all
        .controls
        .iter()
        .map(|one| {
            let turned = pair(format!("{:?}", one.before), format!("{:?}", one.after));
            format!("{} {:?} {turned}", one.id, one.causes)
        })
        .collect();
    controls.sort();
    text + &controls.join("\n")
}

fn judgements(world: &World) -> BTreeMap<(String, String), Judgement> {
    let mut all = All::default();
    let mut nothing = World { controls: Vec::new(), keys: BTreeMap::new(), ..World::default() };
    nothing.listed = world.listed;
    crate::compare(&mut nothing.items().into_iter(), &mut world.items().into_iter(), &mut all);
    all.findings.into_iter().map(|one| ((one.control, one.subject.unwrap().id), one.after.unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_same_has_no_differences(world in world()) {
        prop_assert!(drift(&world, &world).is_empty());
        // Nor if every set comes in another order.
        let mut other = world.clone();
        other.keys.values_mut().for_each(|facts| *facts = turned(facts));
        let all = drift(&world, &other);
        prop_assert!(all.is_empty(), "{all:#?}");
    }

    #[test]
    fn the_other_way_round_is_the_mirror(before in world(), after in world()) {
        let (one, other) = (drift(&before, &after), drift(&after, &before));
        prop_assert_eq!(told(&one, false), told(&other, true));
        for (one, other) in one.objects.iter().zip(&other.objects) {
            let mirrored = match other.what {
                What::Added => What::Removed,
                What::Removed => What::Added,
                what => what,
            };
            prop_assert_eq!(one.what, mirrored);
        }
    }

    #[test]
    fn applied_to_one_it_gives_the_other(before in world(), after in world()) {
        let all = drift(&before, &after);
        let mut objects: BTreeMap<&String, Tree> = before.shown().map(|(id, facts)| (id, tree(facts))).collect();
        for one in &all.objects {
            if let Some(tree) = applied::object(objects.remove(&one.id), one) {
                objects.insert(&one.id, tree);
            }
        }
        let expected: BTreeMap<&String, Tree> = after.shown().map(|(id, facts)| (id, tree(facts))).collect();
        prop_assert_eq!(objects, expected);

        let mut findings = judgements(&before);
        for one in &all.findings {
            let of = (one.control.clone(), one.subject.clone().unwrap().id);
            prop_assert_eq!(findings.remove(&of).map(|one| one.outcome), one.before.as_ref().map(|one| one.outcome));
            if let Some(after) = &one.after {
                findings.insert(of, after.clone());
            }
        }
        let same = |of: BTreeMap<(String, String), Judgement>| -> Vec<_> {
            of.into_iter().map(|(of, one)| (of, one.outcome, one.accepted, one.severity, one.reason)).collect()
        };
        prop_assert_eq!(same(findings), same(judgements(&after)));
    }

    /// Said once more by the worlds themselves: what is called removed would be there if it existed.
    #[test]
    fn removed_is_only_what_would_be_seen(before in world(), after in world()) {
        for one in drift(&before, &after).objects {
            let lacks = match one.what {
                What::Removed => &after,
                What::Added => &before,
                _ => continue,
            };
            prop_assert_eq!(lacks.listed, Some(true));
            prop_assert_eq!(before.identity, after.identity);
            prop_assert_eq!(before.rehearsal, after.rehearsal);
            prop_assert!(!lacks.withheld.contains(&one.id));
            let hides = |(id, part): &(Option<String>, Option<String>)| {
                part.is_none() && id.as_ref().is_none_or(|id| *id == one.id)
            };
            prop_assert!(!lacks.gaps.iter().any(hides));
        }
    }

    #[test]
    fn fields_are_the_whole_difference(from in facts(), to in facts()) {
        let lists = Lists::of(KIND);
        let (from, to) = (tree(&from), tree(&to));
        let fields = differences(&from, &to, lists);
        prop_assert_eq!(fields.is_empty(), from == to);
        let back = differences(&to, &from, lists);
        prop_assert_eq!(fields.len(), back.len());
        for field in &fields {
            let mirrored = match field.what {
                FieldWhat::Added => FieldWhat::Removed,
                FieldWhat::Removed => FieldWhat::Added,
                FieldWhat::ElementAdded => FieldWhat::ElementRemoved,
                FieldWhat::ElementRemoved => FieldWhat::ElementAdded,
                FieldWhat::Changed => FieldWhat::Changed,
            };
            let found = back.iter().any(|other| {
                other.path == field.path && other.what == mirrored && other.from == field.to && other.to == field.from
            });
            prop_assert!(found, "{:?} has no mirror", field);
        }
    }
}

#[test]
fn numbers_are_told_apart_however_large() {
    let plain = |text: &str| Tree::plain(text).unwrap();
    assert_ne!(plain("12345678901234567890123"), plain("12345678901234567890124"));
    assert_eq!(plain("12345678901234567890123").to_string(), "12345678901234567890123");
    assert_eq!(plain(r#"{"b":1,"a":"\u0041"}"#), plain(r#"{"a":"A","b":1}"#));
}

#[test]
fn a_list_with_an_order_is_no_set() {
    let lists = Lists::of("declaration/wallet");
    let parse = |text: &str| Tree::parse(text, lists).unwrap();
    let (one, other) = (
        parse(r#"{"workflow":[{"what":"ask","by":["a","b"]},{"what":"sign","by":["c"]}],"keys":["k","l"]}"#),
        parse(r#"{"workflow":[{"what":"sign","by":["c"]},{"what":"ask","by":["b","a"]}],"keys":["l","k"]}"#),
    );
    let paths: Vec<String> = differences(&one, &other, lists).into_iter().map(|field| field.path).collect();
    assert_eq!(paths, ["/workflow"]);
}
