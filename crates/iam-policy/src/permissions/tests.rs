//! What somebody comes to by taking away what holds them back, held against all orders in which they could.

#[path = "../../tests/worlds/dice.rs"]
mod dice;
#[path = "../../tests/worlds/held.rs"]
mod held;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use self::dice::Dice;
use self::held::{SIGNED, Somebody, arn, more, somebody};
use super::holder::Bar;
use super::{Digest, Held, Holder, Loose, To};
use crate::document::PolicyDocument;

fn digest(statements: &[Value]) -> Arc<Digest> {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Arc::new(Digest::whole(&PolicyDocument::parse(&text).unwrap()))
}

fn held_of(one: &held::One) -> Held {
    let digest = one.statements.as_deref().map(digest);
    Held { name: one.name.clone(), group: one.group.map(str::to_owned), digest }
}

fn holder(of: &Somebody) -> Holder {
    let boundary =
        |statements: &Vec<Value>| Held { name: "edge".to_owned(), group: None, digest: Some(digest(statements)) };
    let mut holder = Holder {
        arn: arn(of.kind, "jane"),
        name: "jane".to_owned(),
        policies: of.policies.iter().map(held_of).collect(),
        boundary: of.boundary.as_ref().map(boundary),
        ..Holder::default()
    };
    let is_managed: Vec<bool> = holder.policies.iter().map(Held::is_managed).collect();
    let groups = BTreeMap::from(["one", "two"].map(|name| (name, arn("group", name))));
    holder.loose = Loose::of(&holder, &is_managed, |name| groups.get(name).map(String::as_str));
    holder
}

/// Everything that they can do to what holds them back: the action, on what, and what is gone then.
fn moves(holder: &Holder) -> Vec<(&'static str, String, BTreeSet<Bar>)> {
    let mut all = Vec::new();
    let own = holder.arn.clone();
    let (inline, attached, boundary) = if holder.is_user() {
        (
            "iam:DeleteUserPolicy",
            "iam:DetachUserPolicy",
            ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"],
        )
    } else {
        (
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        )
    };
    for action in boundary {
        all.push((action, own.clone(), BTreeSet::from([Bar::Boundary])));
    }
    for (n, held) in holder.policies.iter().enumerate() {
        let one = BTreeSet::from([Bar::Policy(n)]);
        let Some(group) = &held.group else {
            all.push((if held.is_managed() { attached } else { inline }, own.clone(), one));
            continue;
        };
        let on = arn("group", group);
        let action = if held.is_managed() { "iam:DetachGroupPolicy" } else { "iam:DeleteGroupPolicy" };
        all.push((action, on.clone(), one));
        let of_it = holder.policies.iter().enumerate().filter(|(_, one)| one.group.as_ref() == Some(group));
        all.push(("iam:RemoveUserFromGroup", on, of_it.map(|(n, _)| Bar::Policy(n)).collect()));
    }
    all
}

/// All that they can have taken away, and whether they surely can.
fn states(holder: &Holder) -> BTreeMap<BTreeSet<Bar>, bool> {
    let mut known: BTreeMap<BTreeSet<Bar>, bool> = BTreeMap::from([(BTreeSet::new(), true)]);
    let mut open: Vec<(BTreeSet<Bar>, bool)> = vec![(BTreeSet::new(), true)];
    let moves = moves(holder);
    while let Some((gone, sure)) = open.pop() {
        let list: Vec<Bar> = gone.iter().copied().collect();
        for (action, on, takes) in &moves {
            let Some(gift) = holder.strongest(&list, action, To::One(on)) else { continue };
            let then: BTreeSet<Bar> = gone.union(takes).copied().collect();
            let sure = sure && gift.unclear.is_empty();
            if known.get(&then).is_none_or(|known| sure && !known) {
                known.insert(then.clone(), sure);
                open.push((then, sure));
            }
        }
    }
    known
}

/// The best answer of all states: `y`, `?` or `n`.
fn best(states: &BTreeMap<BTreeSet<Bar>, bool>, answer: impl Fn(&[Bar]) -> Option<bool>) -> char {
    let answers = states.iter().filter_map(|(gone, sure)| {
        let gone: Vec<Bar> = gone.iter().copied().collect();
        answer(&gone).map(|surely| surely && *sure)
    });
    letter(answers.max())
}

fn letter(surely: Option<bool>) -> char {
    match surely {
        Some(true) => 'y',
        Some(false) => '?',
        None => 'n',
    }
}

// Nobody may be missing, and nobody named who cannot come to it in any order.
#[test]
fn what_can_be_taken_away_in_some_order_is_found() {
    let mut dice = Dice(0x1005E);
    let all_users = ["arn:aws:iam::111122223333:user/*".to_owned()];
    let jane = arn("user", "jane");
    let mut counts: BTreeMap<(bool, char), usize> = BTreeMap::new();
    let mut longest = 0;
    for _ in 0..3_000 {
        let mut made = somebody(&mut dice);
        if let Some(statements) = made.policies.first_mut().and_then(|one| one.statements.as_mut()) {
            statements.push(more(&mut dice, made.kind));
        }
        let holder = holder(&made);
        let states = states(&holder);
        for (action, to) in [
            ("kms:Sign", To::One(SIGNED)),
            ("iam:PutUserPolicy", To::Some(&all_users)),
            ("iam:PutUserPolicy", To::One(&jane)),
        ] {
            let sure = |gift: super::Gift<'_>| gift.unclear.is_empty();
            let expected = best(&states, |gone| holder.strongest(gone, action, to).map(sure));
            let found = holder.given(action, to);
            longest = longest
                .max(found.iter().flat_map(|gift| &gift.besides).filter(|one| one.contains("take away")).count());
            let now = letter(holder.strongest(&[], action, to).map(sure));
            *counts.entry((now != expected, expected)).or_default() += 1;
            assert_eq!(letter(found.clone().map(sure)), expected, "{action} {to:?} {found:?}\n{made:#?}");
        }
        for within in [false, true] {
            let sure = |denied: super::weigh::Denied| denied.1.is_empty();
            let to = To::One(SIGNED);
            let expected = best(&states, |gone| holder.denied_now(gone, "kms:Sign", to, within).map(sure));
            let found = holder.denied("kms:Sign", to, within);
            assert_eq!(letter(found.clone().map(sure)), expected, "{within} {found:?}\n{made:#?}");
        }
    }
    println!("{counts:?}, at most {longest} ways one after the other");
    assert!(counts.get(&(true, 'y')).is_some_and(|count| *count > 100), "too little is loosened: {counts:?}");
    assert!(counts.get(&(true, '?')).is_some_and(|count| *count > 10), "too little is unclear: {counts:?}");
    assert!(longest > 2, "{longest}");
}

/// Jane, who may sign but for what so many groups of hers deny, each of whose policies she may take away by itself or leave with the group.
fn in_groups(count: usize, own: &[Held]) -> char {
    let names: Vec<String> = (0..count).map(|n| format!("g-{n}")).collect();
    let arns: BTreeMap<&str, String> = names.iter().map(|name| (name.as_str(), arn("group", name))).collect();
    let allow = json!({"Effect": "Allow", "Action": ["kms:Sign", "iam:DeleteGroupPolicy", "iam:RemoveUserFromGroup"], "Resource": "*"});
    let deny = digest(&[json!({"Effect": "Deny", "Action": "kms:Sign", "Resource": "*"})]);
    let of_group =
        |name: &String| Held { name: "held".to_owned(), group: Some(name.clone()), digest: Some(Arc::clone(&deny)) };
    let mine = Held { name: "mine".to_owned(), group: None, digest: Some(digest(&[allow])) };
    let policies: Vec<Held> = own.iter().cloned().chain([mine]).chain(names.iter().map(of_group)).collect();
    let is_managed: Vec<bool> = policies.iter().map(Held::is_managed).collect();
    let mut jane = Holder { arn: arn("user", "jane"), name: "jane".to_owned(), policies, ..Holder::default() };
    jane.loose = Loose::of(&jane, &is_managed, |name| arns.get(name).map(String::as_str));
    letter(jane.given("kms:Sign", To::One(SIGNED)).map(|gift| gift.unclear.is_empty()))
}

#[test]
fn what_there_are_too_many_ways_to_try_is_not_known() {
    let own = |name: &str, allows: &str| Held {
        name: name.to_owned(),
        group: None,
        digest: Some(digest(&[
            json!({"Effect": "Allow", "Action": allows, "Resource": "*"}),
            json!({"Effect": "Deny", "Action": "kms:Sign", "Resource": "*"}),
        ])),
    };
    // Each of these two is taken away by what the other one allows: once one is gone, the other one stays.
    let one_another = [own("inline", "iam:DetachUserPolicy"), own(&arn("policy", "attached"), "iam:DeleteUserPolicy")];
    assert_eq!((in_groups(2, &one_another), in_groups(2, &one_another[..1]), in_groups(2, &[])), ('n', 'n', 'y'));
    // It takes 2^20 attempts to find that out: nobody may be left out, and nobody named for sure.
    assert_eq!((in_groups(20, &one_another), in_groups(20, &one_another[..1]), in_groups(20, &[])), ('?', 'n', 'y'));
}
