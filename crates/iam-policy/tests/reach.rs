//! Who reaches a key, held against iam-simulate in generated worlds of two accounts: whoever it lets reach a key, by any chain of roles and new
//! access keys, is named here too. `docs/policies.md` has the figures.

#![expect(clippy::disallowed_methods, reason = "tests take their systems from the environment")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

#[path = "worlds/accounts.rs"]
mod accounts;
#[path = "worlds/dice.rs"]
mod dice;
#[path = "worlds/scene.rs"]
mod scene;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use accounts::{ACTIONS, Counts, One, Said, document, found, shown, word};
use dice::Dice;
use scene::{KEY, OWN};
use serde_json::{Value, json};
use witnessmark_iam_policy::access::Does;

/// Worlds, unless `WITNESSMARK_TEST_REACH_WORLDS` says how many. Each is 154 questions.
const WORLDS: usize = 12;
/// Questions about one of them.
trait Asked {
    fn question(&self, action: &str, resource: &str, account: &str, of_resource: Option<&Value>) -> [Value; 2];
    fn one_question(&self, secure: &str, of: (&str, &str, &str), of_resource: Option<&Value>) -> Value;
}

impl Asked for One {
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
    let made: Vec<(Vec<One>, Value)> = (0..worlds).map(|_| accounts::made(&mut dice, false)).collect();
    let asked: Vec<Value> = made.iter().flat_map(|(people, of_key)| questions(people, of_key)).collect();
    let count = asked.len();
    let answers = simulated(&asked);
    assert_eq!(answers.len(), count);
    let mut answers = answers.chunks(2).map(|both| both.contains(&true));
    let (mut missing, mut extra, mut counts) = (Vec::new(), Vec::new(), Counts::default());
    for (people, of_key) in &made {
        let reach = accounts::reach(people, of_key);
        let mut said = Said::default();
        for n in 0..people.len() {
            for (action, _) in ACTIONS {
                if answers.next().unwrap() {
                    said.acts.insert((n, action));
                }
            }
            for other in 0..people.len() {
                if answers.next().unwrap() && other != n {
                    said.becomes.insert((n, other));
                }
            }
        }
        for does in [Does::Use, Does::Administer, Does::Destroy] {
            let there = said.reach(does);
            for (n, one) in people.iter().enumerate() {
                let here = found(&reach, one, does);
                let word = word(there.contains(&n), here);
                match word {
                    "there alone" => missing.push(shown(people, of_key, one, does, here)),
                    "here alone" => extra.push(shown(people, of_key, one, does, here)),
                    _ => {}
                }
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
