//! What many keys have in common is found once: in generated worlds every key gets the answer that it gets when it is asked about alone.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

#[path = "worlds/dice.rs"]
mod dice;
#[path = "worlds/rows.rs"]
mod rows;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "worlds/scene.rs"]
mod scene;

use std::collections::BTreeMap;
use std::rc::Rc;

use dice::Dice;
use rows::{allow, deny, with};
use scene::{OTHER, OWN, Scene, arn, policy};
use serde_json::{Value, json};
use witnessmark_iam_policy::access::{Walker, Who, WhoKind};

const WORLDS: u64 = 400;

fn key_arn(n: usize, multi_region: bool) -> String {
    format!("arn:aws:kms:eu-west-1:{OWN}:key/{}{n}", if multi_region { "mrk-" } else { "" })
}

fn name(n: usize) -> String {
    // One in four is of the other account.
    if n % 4 == 3 { format!("{OTHER}:p{n}") } else { format!("p{n}") }
}

fn kind(n: usize) -> &'static str {
    if n.is_multiple_of(3) { "user" } else { "role" }
}

/// What the policies of somebody may say.
fn statements(dice: &mut Dice) -> Value {
    let on = |action: &str, what: Value| with(allow(action), "Resource", what);
    let other = dice.below(8);
    match dice.below(14) {
        0..=3 => json!([allow("kms:Decrypt")]),
        4 => json!([allow("kms:*")]),
        5 => json!([on("kms:Sign", json!([key_arn(dice.below(6), false)]))]),
        6 => json!([on("kms:Sign", json!(format!("arn:aws:kms:*:{OWN}:key/*")))]),
        7 => json!([allow("kms:Decrypt"), with(deny("kms:*"), "Resource", json!(key_arn(dice.below(6), false)))]),
        8 => json!([allow("*")]),
        9 => json!([on("sts:AssumeRole", json!(arn("role", &name(other))))]),
        10 => json!([with(allow("kms:Decrypt"), "Condition", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))]),
        11 => {
            json!([with(allow("kms:Decrypt"), "Condition", json!({"StringLike": {"aws:PrincipalTag/team": "a*"}}))])
        }
        12 => json!([with(allow("kms:*"), "Condition", json!({"StringEquals": {"kms:KeySpec": "RSA_2048"}}))]),
        _ => json!([allow("s3:*"), on("iam:CreateAccessKey", json!(arn("user", &name(other))))]),
    }
}

/// What a key's policy may say beside leaving it to the account.
fn own_statements(dice: &mut Dice) -> Vec<Value> {
    let to = |who: Value, action: &str| with(allow(action), "Principal", who);
    let one = arn(kind(1), &name(1));
    let n = dice.below(8);
    let another = arn(kind(n), &name(n));
    let root = |account: &str| json!({"AWS": format!("arn:aws:iam::{account}:root")});
    match dice.below(9) {
        0..=2 => vec![to(root(OWN), "kms:*")],
        3 => vec![to(root(OWN), "kms:*"), to(json!({"AWS": one}), "kms:Sign")],
        4 => vec![
            to(root(OWN), "kms:*"),
            with(
                with(deny("kms:*"), "Principal", json!("*")),
                "Condition",
                json!({"StringNotEquals": {"aws:PrincipalArn": another}}),
            ),
        ],
        5 => vec![to(root(OWN), "kms:*"), to(root(OTHER), "kms:Decrypt")],
        6 => vec![to(json!("*"), "kms:Encrypt")],
        7 => vec![with(to(root(OWN), "kms:*"), "Resource", json!(key_arn(dice.below(6), false)))],
        _ => vec![
            to(json!({"AWS": format!("arn:aws:sts::{OWN}:federated-user/fed")}), "kms:Sign"),
            to(root(OWN), "kms:Decrypt"),
        ],
    }
}

fn world(dice: &mut Dice) -> Scene {
    let mut scene = Scene::new();
    for n in 0..dice.below(9) + 2 {
        let statements = statements(dice);
        let other = dice.below(8);
        scene = match kind(n) {
            "user" => scene.user(&name(n), statements),
            _ => {
                let by =
                    if dice.one_in(2) { json!({"AWS": arn(kind(other), &name(other))}) } else { json!({"AWS": OWN}) };
                scene.role(
                    &name(n),
                    statements,
                    json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": by}]),
                )
            }
        };
        if dice.one_in(12) {
            let (_, _, facts, unread) = scene.resources.last_mut().unwrap();
            facts.as_object_mut().unwrap().remove("inline_policies");
            unread.push("inline_policies".to_owned());
        }
    }
    for n in 0..dice.below(8) + 2 {
        let multi_region = dice.one_in(8);
        let grants: Vec<Value> = (0..dice.below(3))
            .map(|grant| {
                let grantee = match dice.below(5) {
                    0 => format!("arn:aws:iam::{OWN}:root"),
                    1 => format!("arn:aws:sts::{OWN}:assumed-role/p1/x"),
                    of => arn(kind(of), &name(of)),
                };
                json!({"id": format!("g-{n}-{grant}"), "grantee": grantee, "operations": ["Decrypt", dice.text(&["Sign", "CreateGrant"])]})
            })
            .collect();
        let mut facts = json!({"policy": policy(&json!(own_statements(dice))), "grants": grants, "multi_region": null,
            "spec": dice.text(&["SYMMETRIC_DEFAULT", "RSA_2048"])});
        let mut unread = Vec::new();
        if multi_region || dice.one_in(6) {
            let part = *dice.pick(&["policy", "grants", "multi_region"]);
            facts.as_object_mut().unwrap().remove(part);
            unread.push(part.to_owned());
        }
        scene.resources.push(("aws-kms/key".to_owned(), key_arn(n, multi_region), facts, unread));
    }
    if dice.one_in(6) {
        scene.whole.remove(OWN);
    }
    scene
}

#[test]
fn each_key_gets_the_answer_that_it_gets_alone() {
    let mut shared = 0;
    for seed in 1..=WORLDS {
        let scene = world(&mut Dice(seed));
        let world = scene.world();
        let mut many = Walker::new(&world, Vec::new());
        let mut told = BTreeMap::new();
        // What was found of one key is used for those after it, and for itself when it comes again.
        for key in world.keys.iter().chain(&world.keys) {
            let answer = many.answer(key);
            shared += usize::from(answer.shared().is_some());
            let expected = told.entry(&key.arn).or_insert_with(|| Walker::new(&world, Vec::new()).entries(key));
            assert_eq!(&answer.entries(&key.arn), expected, "world {seed}, {}", key.arn);
            let mut names: Vec<_> = answer.all().map(|entry| (&entry.who, &entry.does)).collect();
            names.sort_unstable();
            assert!(names.into_iter().eq(expected.iter().map(|entry| (&entry.who, &entry.does))), "world {seed}");
        }
    }
    assert!(shared > 500, "{shared}: these worlds show nothing");
}

#[test]
fn whom_a_key_names_changes_nothing_of_what_others_do() {
    let name = |n: usize| format!("u{n}");
    let mut scene = Scene::new();
    for n in 0..6 {
        scene = scene.user(&name(n), json!([allow("kms:Decrypt")]));
    }
    for n in 0..4 {
        let to = |who: String, action: &str| with(allow(action), "Principal", json!({"AWS": who}));
        let root = to(format!("arn:aws:iam::{OWN}:root"), "kms:*");
        let statements = json!([root, to(arn("user", &name(n)), "kms:Sign")]);
        let facts = json!({"policy": policy(&statements), "grants": [], "multi_region": null});
        scene.resources.push(("aws-kms/key".to_owned(), key_arn(n, false), facts, Vec::new()));
    }
    let world = scene.world();
    let mut walker = Walker::new(&world, Vec::new());
    let answers: Vec<_> = world.keys.iter().map(|key| walker.answer(key)).collect();
    // Of the first it is not known that others are like it.
    assert!(answers[0].shared().is_none());
    let (shared, _) = answers[1].shared().unwrap();
    for (n, answer) in answers.iter().enumerate().skip(1) {
        assert!(Rc::ptr_eq(shared, answer.shared().unwrap().0), "key {n}");
        let users: Vec<_> =
            answer.own().iter().map(|entry| &entry.who).filter(|who| who.kind == WhoKind::User).collect();
        assert_eq!(users, [&Who::of_arn(&arn("user", &name(n)))], "key {n}");
    }
}
