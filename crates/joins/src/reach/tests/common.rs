//! Who reaches many keys in one way is listed once: nothing that was said of a key is lost by that.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ADMINISTRATORS, Found, INVENTORY, OWN, REACH, WALLET, arn, declared, entity, entry, key, key_arn, of, to};
use crate::reach::{COMMON, CommonFacts, ReachFacts, Reacher, saying};
use crate::reaching::IDENTITY;
use crate::{Input, Joined};

type All = BTreeMap<(String, String), Joined>;

fn facts<T: serde::de::DeserializeOwned>(joined: &Joined) -> T {
    serde_json::from_value(serde_json::to_value(&joined.facts).unwrap()).unwrap()
}

/// The list that a key refers to.
fn common_of(all: &All, facts: &ReachFacts) -> Option<CommonFacts> {
    let refers = facts.refers_to()?;
    Some(self::facts(of(all, COMMON, &refers.of)))
}

/// A user, or a role, by what it may and how it may.
fn principal(found: Found, n: usize, may: u8) -> Found {
    let allow = |action: &str, on: Value| json!({"Effect": "Allow", "Action": action, "Resource": on});
    let with_mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let statement = match may {
        0..=3 => allow("kms:Sign", json!("*")),
        4 => {
            json!({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Sign"], "Resource": "*", "Condition": with_mfa})
        }
        5 => allow("kms:Sign", json!([key_arn("k0"), key_arn("k1")])),
        6 => allow("kms:*", json!("*")),
        7 => json!({"Effect": "Allow", "Action": ["kms:Sign", "kms:ScheduleKeyDeletion"], "Resource": "*"}),
        8 => allow("sts:AssumeRole", json!(arn("role", "r0"))),
        9 => allow("*", json!("*")),
        10 => {
            json!({"Effect": "Allow", "Action": "kms:Sign", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/x": "y"}}})
        }
        _ => allow("s3:GetObject", json!("*")),
    };
    let trust = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": OWN}}]);
    match n % 3 {
        0 => found.aws("aws-iam/role", entity("role", &format!("r{n}"), &json!([statement]), Some(trust))),
        _ => found.aws("aws-iam/user", entity("user", &format!("u{n}"), &json!([statement]), None)),
    }
}

/// A key, by its policy and what is at it alone.
fn one_key(found: Found, n: usize, alone: u8) -> Found {
    let root = || to(json!({"AWS": format!("arn:aws:iam::{OWN}:root")}), "kms:*");
    let deny = |name: &str| json!({"Effect": "Deny", "Principal": {"AWS": arn("user", name)}, "Action": "kms:*", "Resource": "*"});
    let id = if alone == 6 { format!("mrk-{n}") } else { format!("k{n}") };
    let there = key_arn(&id).replace("eu-west-1", "us-east-1");
    let statements = match alone {
        1 => json!([root(), deny("u1"), deny("u4")]),
        2 => json!([to(json!({"AWS": [arn("user", "u1"), arn("role", "r3")]}), "kms:Sign"), root()]),
        8 => json!([root(), to(json!({"AWS": arn("user", "u1")}), "kms:PutKeyPolicy")]),
        3 => json!([root(), to(json!({"AWS": "arn:aws:iam::999988887777:role/theirs"}), "kms:Decrypt")]),
        _ => json!([root()]),
    };
    let (arn_of, mut facts) = key(&id, &statements);
    match alone {
        4 => facts["grants"] = json!([{"id": "g", "grantee": arn("role", "r0"), "operations": ["Sign"]}]),
        5 => facts["manager"] = json!("AWS"),
        6 => {
            facts["multi_region"] = json!({"kind": "PRIMARY", "primary": {"arn": arn_of, "region": "eu-west-1"}, "replicas": [{"arn": there, "region": "us-east-1"}]});
        }
        _ => {}
    }
    let found = found.aws("aws-kms/key", (arn_of.clone(), facts.clone()));
    match alone {
        6 => found.aws("aws-kms/key", (there, facts)),
        7 => found.without("aws-kms/key", &arn_of, "policy"),
        _ => found,
    }
}

fn ways(joined: &Joined) -> (BTreeSet<String>, BTreeMap<&'static str, Value>) {
    let ways = joined.facts["ways"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let others = joined.facts.iter().filter(|(part, _)| **part != "ways");
    (ways, others.map(|(part, fact)| (*part, (**fact).clone())).collect())
}

/// What checks of single keys ask: who of these is no holder, has no second factor, both administers and uses.
fn asked(entries: &[Reacher], holders: &[String]) -> [BTreeSet<(String, String)>; 2] {
    let name = |one: &&Reacher| (one.entry.who.name.clone(), format!("{:?}", one.entry.does));
    let kind = |one: &Reacher| serde_json::to_value(one.entry.who.kind).unwrap();
    let no_holder = |one: &&Reacher| kind(one) != "group" && !one.holders.iter().any(|of| holders.contains(of));
    let without = |one: &&Reacher| kind(one) == "user" && !one.asks_for_mfa;
    [
        entries.iter().filter(no_holder).map(|one| name(&one)).collect(),
        entries.iter().filter(without).map(|one| name(&one)).collect(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_key_says_the_same_whether_or_not_it_refers(
        people in prop::collection::vec(0_u8..12, 1..14),
        alone in prop::collection::vec(0_u8..14, 2..9),
        named in any::<bool>(),
    ) {
        let mut found = Found::default();
        for (n, may) in people.iter().enumerate() {
            found = principal(found, n, *may);
        }
        for (n, alone) in alone.iter().enumerate() {
            found = one_key(found, n, *alone);
        }
        let names = format!("controls: [{{id: C, title: Reach, checks: [{{use: keys/reach-is-declared, with: {{declared: [{{name: '{}'}}]}}}}]}}]", arn("user", "u2"));
        let inventory = INVENTORY.replace("alias/a", "alias/k0").replace("key: b}", "key: k1}").replace("user/bob", "user/u1");
        let loaded = declared(&if named { format!("{inventory}{names}") } else { inventory });
        let apart = found.told(&loaded, |world, sink| saying(world, usize::MAX, sink));
        let once = found.told(&loaded, |world, sink| saying(world, 2, sink));
        prop_assert!(!apart.keys().any(|(kind, _)| kind == COMMON));
        let of_common = |all: &&(String, String)| all.0 != COMMON;
        prop_assert_eq!(once.keys().filter(of_common).collect::<Vec<_>>(), apart.keys().collect::<Vec<_>>());
        for ((kind, id), one) in &apart {
            let other = &once[&(kind.clone(), id.clone())];
            prop_assert_eq!(&one.gaps, &other.gaps);
            match kind.as_str() {
                IDENTITY => prop_assert_eq!(ways(one), ways(other)),
                REACH => {
                    let (one, mut told): (ReachFacts, ReachFacts) = (facts(one), facts(other));
                    let list = common_of(&once, &told);
                    let everybody = told.everybody(id, list.as_ref());
                    prop_assert_eq!(one.entries.as_ref(), Some(&everybody));
                    let holders: Vec<String> = one.declared.iter().flatten().flat_map(|key| key.holders.clone()).collect();
                    let own = told.entries.clone().unwrap();
                    let sum = asked(&everybody, &holders).map(|all| all.len());
                    let of_own = asked(&own, &holders).map(|all| all.len());
                    let of_common = told.refers_to().map(|refers| [refers.not_holders.count, refers.users_without_mfa.count]);
                    prop_assert_eq!(sum, [0, 1].map(|n| of_own[n] + of_common.map_or(0, |of| of[n])));
                    if let Some(refers) = told.refers_to() {
                        let input = Input::Object { target: "joined".to_owned(), kind: COMMON.to_owned(), id: refers.of.clone() };
                        prop_assert!(other.inputs.contains(&input));
                        prop_assert!(list.unwrap().keys.unwrap().contains(id));
                        for among in [&refers.not_holders, &refers.users_without_mfa, &refers.do_everything] {
                            prop_assert_eq!(among.first.len(), among.count.min(5));
                            prop_assert!(among.first.iter().all(|one| everybody.contains(one) && !own.contains(one)));
                            prop_assert!(among.first.is_sorted_by_key(|one| std::cmp::Reverse(one.entry.may)));
                        }
                    }
                    told.entries.clone_from(&one.entries);
                    told.common = one.common.clone();
                    prop_assert_eq!(format!("{one:?}"), format!("{told:?}"));
                }
                _ => prop_assert_eq!(&one.facts, &other.facts),
            }
        }
    }
}

/// Thirty users, six keys, of which one denies something to two of them, and two name one: the first of them before everybody else.
fn many() -> Found {
    let sign = json!([{"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}]);
    let mut found = Found::default();
    for n in 0..30 {
        found = found.aws("aws-iam/user", entity("user", &format!("u{n}"), &sign, None));
    }
    [0, 1, 2, 8, 0, 0].into_iter().enumerate().fold(found, |found, (n, alone)| one_key(found, n, alone))
}

#[test]
fn who_reaches_many_keys_in_one_way_is_listed_once() {
    let inventory =
        INVENTORY.replace("alias/a", "alias/k0").replace("key: b}", "key: k1}").replace("user/ada", "user/u1");
    let all = many().joined(&declared(&inventory));
    let list = of(&all, COMMON, OWN);
    assert_eq!(list.facts["entries"].as_array().unwrap().len(), 30);
    assert_eq!(list.facts["keys"], json!(["k0", "k1", "k3", "k4", "k5"].map(key_arn)));
    let first = entry(list, &arn("user", "u0")).unwrap();
    assert_eq!(first["by"][0], json!({"kind": "aws-kms/key", "id": "*", "part": "policy", "statement": 0}));
    let k0 = of(&all, REACH, &key_arn("k0"));
    let refers = &k0.facts["common"];
    // The one holder is not among those who are none.
    assert_eq!(
        (&refers["of"], &refers["people"], &refers["not_holders"]["count"]),
        (&json!(OWN), &json!(30), &json!(29))
    );
    assert_eq!((&refers["except"], &refers["users_without_mfa"]["count"]), (&json!([]), &json!(30)));
    let named = refers["not_holders"]["first"].as_array().unwrap();
    assert_eq!((named.len(), &named[0]["by"][0]["id"]), (5, &json!(key_arn("k0"))));
    assert!(entry(k0, &arn("user", "u1")).is_none() && entry(k0, OWN).is_some());
    // Whom a key denies it is excepted there, and whom it names is too.
    let users = |names: &[&str]| {
        json!(names.iter().map(|name| json!({"kind": "user", "name": arn("user", name)})).collect::<Vec<_>>())
    };
    for (key, except, has_own) in [("k1", users(&["u1", "u4"]), false), ("k3", users(&["u1"]), true)] {
        let key = of(&all, REACH, &key_arn(key));
        assert_eq!(key.facts["common"]["except"], except);
        assert_eq!(entry(key, &arn("user", "u1")).is_some(), has_own);
    }
    // One of which nothing is the same lists everybody itself.
    let k2 = of(&all, REACH, &key_arn("k2"));
    assert_eq!(k2.facts["common"], Value::Null);
    assert!(entry(k2, &arn("user", "u0")).is_some());
    // Each reaches as many keys as before.
    let ways = |name: &str| of(&all, IDENTITY, &arn("user", name)).facts["ways"].as_array().unwrap().len();
    assert_eq!(["u0", "u4"].map(ways), [6, 5]);
    assert!(
        of(&all, ADMINISTRATORS, OWN).facts["everyone"] == true && of(&all, WALLET, "hot").facts.contains_key("alone")
    );
}
