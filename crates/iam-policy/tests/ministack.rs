//! Held against ministack's simulator in generated worlds of identity policies: what one says is allowed, the other says too.
//!
//! Its simulator reads no context, no resource policy and no boundary (`docs/policies.md`): the worlds have no conditions.

#![expect(clippy::disallowed_methods, reason = "tests take their systems from the environment")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

#[path = "worlds/dice.rs"]
mod dice;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use dice::Dice;
use serde_json::{Value, json};
use witnessmark_iam_policy::{Digest, Held, Holder, May, PolicyDocument, raised};

const WORLDS: usize = 1_000;
const NAMED: [&str; 2] = ["arn:aws:kms:eu-west-1:111122223333:key/a", "arn:aws:kms:eu-west-1:111122223333:key/b"];
/// Those that no policy names.
const OTHERS: [&str; 2] = ["arn:aws:kms:eu-west-1:111122223333:key/c", "arn:aws:kms:eu-central-1:111122223333:key/c"];

fn statement(dice: &mut Dice) -> Value {
    let effect = dice.text(&["Allow", "Allow", "Deny"]);
    let actions = [
        json!("*"),
        json!("kms:*"),
        json!("kms:Sign"),
        json!("KMS:sign"),
        json!(["kms:Decrypt", "kms:Si*"]),
        json!("kms:S??n"),
        json!("s3:*"),
        json!(["kms:Describe*", "iam:*"]),
    ];
    let resources = [
        json!("*"),
        json!("arn:aws:kms:*:111122223333:key/*"),
        json!(NAMED[0]),
        json!([NAMED[0], NAMED[1]]),
        json!("arn:aws:kms:eu-west-1:111122223333:key/*"),
        json!("arn:aws:kms:*:999999999999:key/*"),
        json!("arn:aws:s3:::*"),
    ];
    let (action, resource) = (dice.pick(&actions).clone(), dice.pick(&resources).clone());
    let action_name = if dice.one_in(5) { "NotAction" } else { "Action" };
    let resource_name = if dice.one_in(6) { "NotResource" } else { "Resource" };
    json!({"Effect": effect, action_name: action, resource_name: resource})
}

fn policy(dice: &mut Dice) -> Value {
    let statements: Vec<Value> =
        (0..1 + usize::from(dice.one_in(2)) + usize::from(dice.one_in(3))).map(|_| statement(dice)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Everything but letters, digits and what RFC 3986 leaves alone.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

/// Whether ministack allows `kms:Sign` on a key.
fn simulated(authority: &str, policy: &Value, key: &str) -> bool {
    let form = format!(
        "Action=SimulateCustomPolicy&Version=2010-05-08&ActionNames.member.1=kms%3ASign&PolicyInputList.member.1={}&ResourceArns.member.1={}",
        encoded(&policy.to_string()),
        encoded(key)
    );
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(authority).expect("ministack answers on loopback");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let decision = answer.split("<EvalDecision>").nth(1).and_then(|rest| rest.split('<').next());
    match decision.unwrap_or_else(|| panic!("no decision in {answer}")) {
        "allowed" => true,
        "implicitDeny" | "explicitDeny" => false,
        other => panic!("an unknown decision {other}"),
    }
}

#[test]
fn what_is_allowed_here_is_allowed_there() {
    let endpoint = std::env::var("WITNESSMARK_TEST_MINISTACK")
        .expect("this test needs ministack: `scripts/test` starts it and names it in WITNESSMARK_TEST_MINISTACK");
    let authority = endpoint.strip_prefix("http://").expect("an endpoint without TLS");
    let mut dice = Dice(0x0005_1617);
    let (mut differences, mut counts) = (Vec::new(), BTreeMap::new());
    for _ in 0..WORLDS {
        let policy = policy(&mut dice);
        let document = PolicyDocument::parse(&policy.to_string()).unwrap();
        let held = Held { name: "own".to_owned(), group: None, digest: Some(Arc::new(Digest::of(&document))) };
        let jane = Holder {
            arn: "arn:aws:iam::111122223333:user/jane".to_owned(),
            name: "jane".to_owned(),
            policies: vec![held],
            ..Holder::default()
        };
        let found = raised(&[jane], "aws", "111122223333").remove(0);
        let ours = found.keys.iter().find(|power| power.action == "kms:Sign").map(|power| power.may);
        let theirs: Vec<bool> =
            NAMED.iter().copied().chain(OTHERS).map(|key| simulated(authority, &policy, key)).collect();
        *counts.entry(format!("{ours:?} here, {} there", theirs.contains(&true))).or_insert(0_usize) += 1;
        // What is not told here is not compared.
        if ours != Some(May::Undetermined) && ours.is_some() != theirs.contains(&true) {
            differences.push(format!("{policy}: {ours:?} here, {theirs:?} there"));
        }
    }
    println!("{counts:#?}");
    assert!(
        differences.is_empty(),
        "{} of {WORLDS}:\n{}",
        differences.len(),
        differences.iter().take(8).cloned().collect::<Vec<_>>().join("\n")
    );
    let count = |part: &str| counts.iter().filter(|(k, _)| k.contains(part)).map(|(_, n)| n).sum::<usize>();
    assert!(
        count("Yes") * 5 > WORLDS && count("None") * 5 > WORLDS && count("Undetermined") * 50 < WORLDS,
        "{counts:#?}"
    );
}
