//! Generated users and roles whom policies of theirs or a boundary hold back, and who may take some of it away.

use serde_json::{Value, json};

use super::dice::Dice;

pub const SIGNED: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ELSE: &str = "arn:aws:kms:eu-west-1:111122223333:key/99999999-12ab-34cd-56ef-1234567890ab";

/// By which somebody takes away what holds them back.
pub const WAYS: [&str; 11] = [
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteGroupPolicy",
    "iam:DetachGroupPolicy",
    "iam:RemoveUserFromGroup",
];

/// One policy.
#[derive(Clone, Debug)]
pub struct One {
    /// An ARN, if it is attached.
    pub name: String,
    pub group: Option<&'static str>,
    /// `None`: it was not read.
    pub statements: Option<Vec<Value>>,
}

/// Somebody with all that counts for them.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// `user` or `role`.
    pub kind: &'static str,
    pub policies: Vec<One>,
    pub boundary: Option<Vec<Value>>,
}

pub fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::111122223333:{kind}/{name}")
}

fn resource(dice: &mut Dice, kind: &str) -> Value {
    match dice.below(12) {
        0 => json!(arn(kind, "jane")),
        1 => json!(arn("group", dice.text(&["one", "two"]))),
        2 => json!([arn("group", "*"), arn(kind, "*")]),
        3 => json!(SIGNED),
        4 => json!(ELSE),
        5 => json!(arn(kind, "${aws:username}")),
        _ => json!("*"),
    }
}

fn conditions(dice: &mut Dice, effect: &str) -> Value {
    match dice.below(12) {
        0 => json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}),
        1 if effect == "Deny" => json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
        1 => json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        _ => json!({}),
    }
}

fn statement(dice: &mut Dice, kind: &str, effect: &str) -> Value {
    let pick = |dice: &mut Dice| match dice.below(9) {
        0 | 1 => "kms:Sign",
        2 => "kms:*",
        3 => dice.text(&["iam:*PermissionsBoundary", "iam:De*", "iam:*", "*"]),
        4 => "iam:PutUserPolicy",
        // Each as often as one that is meant for this kind.
        _ if kind == "role" => dice.text(&WAYS[4..8]),
        5 | 6 => dice.text(&WAYS[8..]),
        _ => dice.text(&WAYS[..4]),
    };
    let actions: Vec<&str> = (0..1 + dice.below(3)).map(|_| pick(dice)).collect();
    json!({"Effect": effect, "Action": actions, "Resource": resource(dice, kind), "Condition": conditions(dice, effect)})
}

/// One more statement that allows something, half of them a way to loosen.
pub fn more(dice: &mut Dice, kind: &str) -> Value {
    if dice.one_in(2) {
        return json!({"Effect": "Allow", "Action": dice.pick(&WAYS), "Resource": "*"});
    }
    statement(dice, kind, "Allow")
}

/// Somebody with one to four policies, of their own and of two groups, and perhaps a boundary.
pub fn somebody(dice: &mut Dice) -> Somebody {
    let kind = if dice.one_in(4) { "role" } else { "user" };
    let statements = |dice: &mut Dice, count: usize| -> Vec<Value> {
        let effect = |dice: &mut Dice| if dice.below(5) < 2 { "Deny" } else { "Allow" };
        (0..count)
            .map(|_| {
                let effect = effect(dice);
                statement(dice, kind, effect)
            })
            .collect()
    };
    let policies = (0..1 + dice.below(4)).map(|n| One {
        name: if dice.one_in(2) { arn("policy", &format!("p-{n}")) } else { format!("p-{n}") },
        group: if kind == "user" && dice.below(5) < 2 { Some(dice.text(&["one", "two"])) } else { None },
        statements: if dice.one_in(40) {
            None
        } else {
            let count = 1 + dice.below(3);
            Some(statements(dice, count))
        },
    });
    let policies = policies.collect();
    let boundary = dice.one_in(3).then(|| {
        let count = 1 + dice.below(3);
        let mut all = statements(dice, count);
        all.push(statement(dice, kind, "Allow"));
        all
    });
    Somebody { kind, policies, boundary }
}
