//! Who reaches a key, held against iam-simulate in generated worlds of two accounts: whoever it lets reach a key, by any chain of roles and new
//! access keys, is named here too. `docs/policies.md` has the figures.

#![expect(clippy::disallowed_methods, reason = "tests take their systems from the environment")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

#[path = "worlds/dice.rs"]
mod dice;
#[path = "worlds/scene.rs"]
mod scene;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use dice::Dice;
use scene::{KEY, OTHER, OWN, Scene, arn, policy};
use serde_json::{Value, json};
use witnessmark_iam_policy::May;
use witnessmark_iam_policy::access::{Does, Walker};

/// Worlds, unless `WITNESSMARK_TEST_REACH_WORLDS` says how many. Each is 154 questions.
const WORLDS: usize = 12;
const ACTIONS: [(&str, Does); 4] = [
    ("kms:Decrypt", Does::Use),
    ("kms:EnableKey", Does::Administer),
    ("kms:DisableKey", Does::Destroy),
    ("kms:PutKeyPolicy", Does::Use),
];

/// A user or role.
struct One {
    kind: &'static str,
    name: &'static str,
    identity: Value,
    boundary: Option<Value>,
    trust: Option<Value>,
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
        found.push(One { kind, name, identity: identity(dice), boundary, trust });
    }
    found
}

fn document(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

impl One {
    fn arn(&self) -> String {
        arn(self.kind, self.name)
    }

    fn account(&self) -> &'static str {
        if self.name.starts_with(OTHER) { OTHER } else { OWN }
    }

    /// Asked twice: over TLS and not, as whoever calls likes.
    fn question(&self, action: &str, resource: &str, account: &str, of_resource: Option<&Value>) -> [Value; 2] {
        ["true", "false"].map(|secure| self.one_question(secure, (action, resource, account), of_resource))
    }

    fn one_question(&self, secure: &str, of: (&str, &str, &str), of_resource: Option<&Value>) -> Value {
        let (action, resource, account) = of;
        let mut context = json!({
            "aws:PrincipalArn": self.arn(), "aws:PrincipalAccount": self.account(), "aws:SecureTransport": secure,
            "aws:PrincipalIsAWSService": "false", "aws:PrincipalType": if self.kind == "user" { "User" } else { "AssumedRole" },
        });
        if action.starts_with("kms:") {
            context["kms:CallerAccount"] = json!(self.account());
        }
        json!({"principal": self.arn(), "action": action, "resource": resource, "account": account, "context": context,
            "identity": [document(&self.identity)], "boundary": self.boundary.as_ref().map(document),
            "policy": of_resource.map(document)})
    }
}

fn simulated(questions: &[Value]) -> Vec<bool> {
    let folder = std::env::var_os("WITNESSMARK_TEST_IAM_SIMULATE").map(PathBuf::from).expect(
        "this test needs iam-simulate: `scripts/test` installs it and names its folder in WITNESSMARK_TEST_IAM_SIMULATE",
    );
    let mut child = Command::new("node")
        .current_dir(folder)
        .args(["--input-type=module", "--eval", include_str!("worlds/whole.mjs")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs Node.js 20 or newer");
    let mut stdin = child.stdin.take().unwrap();
    let text = Value::from(questions).to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    let errors: Vec<&String> = answers.iter().filter(|one| one.starts_with("error")).collect();
    assert!(errors.is_empty(), "{errors:?}");
    answers.iter().map(|one| one == "Allowed").collect()
}

/// What is asked of a world: of each principal each action on the key, and whether they become each of the others.
fn questions(people: &[One], of_key: &Value) -> Vec<Value> {
    let mut asked = Vec::new();
    for one in people {
        for (action, _) in ACTIONS {
            asked.extend(one.question(action, KEY, OWN, Some(of_key)));
        }
        for other in people {
            asked.extend(match &other.trust {
                Some(trust) => one.question("sts:AssumeRole", &other.arn(), other.account(), Some(trust)),
                None => one.question("iam:CreateAccessKey", &other.arn(), other.account(), None),
            });
        }
    }
    asked
}

#[test]
fn whoever_reaches_a_key_there_is_named_here() {
    let worlds = std::env::var("WITNESSMARK_TEST_REACH_WORLDS").map_or(WORLDS, |text| text.parse().unwrap());
    let mut dice = Dice(0x00AC_CE55);
    let made: Vec<(Vec<One>, Value)> = (0..worlds).map(|_| (people(&mut dice), of_key(&mut dice))).collect();
    let asked: Vec<Value> = made.iter().flat_map(|(people, of_key)| questions(people, of_key)).collect();
    let count = asked.len();
    let answers = simulated(&asked);
    assert_eq!(answers.len(), count);
    let mut answers = answers.chunks(2).map(|both| both.contains(&true));
    let (mut missing, mut counts) = (Vec::new(), BTreeMap::<&str, usize>::new());
    let mut extra = Vec::new();
    for (people, of_key) in &made {
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
            scene = scene.entity(one.kind, one.name, one.identity.clone(), more);
        }
        let world = scene.key(of_key.clone(), json!({})).world();
        let reach = Walker::new(&world, Vec::new()).reach(&world.keys[0]);
        let (mut acts, mut becomes) = (BTreeSet::new(), BTreeSet::new());
        for n in 0..people.len() {
            for (action, does) in ACTIONS {
                if answers.next().unwrap() {
                    acts.insert((n, does, action));
                }
            }
            for other in 0..people.len() {
                if answers.next().unwrap() && other != n {
                    becomes.insert((n, other));
                }
            }
        }
        for does in [Does::Use, Does::Administer, Does::Destroy] {
            let all = |action: &str| action == "kms:PutKeyPolicy";
            let mut there: BTreeSet<usize> =
                acts.iter().filter(|(_, of, action)| *of == does || all(action)).map(|(n, ..)| *n).collect();
            loop {
                let more: Vec<usize> = becomes
                    .iter()
                    .filter(|(n, to)| there.contains(to) && !there.contains(n))
                    .map(|(n, _)| *n)
                    .collect();
                if more.is_empty() {
                    break;
                }
                there.extend(more);
            }
            for (n, one) in people.iter().enumerate() {
                let here = reach.reachers.iter().find(|r| r.does == does && r.who.name == one.arn());
                let shown = || {
                    let of: Vec<String> = people
                        .iter()
                        .map(|one| format!("{} {} {:?} {:?}", one.arn(), one.identity, one.trust, one.boundary))
                        .collect();
                    format!("{} {does:?} {:?}\n{of_key}\n{}", one.arn(), here.map(|r| &r.path), of.join("\n"))
                };
                let word = match (there.contains(&n), here.map(|r| r.may)) {
                    (true, Some(May::Yes)) => "both",
                    (true, Some(May::Undetermined)) => "there, undetermined here",
                    (true, None) => {
                        missing.push(shown());
                        "there alone"
                    }
                    // By an action that was not asked for there, it may be so.
                    (false, Some(May::Yes)) if here.is_some_and(|r| !asked_for(r)) => {
                        "here, by what was not asked there"
                    }
                    (false, Some(May::Yes)) => {
                        extra.push(shown());
                        "here alone"
                    }
                    (false, Some(May::Undetermined)) => "undetermined here, not there",
                    (false, None) => "neither",
                };
                *counts.entry(word).or_default() += 1;
            }
        }
    }
    println!("{count} questions: {counts:#?}");
    for one in extra.iter().take(6) {
        println!("here alone: {one}");
    }
    let all = |word: &str| counts.get(word).copied().unwrap_or(0);
    assert!(
        missing.is_empty(),
        "{} missing:\n{}",
        missing.len(),
        missing.iter().take(2).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(all("both") * 10 > worlds && all("neither") * 10 > worlds, "{counts:#?}");
    let named = all("both") + all("here alone");
    assert!(all("here alone") * 50 <= named, "more than 2 % too many: {counts:#?}");
}

/// Whether the last step of its path is one of those that were asked for.
fn asked_for(one: &witnessmark_iam_policy::access::Reacher) -> bool {
    one.path.last().is_some_and(|step| ACTIONS.iter().any(|(action, _)| *action == step.action))
}
