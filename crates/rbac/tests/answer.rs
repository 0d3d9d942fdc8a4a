//! What makes an answer undetermined, beside what a real server can be asked (`tests/tests/systems/kubernetes.rs`).

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use serde_json::json;
use witnessmark_rbac::access::AccessEntry;
use witnessmark_rbac::answer::{Answer, Verdict, World};
use witnessmark_rbac::effective::Claimed;
use witnessmark_rbac::question;
use witnessmark_rbac::resource::{ACCESS_ENTRY, BINDING, ROLE};
use witnessmark_rbac::rules::{Binding, Named, Rbac, RoleRef, Rule};
use witnessmark_rbac::sealed::Sealed;

/// A cluster in which `ops` get into pods, read to the end.
fn world() -> World {
    let rules = |value| -> Vec<Rule> { serde_json::from_value(value).unwrap() };
    let mut rbac = Rbac::default();
    let execs = json!([{"verbs": ["create"], "apiGroups": [""], "resources": ["pods/exec"]}]);
    let node = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods", "secrets"]}]);
    rbac.roles.insert((None, "execs".to_owned()), rules(execs));
    rbac.roles.insert((None, "system:node".to_owned()), rules(node));
    rbac.bindings.push(Binding {
        namespace: None,
        name: "execs".to_owned(),
        role: RoleRef { kind: "ClusterRole".to_owned(), name: "execs".to_owned() },
        subjects: vec![Named { kind: "Group".to_owned(), name: "ops".to_owned(), namespace: None }],
    });
    let lists = [BINDING, ROLE].map(|kind| ["cluster", "namespaces"].map(|scope| (format!("{kind}@{scope}"), None)));
    World {
        sealed: Sealed { rbac, version: Some("v1.34.1".to_owned()), ..Sealed::default() },
        claimed: Ok(claimed(&["Node", "RBAC"])),
        lists: lists.into_iter().flatten().collect(),
    }
}

fn claimed(authorizers: &[&str]) -> Claimed {
    Claimed { authorizers: Some(authorizers.iter().map(|one| (*one).to_owned()).collect()), ..Claimed::default() }
}

/// The same as one of EKS that lets this entry in.
fn let_in(entry: AccessEntry) -> World {
    let mut world = world();
    world.claimed = Ok(Claimed { eks: true, ..claimed(&["Node", "RBAC"]) });
    world.lists.insert(ACCESS_ENTRY.to_owned(), None);
    world.sealed.entries.push(AccessEntry { principal: "arn:aws:iam::111122223333:role/ops".to_owned(), ..entry });
    world
}

fn answer(world: &World, text: &str) -> Answer {
    world.answer(&question::question(text).unwrap())
}

#[test]
fn lists_of_declared_namespaces_say_nothing_of_another() {
    let mut world = world();
    world.lists.remove(&format!("{BINDING}@namespaces"));
    world.lists.insert(format!("{BINDING}@namespace:red"), None);
    assert_eq!(answer(&world, "may User/ann create pods/exec in red").verdict, Verdict::No);
    let blue = answer(&world, "may User/ann create pods/exec in blue");
    assert_eq!(blue.verdict, Verdict::Undetermined);
    assert!(blue.because.iter().any(|why| why.contains("@namespaces: no list was made")), "{blue:?}");
}

#[test]
fn whoever_an_unread_access_entry_is_may_be_anybody() {
    let question = "may User/ann create pods/exec in red";
    let unread = AccessEntry { policies: Some(Vec::new()), ..AccessEntry::default() };
    let known = AccessEntry { username: Some("bob".to_owned()), groups: Some(Vec::new()), ..unread.clone() };
    assert_eq!(answer(&let_in(known.clone()), question).verdict, Verdict::No);
    for entry in [unread, AccessEntry { groups: None, ..known }] {
        let world = let_in(entry);
        let found = answer(&world, question);
        assert_eq!(found.verdict, Verdict::Undetermined);
        assert!(found.because.iter().any(|why| why.contains("role/ops is in the cluster")), "{found:?}");
        let all = world.who_can(&question::action("create pods/exec in red").unwrap());
        assert!(all.because.iter().any(|why| why.contains("role/ops is in the cluster")), "{all:?}");
    }
}

#[test]
fn what_a_session_brings_stands_for_any_name() {
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/ops/";
    let world = let_in(AccessEntry {
        username: Some(format!("{SESSION}{{{{SessionName}}}}")),
        groups: Some(vec!["ops".to_owned()]),
        policies: Some(Vec::new()),
        ..AccessEntry::default()
    });
    let found = answer(&world, &format!("may User/{SESSION}ann create pods/exec in red"));
    assert_eq!(found.verdict, Verdict::Yes, "{found:?}");
    assert!(found.groups.contains(&"ops".to_owned()), "{found:?}");
    let other = answer(&world, "may User/arn:aws:sts::111122223333:assumed-role/other/ann create pods/exec in red");
    assert_eq!(other.verdict, Verdict::No, "{other:?}");
}

#[test]
fn a_list_of_everybody_is_not_whole_where_nodes_may_be_of_them() {
    let because = |world: &World, action| world.who_can(&question::action(action).unwrap()).because;
    let mut world = world();
    assert_eq!(because(&world, "create pods/exec in red"), Vec::<String>::new());
    assert_eq!(because(&world, "get /metrics"), Vec::<String>::new());
    assert!(because(&world, "list secrets in red").concat().contains("the Node authorizer"));
    world.claimed = Ok(claimed(&["RBAC"]));
    assert_eq!(because(&world, "list secrets in red"), Vec::<String>::new());
    // Its rules are compiled in: it asks no role of the cluster, neither an emptied one nor one that is gone.
    world.claimed = Ok(claimed(&["Node", "RBAC"]));
    world.sealed.rbac.roles.insert((None, "system:node".to_owned()), Vec::new());
    assert!(because(&world, "list secrets in red").concat().contains("the Node authorizer"));
    world.sealed.rbac.roles.remove(&(None, "system:node".to_owned()));
    assert!(because(&world, "list secrets in red").concat().contains("the Node authorizer"));
    assert_eq!(because(&world, "create pods/exec in red"), Vec::<String>::new());
    // What a later version begins with is not known.
    world.sealed.version = Some("v1.99.0".to_owned());
    assert!(because(&world, "create pods/exec in red").concat().contains("the Node authorizer"));
}
