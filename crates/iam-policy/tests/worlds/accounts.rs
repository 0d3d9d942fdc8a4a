//! Generated worlds of two accounts, and what those who act on a key and become each other there come to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use witnessmark_iam_policy::May;
use witnessmark_iam_policy::access::{Does, Reach, Reacher, Walker};

use crate::dice::Dice;
use crate::scene::{KEY, OTHER, OWN, Scene, arn, policy};

pub const ACTIONS: [(&str, Does); 4] = [
    ("kms:Decrypt", Does::Use),
    ("kms:EnableKey", Does::Administer),
    ("kms:DisableKey", Does::Destroy),
    ("kms:PutKeyPolicy", Does::Use),
];

/// A user or role.
#[derive(Clone, Debug)]
pub struct One {
    pub kind: &'static str,
    pub name: &'static str,
    pub identity: Value,
    pub stands: Stands,
    pub boundary: Option<Value>,
    pub trust: Option<Value>,
}

/// Where somebody's policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    Inline,
    Managed,
    /// In a group that a user is in.
    Group,
}

const PEOPLE: [(&str, &str); 7] = [
    ("user", "jane"),
    ("user", "joe"),
    ("role", "app"),
    ("role", "ops"),
    ("user", "444455556666:mary"),
    ("role", "444455556666:app"),
    ("role", "444455556666:ops"),
];

fn conditions(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => {
            json!({"ArnLike": {"aws:PrincipalArn": dice.text(&["arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:*"])}})
        }
        1 => json!({"StringEquals": {"aws:PrincipalAccount": dice.text(&[OWN, OTHER])}}),
        2 => json!({"StringNotEquals": {"kms:CallerAccount": dice.text(&[OWN, OTHER])}}),
        3 => json!({"Bool": {"aws:SecureTransport": dice.text(&["true", "false"])}}),
        _ => json!({}),
    }
}

fn principal(dice: &mut Dice) -> Value {
    let pick = |dice: &mut Dice| match dice.below(6) {
        0 => OWN.to_owned(),
        1 => format!("arn:aws:iam::{OTHER}:root"),
        2 if dice.one_in(3) => "*".to_owned(),
        _ => {
            let (kind, name) = *dice.pick(&PEOPLE);
            arn(kind, name)
        }
    };
    json!({"AWS": [pick(dice), pick(dice)]})
}

fn identity(dice: &mut Dice) -> Value {
    let statements: Vec<Value> = (0..1 + dice.below(3))
        .map(|n| {
            let effect = if n > 0 && dice.one_in(3) { "Deny" } else { "Allow" };
            let actions = [
                json!("kms:*"),
                json!("kms:D*"),
                json!("kms:EnableKey"),
                json!("sts:AssumeRole"),
                json!(["sts:AssumeRole", "kms:Decrypt"]),
                json!("iam:CreateAccessKey"),
                json!("s3:*"),
                json!("*"),
            ];
            let resources = [
                json!("*"),
                json!("*"),
                json!(KEY),
                json!("arn:aws:iam::111122223333:role/*"),
                json!(arn("role", "444455556666:app")),
                json!(arn("user", "joe")),
            ];
            // Who may do everything may also do what the questions do not ask for.
            let actions = if effect == "Allow" { &actions[..7] } else { &actions[..] };
            let (action, resource) = (dice.pick(actions).clone(), dice.pick(&resources).clone());
            let name = if effect == "Deny" && dice.one_in(4) { "NotAction" } else { "Action" };
            json!({"Effect": effect, name: action, "Resource": resource, "Condition": conditions(dice)})
        })
        .collect();
    json!(statements)
}

fn of_key(dice: &mut Dice) -> Value {
    let statements: Vec<Value> = (0..1 + dice.below(3))
        .map(|n| {
            let effect = if n > 0 && dice.one_in(3) { "Deny" } else { "Allow" };
            let actions = [json!("kms:*"), json!("kms:D*"), json!(["kms:Decrypt", "kms:EnableKey"])];
            json!({"Effect": effect, "Action": dice.pick(&actions), "Resource": "*", "Principal": principal(dice),
                "Condition": conditions(dice)})
        })
        .collect();
    json!(statements)
}

fn people(dice: &mut Dice) -> Vec<One> {
    let mut found = Vec::new();
    for (kind, name) in PEOPLE {
        let trust = (kind == "role").then(|| {
            json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal(dice), "Condition": conditions(dice)}])
        });
        let boundary = dice.one_in(5).then(|| {
            json!([{"Effect": "Allow", "Action": dice.pick(&[json!("kms:*"), json!(["sts:*", "iam:*"]), json!("*")]),
                "Resource": "*"}])
        });
        found.push(One { kind, name, identity: identity(dice), stands: Stands::Inline, boundary, trust });
    }
    found
}

/// Users and roles, and the key's policy. `anywhere`: what they may stands inline, in managed policies and in groups.
pub fn made(dice: &mut Dice, anywhere: bool) -> (Vec<One>, Value) {
    let (mut people, of_key) = (people(dice), of_key(dice));
    for one in people.iter_mut().filter(|_| anywhere) {
        one.stands = match dice.below(3) {
            0 => Stands::Managed,
            1 if one.kind == "user" => Stands::Group,
            _ => Stands::Inline,
        };
    }
    (people, of_key)
}

pub fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

impl One {
    pub fn arn(&self) -> String {
        arn(self.kind, self.name)
    }

    pub fn account(&self) -> &'static str {
        if self.name.starts_with(OTHER) { OTHER } else { OWN }
    }
}

/// What is said here of who reaches the key.
pub fn reach(people: &[One], of_key: &Value) -> Reach {
    let mut scene = Scene::new();
    for (n, one) in people.iter().enumerate() {
        let mut more = json!({});
        if let Some(boundary) = &one.boundary {
            let id = format!("arn:aws:iam::{}:policy/edge-{n}", one.account());
            scene = scene.managed(&id, boundary.clone());
            more["permissions_boundary"] = json!({"exists": true, "arn": id});
        }
        if let Some(trust) = &one.trust {
            more["trust_policy"] = policy(trust);
        }
        let mut own = one.identity.clone();
        match one.stands {
            Stands::Inline => {}
            Stands::Managed => {
                let id = format!("arn:aws:iam::{}:policy/own-{n}", one.account());
                scene = scene.managed(&id, std::mem::replace(&mut own, json!([])));
                more["attached_policies"] = json!([{"arn": id}]);
            }
            Stands::Group => {
                let name = format!("{}:of-{n}", one.account());
                scene = scene.entity("group", &name, std::mem::replace(&mut own, json!([])), json!({}));
                more["groups"] = json!([format!("of-{n}")]);
            }
        }
        scene = scene.entity(one.kind, one.name, own, more);
    }
    let world = scene.key(of_key.clone(), json!({})).world();
    Walker::new(&world, Vec::new()).reach(&world.keys[0])
}

/// What another program says of a world: who does what to the key, and who becomes whom, by their places.
#[derive(Debug, Default)]
pub struct Said {
    pub acts: BTreeSet<(usize, &'static str)>,
    pub becomes: BTreeSet<(usize, usize)>,
}

impl Said {
    /// Who does this to the key, by any chain of becoming each other.
    pub fn reach(&self, does: Does) -> BTreeSet<usize> {
        let counts = |action: &str| {
            action == "kms:PutKeyPolicy" || ACTIONS.iter().any(|(name, of)| *name == action && *of == does)
        };
        let mut there: BTreeSet<usize> =
            self.acts.iter().filter(|(_, action)| counts(action)).map(|(n, _)| *n).collect();
        loop {
            let more: Vec<usize> = self
                .becomes
                .iter()
                .filter(|(n, to)| there.contains(to) && !there.contains(n))
                .map(|(n, _)| *n)
                .collect();
            if more.is_empty() {
                return there;
            }
            there.extend(more);
        }
    }
}

pub fn found<'r>(reach: &'r Reach, one: &One, does: Does) -> Option<&'r Reacher> {
    reach.reachers.iter().find(|r| r.does == does && r.who.name == one.arn())
}

/// Whether the last step of its path is one of those that were asked for.
pub fn asked_for(one: &Reacher) -> bool {
    one.path.last().is_some_and(|step| ACTIONS.iter().any(|(action, _)| *action == step.action))
}

/// What is said of one of them here and there.
pub fn word(there: bool, here: Option<&Reacher>) -> &'static str {
    match (there, here.map(|r| r.may)) {
        (true, Some(May::Yes)) => "both",
        (true, Some(May::Undetermined)) => "there, undetermined here",
        (true, None) => "there alone",
        // By an action that was not asked for there, it may be so.
        (false, Some(May::Yes)) if here.is_some_and(|r| !asked_for(r)) => "here, by what was not asked there",
        (false, Some(May::Yes)) => "here alone",
        (false, Some(May::Undetermined)) => "undetermined here, not there",
        (false, None) => "neither",
    }
}

/// A world and what is said here of one of them, to be read by a person.
pub fn shown(people: &[One], of_key: &Value, one: &One, does: Does, here: Option<&Reacher>) -> String {
    let of: Vec<String> =
        people.iter().map(|one| format!("{} {} {:?} {:?}", one.arn(), one.identity, one.trust, one.boundary)).collect();
    format!("{} {does:?} {:?}\n{of_key}\n{}", one.arn(), here.map(|r| &r.path), of.join("\n"))
}

/// How often each word was said.
pub type Counts = BTreeMap<&'static str, usize>;
