//! Held against iam-simulate, another implementation, in generated worlds: what this library says is closed, it says too.
//!
//! Two questions are put of each world: whether the policy lets this one request pass (`PolicyDocument::lets`), and whether the policy lets
//! anybody outside in (`LetIn::outside`), which every request from outside that passes contradicts. `docs/policies.md` explains all differences.

#![expect(clippy::disallowed_methods, reason = "tests take their systems from the environment")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use witnessmark_iam_policy::{Answer, Caller, PolicyDocument, Request, Scope};
use worlds::{Dice, KEY, OUTSIDE, OWN, policy};

const WORLDS: usize = 6_000;

/// Who asks, and the context that AWS would give: what only services have, only services have.
struct Asked {
    principal: Option<String>,
    context: BTreeMap<String, Vec<String>>,
    outside: bool,
}

fn asked(dice: &mut Dice) -> Asked {
    let mut context: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut put = |key: &str, value: &str| {
        context.insert(key.to_owned(), vec![value.to_owned()]);
    };
    put("aws:SecureTransport", dice.text(&["true", "false"]));
    put("aws:CurrentTime", "2026-11-29T20:00:00Z");
    put("aws:ResourceAccount", OWN);
    if !dice.one_in(4) {
        put("aws:SourceIp", dice.text(&["203.0.113.77", "198.51.100.7"]));
    }
    if dice.one_in(3) {
        put("kms:EncryptionContext:account", OWN);
    }
    let people = [
        ("arn:aws:iam::111122223333:role/signer", OWN, Some("o-abcdefghij")),
        ("arn:aws:iam::999999999999:role/stranger", OUTSIDE, None),
        ("arn:aws:iam::999999999999:user/stranger", OUTSIDE, Some("o-zzzzzzzzzz")),
        ("arn:aws:iam::999999999999:role/x:iam::111122223333:role/y", OUTSIDE, Some("o-abcdefghijk")),
        ("arn:aws:iam::888888888888:role/member", "888888888888", Some("o-abcdefghij")),
    ];
    if dice.one_in(4) {
        let (name, source) = *dice.pick(&[
            ("cloudtrail.amazonaws.com", OWN),
            ("cloudtrail.amazonaws.com", OUTSIDE),
            ("logs.eu-west-1.amazonaws.com", OUTSIDE),
        ]);
        put("aws:PrincipalIsAWSService", "true");
        put("aws:SourceAccount", source);
        put("aws:SourceArn", &format!("arn:aws:cloudtrail:eu-west-1:{source}:trail/main"));
        return Asked { principal: Some(name.to_owned()), context, outside: source == OUTSIDE };
    }
    let (arn, account, organization) = *dice.pick(&people);
    put("aws:PrincipalArn", arn);
    put("aws:PrincipalAccount", account);
    put("kms:CallerAccount", account);
    put("aws:PrincipalIsAWSService", "false");
    if let Some(organization) = organization {
        put("aws:PrincipalOrgID", organization);
        put("aws:PrincipalOrgPaths", &format!("{organization}/r-ab12/"));
    }
    Asked { principal: Some(arn.to_owned()), context, outside: account != OWN && organization != Some("o-abcdefghij") }
}

impl Asked {
    fn request(&self) -> Request {
        let name = self.principal.clone().unwrap_or_default();
        let caller = match &self.principal {
            None => Caller::Anonymous,
            Some(_) if name.starts_with("arn:") => Caller::Principal { arn: name, session: None },
            Some(_) => Caller::Service(name),
        };
        Request {
            caller,
            action: "kms:Decrypt".to_owned(),
            resource: Some(KEY.to_owned()),
            context: self.context.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect(),
            complete: true,
        }
    }

    /// One value as a text, as the simulator wants it; keys with several values as lists.
    fn question(&self, policy: &Value) -> Value {
        let context: BTreeMap<&String, Value> = self
            .context
            .iter()
            .map(|(k, v)| (k, if k.ends_with("OrgPaths") { json!(v) } else { json!(v.first()) }))
            .collect();
        json!({"policy": policy, "request": {
            "principal": self.principal, "action": "kms:Decrypt", "resource": KEY, "account": OWN, "context": context}})
    }
}

/// What the simulator says.
#[derive(serde::Deserialize)]
struct Simulated {
    result: String,
    /// Keys that it does not take for this action: they are not put here either.
    ignored: Vec<String>,
}

fn simulated(questions: &[Value]) -> Vec<Simulated> {
    let folder = std::env::var_os("WITNESSMARK_TEST_IAM_SIMULATE").map(PathBuf::from).expect(
        "this test needs iam-simulate: `scripts/test` installs it and names its folder in WITNESSMARK_TEST_IAM_SIMULATE",
    );
    let mut child = Command::new("node")
        .arg(folder.join("answer.mjs"))
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
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_is_closed_here_is_closed_there() {
    let scope = Scope {
        own: OWN.to_owned(),
        organizations: BTreeSet::from(["o-abcdefghij".to_owned()]),
        now: 1_795_982_400,
        ..Scope::default()
    };
    let mut dice = Dice(0x5EED);
    let worlds: Vec<(Value, Asked)> = (0..WORLDS).map(|_| (policy(&mut dice), asked(&mut dice))).collect();
    let questions: Vec<Value> = worlds.iter().map(|(policy, asked)| asked.question(policy)).collect();
    let answers = simulated(&questions);
    assert_eq!(answers.len(), WORLDS);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut comfort = Vec::new();
    let mut stricter = Vec::new();
    for ((policy, asked), theirs) in worlds.iter().zip(&answers) {
        let document = PolicyDocument::parse(&policy.to_string()).unwrap();
        let mut request = asked.request();
        request.context.retain(|key, _| !theirs.ignored.iter().any(|ignored| ignored.eq_ignore_ascii_case(key)));
        let theirs = &theirs.result;
        let ours = document.lets(&request);
        let word = match &ours {
            Answer::Yes(_) => "yes",
            Answer::No(_) => "no",
            Answer::Undetermined(_) => "undetermined",
        };
        *counts.entry(format!("request: {word} here, {theirs} there")).or_default() += 1;
        let allowed = theirs == "Allowed";
        let shown = || format!("{policy} {:?} {:?}: {ours:?}", asked.principal, asked.context);
        // It takes a network of length 0 for one that holds no address.
        if allowed != (word == "yes") && word != "undetermined" && policy.to_string().contains("0.0.0.0/0") {
            *counts.entry("explained: a network of length 0".to_owned()).or_default() += 1;
            continue;
        }
        if allowed && word == "no" {
            comfort.push(shown());
        }
        if !allowed && word == "yes" {
            stricter.push(shown());
        }
        let closed = document
            .statements
            .iter()
            .filter_map(|s| s.lets_in.as_ref())
            .flatten()
            .all(|one| matches!(one.outside(&scope), Answer::No(_)));
        if asked.outside {
            *counts.entry(format!("outside: closed {closed}, {theirs} there")).or_default() += 1;
            if closed && (allowed || word == "yes") {
                comfort.push(format!("closed to the outside: {}", shown()));
            }
        }
    }
    println!("{counts:#?}");
    assert!(
        comfort.is_empty(),
        "{} of {WORLDS}:\n{}",
        comfort.len(),
        comfort.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(
        stricter.is_empty(),
        "{} of {WORLDS}:\n{}",
        stricter.len(),
        stricter.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
    let count = |part: &str| counts.iter().filter(|(k, _)| k.contains(part)).map(|(_, n)| n).sum::<usize>();
    assert!(count("yes here, Allowed there") > 1_000, "too few worlds let anybody in: {counts:#?}");
    assert!(count("no here") > 1_000 && count("closed true") > 500, "{counts:#?}");
    assert!(count("explained") * 100 < WORLDS, "too much is explained: {counts:#?}");
    assert!(count("undetermined here") * 20 < WORLDS, "too much is undetermined: {counts:#?}");
    assert_eq!(count("error"), 0, "{counts:#?}");
}
