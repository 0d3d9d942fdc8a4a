//! Whoever takes away themselves what holds them back comes to what they could not do before: by several ways one after the other, by the best of
//! several, and never to less because they may more.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

#[path = "worlds/dice.rs"]
mod dice;
#[path = "worlds/held.rs"]
mod held;
#[path = "worlds/scene.rs"]
mod scene;

use std::sync::Arc;

use dice::Dice;
use held::{One, Somebody, more, somebody};
use scene::{Scene, arn, policy};
use serde_json::{Value, json};
use witnessmark_iam_policy::access::{Does, Holds, Walker};
use witnessmark_iam_policy::{Digest, Held, Holder, May, PolicyDocument, Power, raised};

fn of(actions: &[&str], effect: &str) -> Value {
    json!({"Effect": effect, "Action": actions, "Resource": "*"})
}

fn allow(action: &str) -> Value {
    of(&[action], "Allow")
}

fn deny(action: &str) -> Value {
    of(&[action], "Deny")
}

fn with(mut statement: Value, member: &str, value: Value) -> Value {
    statement[member] = value;
    statement
}

fn own(name: &str, statements: Value) -> One {
    One { name: name.to_owned(), group: None, statements: Some(statements.as_array().unwrap().clone()) }
}

fn of_group(name: &str, statements: Value) -> One {
    One { group: Some("one"), ..own(name, statements) }
}

fn jane(policies: Vec<One>, boundary: Option<Value>) -> Somebody {
    Somebody { kind: "user", policies, boundary: boundary.map(|all| all.as_array().unwrap().clone()) }
}

fn letter(may: Option<May>) -> char {
    match may {
        Some(May::Yes) => 'y',
        Some(May::Undetermined) => '?',
        None => '-',
    }
}

fn digest(statements: &[Value]) -> Arc<Digest> {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Arc::new(Digest::of(&PolicyDocument::parse(&text).unwrap()))
}

/// What they may do to become an administrator, and to keys of their account.
fn powers(of: &Somebody) -> (Vec<Power>, Vec<Power>) {
    let held = |one: &One| Held {
        name: one.name.clone(),
        group: one.group.map(str::to_owned),
        digest: one.statements.as_deref().map(digest),
    };
    let policies: Vec<Held> = of.policies.iter().map(held).collect();
    let group = |name: &str| Holder {
        arn: arn("group", name),
        name: name.to_owned(),
        policies: policies.iter().filter(|one| one.group.as_deref() == Some(name)).cloned().collect(),
        ..Holder::default()
    };
    let groups = ["one", "two"].map(group);
    let boundary = of.boundary.as_deref().map(digest);
    let holder = Holder {
        arn: arn(of.kind, "jane"),
        name: "jane".to_owned(),
        policies,
        boundary: boundary.map(|digest| Held { name: "edge".to_owned(), group: None, digest: Some(digest) }),
        trust: (of.kind == "role").then(Arc::default),
        ..Holder::default()
    };
    let [one, two] = groups;
    let found = raised(&[holder, one, two], "aws", "111122223333").remove(0);
    (found.administers, found.keys)
}

/// Whether they use the key, and what they have to do for it.
fn reach(of: &Somebody, of_key: Value) -> (char, Vec<String>) {
    let mut scene = Scene::new();
    let id = |name: &str| arn("policy", name);
    let mut give = |one: &One, name: &str| {
        let statements = one.statements.as_ref();
        let attached = one.name.starts_with("arn:");
        if let Some(statements) = statements.filter(|_| attached) {
            scene = scene.clone().managed(&id(name), json!(statements));
        }
        if attached {
            (None, Some(json!({"arn": id(name)})))
        } else {
            (Some((name.to_owned(), statements.cloned())), None)
        }
    };
    let mut facts = |group: Option<&str>| {
        let (mut inline, mut attached, mut unread) = (Vec::new(), Vec::new(), false);
        for (n, one) in of.policies.iter().enumerate().filter(|(_, one)| one.group == group) {
            let (own, managed) = give(one, &format!("p-{n}"));
            unread |= own.as_ref().is_some_and(|(_, statements)| statements.is_none());
            inline.extend(own.and_then(|(name, all)| Some(json!({"name": name, "document": policy(&json!(all?))}))));
            attached.extend(managed);
        }
        // One that was not read is not there.
        let mut facts = json!({"inline_policies": inline, "attached_policies": attached});
        if unread {
            facts["inline_policies"].as_array_mut().unwrap().push(json!({"name": "unread"}));
        }
        facts
    };
    let (mut own, one, two) = (facts(None), facts(Some("one")), facts(Some("two")));
    if let Some(boundary) = &of.boundary {
        scene = scene.managed(&id("edge"), json!(boundary));
        own["permissions_boundary"] = json!({"exists": true, "arn": id("edge")});
    }
    if of.kind == "user" {
        own["groups"] = json!(["one", "two"]);
    } else {
        own["trust_policy"] = policy(&json!([]));
    }
    scene = scene.entity("group", "one", json!([]), one).entity("group", "two", json!([]), two);
    let world = scene.entity(of.kind, "jane", json!([]), own).key(json!([of_key]), json!({})).world();
    let reach = Walker::new(&world, Vec::new()).reach(&world.keys[0]);
    let name = arn(of.kind, "jane");
    let found = reach.reachers.iter().find(|one| one.does == Does::Use && one.who.name == name);
    let conditions = found.iter().flat_map(|one| &one.path).flat_map(|step| &step.conditions);
    let words = conditions.filter(|one| one.holds == Holds::Unmet).map(|one| one.words.clone()).collect();
    (letter(found.map(|one| one.may)), words)
}

fn to(name: String) -> Value {
    with(allow("kms:Sign"), "Principal", json!({"AWS": name}))
}

fn account() -> Value {
    to("arn:aws:iam::111122223333:root".to_owned())
}

fn answers(of: &Somebody) -> [char; 4] {
    let (administers, keys) = powers(of);
    let best = |powers: &[Power]| letter(powers.iter().map(|power| power.may).max());
    [best(&administers), best(&keys), reach(of, account()).0, reach(of, to(arn(of.kind, "jane"))).0]
}

const FIRST: &str = "they first take away what holds them back, by ";

fn by(actions: &[&str]) -> Vec<String> {
    actions.iter().map(|action| format!("{FIRST}{action}")).collect()
}

/// Whether jane signs, where the key's policy leaves it to the account, and by what she loosens herself for it; as an answer about powers and about
/// reach.
#[track_caller]
fn signs(jane: Somebody, expected: char, ways: &[&str]) {
    let (found, words) = reach(&jane, account());
    assert_eq!((found, &words), (expected, &by(ways)), "{jane:#?}");
    let (_, keys) = powers(&jane);
    let sign = keys.iter().find(|power| power.action == "kms:Sign");
    assert_eq!(letter(sign.map(|power| power.may)), expected, "{sign:?} {jane:#?}");
    for way in ways {
        assert!(sign.is_some_and(|power| power.sentence.contains(&format!("{FIRST}{way}"))), "{way}: {sign:?}");
    }
}

#[test]
fn a_way_that_opens_after_another_is_found() {
    let may = |ways: &[&str]| json!([allow("kms:Sign"), of(ways, "Allow")]);
    let managed = arn("policy", "own");
    let edge = || Some(json!([allow("iam:*")]));
    let keeps = || own("held", json!([deny("iam:*PermissionsBoundary")]));
    let both = ["iam:DeleteUserPolicy", "iam:DeleteUserPermissionsBoundary"];
    signs(jane(vec![keeps(), own(&managed, may(&both))], edge()), 'y', &both);
    signs(jane(vec![keeps(), own(&managed, may(&both[..1]))], edge()), '-', &[]);
    signs(jane(vec![keeps(), own(&managed, may(&both[1..]))], edge()), '-', &[]);
    // The boundary does not let her do the first.
    signs(jane(vec![keeps(), own(&managed, may(&both))], Some(json!([allow("iam:*Boundary")]))), '-', &[]);
    // Three, the last of which the boundary holds back.
    let three = ["iam:DeleteUserPolicy", "iam:DeleteUserPermissionsBoundary", "iam:RemoveUserFromGroup"];
    let group = || of_group("of-group", json!([deny("kms:*")]));
    let edge = || Some(json!([allow("iam:DeleteUser*")]));
    signs(jane(vec![keeps(), own(&managed, may(&three)), group()], edge()), 'y', &three);
    // Whether she may do the first is not understood: then neither is the rest.
    let perhaps =
        with(allow("iam:DeleteUserPolicy"), "Condition", json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}));
    let rest = || json!([allow("kms:Sign"), allow("iam:DeleteUserPermissionsBoundary"), perhaps]);
    signs(jane(vec![keeps(), own(&managed, rest())], edge()), '?', &both[1..]);
    // What allows the second must not go with the first, and may be used before.
    let uses = |gives: Value, rest: &[&str]| jane(vec![own("held", gives), own(&managed, may(rest))], edge());
    signs(uses(json!([deny("iam:*PermissionsBoundary"), allow(both[1])]), &both[..1]), '-', &[]);
    let away = json!([deny("kms:Sign"), allow(both[1])]);
    signs(uses(away, &both[..1]), 'y', &[both[1], both[0]]);
    // Administrators likewise.
    let all = json!([allow("*")]);
    let found = powers(&jane(vec![keeps(), own(&managed, all)], edge())).0;
    assert_eq!(letter(found.iter().map(|power| power.may).max()), 'y', "{found:?}");
    assert!(by(&both).iter().all(|way| found[0].sentence.contains(way)), "{found:?}");
}

#[test]
fn what_does_not_hold_them_back_is_left_where_it_is() {
    let edge = || Some(json!([allow("iam:*")]));
    let loosens = || {
        own(&arn("policy", "own"), json!([of(&["iam:DeleteUserPolicy", "iam:PutUserPermissionsBoundary"], "Allow")]))
    };
    let boundary = ["iam:PutUserPermissionsBoundary"];
    // It denies another key, or what they get around: its Allow is still there.
    let other = with(deny("kms:Sign"), "Resource", json!("arn:aws:kms:eu-west-1:111122223333:key/else"));
    let without = with(deny("kms:Sign"), "Condition", json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}));
    let (found, words) =
        reach(&jane(vec![own("held", json!([allow("kms:Sign"), other])), loosens()], edge()), account());
    assert_eq!((found, words), ('y', by(&boundary)));
    let (found, words) =
        reach(&jane(vec![own("held", json!([allow("kms:Sign"), without])), loosens()], edge()), account());
    assert_eq!(found, 'y');
    assert!(words.contains(&by(&boundary)[0]) && words.len() == 2, "{words:?}");
    // Without the right to take it away it is the same: more rights are no less reach.
    let boundary_alone = || own(&arn("policy", "own"), json!([allow(boundary[0])]));
    let other = || with(deny("kms:Sign"), "Resource", json!("arn:aws:kms:eu-west-1:111122223333:key/else"));
    signs(jane(vec![own("held", json!([allow("kms:Sign"), other()])), boundary_alone()], edge()), 'y', &boundary);
    // Only one of two is taken away.
    let two =
        || vec![own("first", json!([deny("kms:Sign")])), own("second", json!([allow("kms:Sign"), other()])), loosens()];
    signs(jane(two(), None), 'y', &["iam:DeleteUserPolicy"]);
    // What perhaps denies is taken away, if that makes it sure; and left, where what allows it would go.
    let perhaps = || with(deny("kms:Sign"), "Condition", json!({"StringEquals": {"aws:ResourceTag/team": "pay"}}));
    signs(jane(vec![own("held", json!([allow("kms:Sign"), perhaps()])), loosens()], None), '?', &[]);
    let apart = || vec![own("held", json!([perhaps()])), own("mine", json!([allow("kms:Sign")])), loosens()];
    signs(jane(apart(), None), 'y', &["iam:DeleteUserPolicy"]);
    assert_eq!(reach(&jane(apart(), None), to(arn("user", "jane"))).0, 'y');
}

#[test]
fn of_several_ways_the_surest_is_taken() {
    let perhaps =
        |action: &str| with(allow(action), "Condition", json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}));
    let denies = || of_group("of-group", json!([deny("kms:Sign")]));
    let mine = |more: Value| own("mine", json!([allow("kms:Sign"), perhaps("iam:DeleteGroupPolicy"), more]));
    signs(jane(vec![mine(allow("iam:RemoveUserFromGroup")), denies()], None), 'y', &["iam:RemoveUserFromGroup"]);
    signs(jane(vec![mine(allow("s3:*")), denies()], None), '?', &[]);
    signs(jane(vec![mine(allow("iam:DeleteGroupPolicy")), denies()], None), 'y', &["iam:DeleteGroupPolicy"]);
    let edge = Some(json!([allow("iam:*")]));
    let bounded = json!([
        allow("kms:Sign"),
        perhaps("iam:DeleteUserPermissionsBoundary"),
        allow("iam:PutUserPermissionsBoundary"),
    ]);
    signs(jane(vec![own("mine", bounded)], edge), 'y', &["iam:PutUserPermissionsBoundary"]);
}

#[test]
fn what_a_way_asks_for_is_told() {
    let strong =
        with(allow("iam:DeleteUserPolicy"), "Condition", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    let policies =
        vec![own("held", json!([deny("kms:Sign")])), own(&arn("policy", "own"), json!([allow("kms:Sign"), strong]))];
    let (found, words) = reach(&jane(policies, None), account());
    // Not as a condition of its own: once the policy is gone, nobody asks for a second factor.
    let way = format!("{FIRST}iam:DeleteUserPolicy, where Bool aws:multifactorauthpresent \"true\"");
    assert_eq!((found, words), ('y', vec![way]));
}

// A right more, to loosen themselves or to do anything else, never takes an answer back.
#[test]
fn more_rights_are_never_less_reach() {
    let mut dice = Dice(0xA110);
    let rank = |letter: char| "-?y".find(letter);
    let (mut raised, mut same) = (0, 0);
    for _ in 0..500 {
        let before = somebody(&mut dice);
        let mut after = before.clone();
        let one = more(&mut dice, before.kind);
        let place = dice.below(before.policies.len() + 2);
        match after.policies.get_mut(place) {
            Some(One { statements: Some(all), .. }) => all.push(one),
            Some(_) => continue,
            None if place == before.policies.len() => after.policies.push(own("more", json!([one]))),
            None => match &mut after.boundary {
                Some(all) => all.push(one),
                None => continue,
            },
        }
        let (was, is) = (answers(&before), answers(&after));
        assert!(was.iter().zip(is).all(|(was, is)| rank(*was) <= rank(is)), "{was:?} {is:?}\n{before:#?}\n{after:#?}");
        let count = if was == is { &mut same } else { &mut raised };
        *count += 1;
    }
    assert!(raised > 30 && same > 30, "{raised} {same}");
}
