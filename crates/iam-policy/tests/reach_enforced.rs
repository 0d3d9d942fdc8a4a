//! Who reaches a key, held against what ministack really lets happen in generated worlds of two accounts: whoever can call it, as themselves or by
//! any chain of roles and new access keys, is named here too. `docs/policies.md` has the figures, and what ministack reads otherwise.

#![expect(clippy::disallowed_methods, reason = "tests take their systems from the environment")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

#[path = "worlds/accounts.rs"]
mod accounts;
#[path = "worlds/dice.rs"]
mod dice;
#[path = "worlds/scene.rs"]
mod scene;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use accounts::{ACTIONS, Counts, One, Said, Stands, document, found, shown, word};
use dice::Dice;
use scene::{OTHER, OWN};
use serde_json::{Value, json};
use witnessmark_iam_policy::May;
use witnessmark_iam_policy::access::Does;

/// Worlds, unless `WITNESSMARK_TEST_ENFORCED_WORLDS` says how many. Each is 60 questions, of which most are put twice.
const WORLDS: usize = 6;

/// What ministack reads otherwise than AWS documents it. A difference has to go away when its policies are read here as ministack reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    /// `aws:PrincipalArn` of a role is its session's ARN there, `arn:aws:sts::…:assumed-role/…`. AWS: the role's.
    PrincipalArn,
    /// `kms:CallerAccount` is in no request there.
    CallerAccount,
    /// Whoever a trust policy names needs a permission of their own there, within the account too.
    Trust,
    /// What a boundary does not allow, it takes there from a user whom a key policy lets in as one of everyone.
    Boundary,
}

const OTHERWISE: [Otherwise; 4] =
    [Otherwise::PrincipalArn, Otherwise::CallerAccount, Otherwise::Trust, Otherwise::Boundary];

impl Otherwise {
    /// Statements of any policy, as ministack reads them.
    fn conditions(self, statements: &Value) -> Value {
        let mut read = Vec::new();
        for statement in statements.as_array().unwrap() {
            let mut statement = statement.clone();
            let conditions = statement["Condition"].as_object_mut().unwrap();
            match self {
                Self::PrincipalArn => {
                    if let Some(like) = conditions.get_mut("ArnLike") {
                        match like["aws:PrincipalArn"].as_str().unwrap() {
                            // No user's, and no session's.
                            "arn:aws:iam::*:role/*" => continue,
                            "arn:aws:iam::111122223333:*" => {
                                like["aws:PrincipalArn"] = json!("arn:aws:iam::111122223333:user/*");
                            }
                            other => panic!("a pattern of ARNs that is not known here: {other}"),
                        }
                    }
                }
                // A key that is not there is not equal to anything.
                Self::CallerAccount => drop(conditions.remove("StringNotEquals")),
                Self::Trust | Self::Boundary => {}
            }
            read.push(statement);
        }
        json!(read)
    }

    fn of(self, people: &[One], of_key: &Value) -> (Vec<One>, Value) {
        let mut people = people.to_vec();
        for one in &mut people {
            one.identity = self.conditions(&one.identity);
            one.trust = one.trust.as_ref().map(|trust| match self {
                Self::Trust => json!(trust.as_array().unwrap().iter().flat_map(by_account).collect::<Vec<_>>()),
                _ => self.conditions(trust),
            });
        }
        let mut of_key = self.conditions(of_key);
        if self == Self::Boundary {
            let everyone = |one: &Value| one["Principal"]["AWS"].as_array().unwrap().contains(&json!("*"));
            let bounded: Vec<String> =
                people.iter().filter(|one| one.boundary.is_some() && one.kind == "user").map(One::arn).collect();
            for statement in of_key.as_array_mut().unwrap() {
                if statement["Effect"] == "Allow" && everyone(statement) && !bounded.is_empty() {
                    statement["Condition"]["ArnNotEquals"] = json!({"aws:PrincipalArn": bounded});
                }
            }
        }
        (people, of_key)
    }
}

/// A statement of a trust policy that leaves it to the accounts of those whom it names, for each of them.
fn by_account(statement: &Value) -> Vec<Value> {
    let named = statement["Principal"]["AWS"].as_array().unwrap();
    let mut read = Vec::new();
    for principal in named.iter().map(|one| one.as_str().unwrap()) {
        let mut of = |account: &str, exactly: Option<&str>| {
            let mut statement = statement.clone();
            statement["Principal"] = json!({"AWS": format!("arn:aws:iam::{account}:root")});
            if let Some(arn) = exactly {
                statement["Condition"]["ArnEquals"] = json!({"aws:PrincipalArn": arn});
            }
            read.push(statement);
        };
        match principal {
            "*" => [OWN, OTHER].into_iter().for_each(|account| of(account, None)),
            OWN => of(OWN, None),
            root if root.ends_with(":root") => of(root.split(':').nth(4).unwrap(), None),
            arn => of(arn.split(':').nth(4).unwrap(), Some(arn)),
        }
    }
    read
}

/// What ministack reads otherwise, so that it says the same: one of them alone, if one is enough.
fn explained(people: &[One], of_key: &Value, one: &One, does: Does, there: bool) -> Option<String> {
    let agrees = |all: &[Otherwise]| {
        let mut read = (people.to_vec(), of_key.clone());
        for otherwise in all {
            read = otherwise.of(&read.0, &read.1);
        }
        let reach = accounts::reach(&read.0, &read.1);
        let here = found(&reach, one, does);
        // By an action that was not asked for there, it may be so.
        if there { here.is_some() } else { here.is_none_or(|here| here.may != May::Yes || !accounts::asked_for(here)) }
    };
    let alone = OTHERWISE.iter().find(|otherwise| agrees(&[**otherwise]));
    alone.map(|one| format!("{one:?}")).or_else(|| agrees(&OTHERWISE).then(|| "several of them".to_owned()))
}

fn sent(people: &[One], of_key: &Value) -> Value {
    let of = |one: &One| {
        let stands = |place: Stands| if one.stands == place { vec![document(&one.identity)] } else { Vec::new() };
        json!({
            "arn": one.arn(), "inline": stands(Stands::Inline), "managed": stands(Stands::Managed), "group": stands(Stands::Group),
            "boundary": one.boundary.as_ref().map(document), "trust": one.trust.as_ref().map(document),
        })
    };
    let actions: Vec<&str> = ACTIONS.iter().filter_map(|(action, _)| action.strip_prefix("kms:")).collect();
    json!({"people": people.iter().map(of).collect::<Vec<_>>(), "key": document(of_key), "actions": actions})
}

fn answers(worlds: &[Value]) -> Vec<Value> {
    let system = |name: &str| {
        std::env::var(name)
            .unwrap_or_else(|_| panic!("this test needs ministack: `scripts/test` starts it and names it in {name}"))
    };
    let mut child = Command::new(system("WITNESSMARK_TEST_MINISTACK_PYTHON"))
        .args(["-c", include_str!("worlds/enforced.py"), &system("WITNESSMARK_TEST_MINISTACK")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ministack's Python starts");
    let mut stdin = child.stdin.take().unwrap();
    let text = Value::from(worlds).to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    writer.join().unwrap().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Said {
    fn of(answer: &Value) -> Self {
        let place = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let pairs = |name: &str| answer[name].as_array().unwrap().clone();
        let action = |name: &Value| {
            let full = format!("kms:{}", name.as_str().unwrap());
            ACTIONS.iter().map(|(action, _)| *action).find(|action| *action == full).unwrap()
        };
        Self {
            acts: pairs("acts").iter().map(|pair| (place(&pair[0]), action(&pair[1]))).collect(),
            becomes: pairs("becomes").iter().map(|pair| (place(&pair[0]), place(&pair[1]))).collect(),
        }
    }
}

#[test]
fn whoever_can_call_there_is_named_here() {
    let worlds = std::env::var("WITNESSMARK_TEST_ENFORCED_WORLDS").map_or(WORLDS, |text| text.parse().unwrap());
    let mut dice = Dice(0x0E4F_0CE5);
    let made: Vec<(Vec<One>, Value)> = (0..worlds).map(|_| accounts::made(&mut dice, true)).collect();
    let sent: Vec<Value> = made.iter().map(|(people, of_key)| sent(people, of_key)).collect();
    let answers = answers(&sent);
    assert_eq!(answers.len(), made.len());
    let sum = |name: &str| answers.iter().map(|answer| answer[name].as_u64().unwrap()).sum::<u64>();
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    let (mut counts, mut otherwise) = (Counts::default(), BTreeMap::<String, usize>::new());
    for ((people, of_key), answer) in made.iter().zip(&answers) {
        let (reach, said) = (accounts::reach(people, of_key), Said::of(answer));
        for does in [Does::Use, Does::Administer, Does::Destroy] {
            let there = said.reach(does);
            for (n, one) in people.iter().enumerate() {
                let here = found(&reach, one, does);
                let word = word(there.contains(&n), here);
                *counts.entry(word).or_default() += 1;
                let (unexplained, there) = match word {
                    "there alone" => (&mut missing, true),
                    "here alone" => (&mut extra, false),
                    _ => continue,
                };
                match explained(people, of_key, one, does, there) {
                    Some(why) => *otherwise.entry(format!("{word}: {why}")).or_default() += 1,
                    None => unexplained.push(shown(people, of_key, one, does, here)),
                }
            }
        }
    }
    println!(
        "{} questions, {} not to be put: {counts:#?}\nread otherwise there: {otherwise:#?}\n{} missing, {} too many",
        sum("asked"),
        sum("unasked"),
        missing.len(),
        extra.len()
    );
    for one in extra.iter().take(6) {
        println!("here alone: {one}");
    }
    assert!(
        missing.is_empty(),
        "{} missing:\n{}",
        missing.len(),
        missing.iter().take(2).cloned().collect::<Vec<_>>().join("\n")
    );
    let all = |word: &str| counts.get(word).copied().unwrap_or(0);
    assert!(all("both") >= worlds && all("neither") >= worlds, "{counts:#?}");
    assert!(extra.len() * 50 <= all("both"), "more than 2 % too many: {counts:#?}");
}
