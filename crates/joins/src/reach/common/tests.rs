use std::collections::{BTreeMap, BTreeSet};

use iam_policy::May;
use iam_policy::access::{Does, Entry, Place, Who, WhoKind};
use proptest::prelude::*;

use super::{Reaching, of_key};

fn arn(key: usize) -> String {
    format!("arn:aws:kms:eu-west-1:{}:key/{key}", 111_122_223_333 + key % 2)
}

/// What somebody does at a key in one of five ways; the others are none.
fn ways(person: usize, way: u8, key: usize) -> Vec<Entry> {
    let who = Who::new(WhoKind::User, format!("user-{person:02}"));
    let of_key = |part: &str, statement: usize| Place {
        kind: super::KEY.to_owned(),
        id: arn(key),
        part: part.to_owned(),
        name: None,
        statement: Some(statement),
    };
    let entry = |does: Does, by: Vec<Place>, becomes: Option<Who>| Entry {
        who: who.clone(),
        does: vec![does],
        may: May::Yes,
        becomes,
        copy: None,
        action: "kms:Sign".to_owned(),
        actions: Vec::new(),
        step: May::Yes,
        by,
        conditions: Vec::new(),
    };
    let role = || Some(Who::new(WhoKind::Role, "role"));
    match way {
        0 => vec![entry(Does::Use, vec![of_key("policy", 0)], None)],
        1 => vec![entry(Does::Use, vec![of_key("policy", 1)], None)],
        2 => vec![entry(Does::Use, vec![of_key("policy", 0)], None), entry(Does::Destroy, Vec::new(), role())],
        // As another key.
        3 => vec![Entry { copy: Some(arn(key + 2)), ..entry(Does::Use, vec![of_key("grants", 0)], None) }],
        4 => vec![entry(Does::Use, Vec::new(), None), entry(Does::Administer, Vec::new(), None)],
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn nobody_is_lost_or_counted_twice(
        usual in prop::collection::vec(0_u8..6, 1..16),
        others in prop::collection::vec(prop::collection::vec(0_u8..40, 16), 1..14),
        least in 1_usize..6,
        named in 0_usize..16,
    ) {
        let name = |person: usize| format!("user-{person:02}");
        let mut reaching = Reaching::new(BTreeSet::from([name(named)]));
        let mut sealed: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for (key, others) in others.iter().enumerate() {
            let way = |person: usize| match others.get(person) {
                Some(other) if *other < 8 => *other,
                _ => usual[person],
            };
            let entries: Vec<Entry> = (0..usual.len()).flat_map(|person| ways(person, way(person), key)).collect();
            reaching.take(&arn(key), &arn(key)[22..34], &entries.clone().into());
            sealed.insert(arn(key), entries);
        }
        let groups = reaching.groups(least);
        let mut ids = BTreeSet::new();
        for group in &groups {
            prop_assert!(ids.insert(group.id.clone()), "{}", group.id);
            prop_assert!(group.id.starts_with(&group.account));
            prop_assert!(group.keys.len() > 1);
            prop_assert!(group.keys.keys().all(|arn| arn.contains(&group.account)));
            for entry in &group.entries {
                prop_assert!(group.keys.values().any(|except| !except.contains(&entry.who)), "{entry:?} is nowhere");
                prop_assert!(entry.copy.is_none() && entry.who.name != name(named));
            }
        }
        for key in reaching.keys() {
            let of: Vec<_> = groups.iter().filter(|group| group.keys.contains_key(&key.arn)).collect();
            prop_assert!(of.len() < 2);
            let mut all = reaching.own(key, of.first().copied());
            if let Some(group) = of.first() {
                let except = &group.keys[&key.arn];
                let here: Vec<&Entry> = group.entries.iter().filter(|one| !except.contains(&one.who)).collect();
                let people: BTreeSet<&Who> = here.iter().map(|one| &one.who).collect();
                prop_assert!(people.len() >= least && except.len() * 2 <= people.len());
                prop_assert!(all.iter().all(|one| !people.contains(&one.who)), "somebody is here and there");
                all.extend(here.into_iter().map(|one| of_key(one, &key.arn)));
                all.sort_by(|a, b| (&a.who, &a.does).cmp(&(&b.who, &b.does)));
            }
            prop_assert_eq!(&all, &sealed[&key.arn]);
        }
    }
}

#[test]
fn an_account_may_have_several_such_lists() {
    let mut reaching = Reaching::default();
    for key in (0..20).step_by(2) {
        let way = u8::from(key > 12);
        let entries: Vec<Entry> = (0..4).flat_map(|person| ways(person, way, key)).collect();
        reaching.take(&arn(key), "1", &entries.into());
    }
    let groups = reaching.groups(3);
    let told: Vec<(&str, usize)> = groups.iter().map(|group| (group.id.as_str(), group.keys.len())).collect();
    assert_eq!(told, [("1", 7), ("1 2", 3)]);
    // Of fewer people it is not said.
    assert!(reaching.groups(5).is_empty());
}

#[test]
fn whoever_is_judged_by_name_is_at_each_key() {
    let doing = |actions: &'static [&'static str]| {
        move |key: usize| {
            let mut entries = ways(0, 0, key);
            for entry in &mut entries {
                entry.does = vec![Does::Use, Does::Administer, Does::Destroy];
                entry.actions = actions.iter().map(|one| (*one).to_owned()).collect();
            }
            entries
        }
    };
    let common = |of: &dyn Fn(usize) -> Vec<Entry>, named: &str| {
        let mut reaching = Reaching::new(BTreeSet::from([named.to_owned()]));
        (0..3).for_each(|key| reaching.take(&arn(key * 2), "1", &of(key * 2).into()));
        reaching.groups(1).len()
    };
    assert_eq!(common(&|key| ways(0, 0, key), "user-01"), 1);
    assert_eq!(common(&|key| ways(0, 0, key), "user-00"), 0);
    // By single actions somebody may administer and use; by all of them they surely do.
    assert_eq!(common(&doing(&["kms:Sign", "kms:PutKeyPolicy"]), ""), 0);
    assert_eq!(common(&doing(&["kms:*"]), ""), 1);
}
