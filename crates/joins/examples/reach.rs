//! What it costs to find out who reaches 5,000 keys in two accounts with 3,000 principals (`docs/performance.md`).
//!
//! `cargo run --release -p witnessmark-joins --example reach [KEYS] [PRINCIPALS]`

#![expect(clippy::disallowed_methods, reason = "it measures real time")]

#[path = "../tests/all/coverage.rs"]
mod coverage;

use std::io::Write as _;
use std::time::Instant;

use iam_policy::PolicyDocument;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use witnessmark_joins::World;
use witnessmark_joins::reach::{COMMON, JOIN, REACH};

const ACCOUNTS: [(&str, &str); 2] = [("one", "111122223333"), ("two", "444455556666")];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn policy(statements: &Value) -> Outcome<Value> {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Ok(serde_json::to_value(PolicyDocument::parse(&text)?)?)
}

fn allow(action: impl Into<Value>, resource: impl Into<Value>) -> Value {
    let (action, resource): (Value, Value) = (action.into(), resource.into());
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn key_arn(account: &str, n: usize) -> String {
    format!("arn:aws:kms:eu-west-1:{account}:key/{n:08x}-0000-4000-8000-000000000000")
}

/// Users and roles of an account: one in a hundred administers it, one in ten uses some keys by their ARNs, one in twenty may decrypt with every key, a third
/// may assume roles; half of the roles are for services, the others for the account, for single users, or for the other account.
fn principal(account: &str, other: &str, n: usize, keys: usize) -> Outcome<(&'static str, String, Value)> {
    let user = n.is_multiple_of(3);
    let kind = if user { "user" } else { "role" };
    let name = format!("{kind}-{n}");
    let arn = format!("arn:aws:iam::{account}:{kind}/{name}");
    let mut statements = vec![allow(json!(["s3:GetObject", "logs:*", "ec2:Describe*"]), json!("*"))];
    match n % 100 {
        0 => statements.push(allow(json!("*"), json!("*"))),
        1..=10 => {
            let own = [key_arn(account, n % keys.max(1)), key_arn(account, (n * 7) % keys.max(1))];
            statements.push(allow(json!(["kms:Sign", "kms:Decrypt"]), json!(own)));
        }
        11..=15 => statements.push(allow(json!("kms:Decrypt"), json!("*"))),
        16 => statements.push(allow(json!("iam:CreateAccessKey"), json!(format!("arn:aws:iam::{account}:user/*")))),
        17 => statements.push(allow(json!("iam:PassRole"), json!("*"))),
        18..=50 => {
            let role = format!("arn:aws:iam::{account}:role/role-{}", n + 1);
            statements.push(allow(json!("sts:AssumeRole"), json!(role)));
        }
        _ => {}
    }
    let mut facts = json!({
        "identity": {"arn": arn, "name": name},
        "inline_policies": [{"name": "own", "document": policy(&json!(statements))?}],
        "attached_policies": [{"arn": format!("arn:aws:iam::{account}:policy/shared-{}", n % 20), "name": "shared"}],
        "permissions_boundary": {"exists": false},
    });
    let own = if user {
        json!({"groups": [], "mfa_devices": [{"serial": "x", "type": "virtual"}]})
    } else {
        let by = match n % 8 {
            0..4 => json!({"Service": "lambda.amazonaws.com"}),
            4 | 5 => json!({"AWS": format!("arn:aws:iam::{account}:root")}),
            6 => json!({"AWS": format!("arn:aws:iam::{account}:user/user-{}", n / 3 * 3)}),
            _ => json!({"AWS": format!("arn:aws:iam::{other}:role/role-{n}")}),
        };
        json!({"trust_policy": policy(&json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": by}]))?})
    };
    if let (Value::Object(all), Value::Object(own)) = (&mut facts, own) {
        all.extend(own);
    }
    Ok((kind, arn, facts))
}

/// A key: two in five have the policy that KMS gives a new key, the others name roles of their own beside it; each fifth has a grant.
fn key(account: &str, n: usize, principals: usize) -> Outcome<(String, Value)> {
    let arn = key_arn(account, n);
    let role = |m: usize| format!("arn:aws:iam::{account}:role/role-{}", (n * 13 + m) % principals.max(1) / 3 * 3 + 1);
    let root = json!({"AWS": format!("arn:aws:iam::{account}:root")});
    let mut statements = vec![json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": root})];
    if n % 5 > 1 {
        let users = json!({"AWS": [role(0), role(30)]});
        statements.push(
            json!({"Effect": "Allow", "Action": ["kms:Sign", "kms:Verify"], "Resource": "*", "Principal": users}),
        );
        let keepers = json!({"AWS": role(60)});
        let actions = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKey"];
        statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": "*", "Principal": keepers}));
    }
    let grants = if n.is_multiple_of(5) {
        json!([{"id": "g", "grantee": role(90), "operations": ["Decrypt", "GenerateDataKey"]}])
    } else {
        json!([])
    };
    let facts = json!({"policy": policy(&json!(statements))?, "grants": grants, "spec": "ECC_NIST_P256", "usage": "SIGN_VERIFY",
        "origin": "AWS_KMS", "manager": "CUSTOMER", "multi_region": null, "aliases": [format!("alias/key-{n}")]});
    Ok((arn, facts))
}

fn main() -> Outcome<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let keys = numbers.next().transpose()?.unwrap_or(5_000) / 2;
    let principals = numbers.next().transpose()?.unwrap_or(3_000) / 2;
    let targets: String = ACCOUNTS
        .iter()
        .map(|(id, account)| format!("  - {{id: {id}, collector: [aws-iam, aws-kms], account: \"{account}\"}}\n"))
        .collect();
    let yaml = format!("witnessmark: 1\nentity: Bench\nsystem: {{id: bench, name: Bench}}\ntargets:\n{targets}");
    let loaded = declaration::load("bench.yaml", &|_: &str| Ok(yaml.clone().into_bytes()));
    let mut builder = World::builder(&loaded.declaration, 1_795_982_400);
    let mut text = 0;
    for (at, (target, account)) in ACCOUNTS.iter().enumerate() {
        let other = ACCOUNTS.get(1 - at).map_or("", |(_, other)| other);
        let mut give = |collector: &str, kind: &str, id: &str, facts: &Value| -> Outcome<()> {
            let raw = to_raw_value(facts)?;
            text += raw.get().len();
            Ok(builder.object((target, collector, kind), (kind, id), &raw)?)
        };
        for n in 0..20 {
            let arn = format!("arn:aws:iam::{account}:policy/shared-{n}");
            let document =
                policy(&json!([allow(json!(["s3:*", "sqs:*"]), json!("*")), allow(json!("ec2:*"), json!("*"))]))?;
            give("aws-iam", "aws-iam/policy", &arn, &json!({"document": document}))?;
        }
        for n in 0..principals {
            let (kind, arn, facts) = principal(account, other, n, keys)?;
            give("aws-iam", &format!("aws-iam/{kind}"), &arn, &facts)?;
        }
        for n in 0..keys {
            let (arn, facts) = key(account, n, principals)?;
            give("aws-kms", "aws-kms/key", &arn, &facts)?;
        }
        for population in ["aws-iam/user", "aws-iam/group", "aws-iam/role", "aws-iam/policy", "aws-kms/key"] {
            builder.coverage(coverage::whole(target, population));
        }
    }
    // No key is declared: a check asks for it.
    builder.asked(REACH);
    let world = builder.build();
    let before = peak();
    let (started, used) = (Instant::now(), processor());
    let (mut reached, mut common, mut entries, mut bytes) = (0_usize, 0_usize, 0, 0);
    let (mut aside, mut failed) = (0.0, None);
    let lists = (JOIN.run)(&world, &mut |joined| {
        // Into the text that is sealed, as a run does it.
        let written = match to_raw_value(&joined.facts) {
            Ok(written) => written,
            Err(problem) => return failed = Some(problem),
        };
        bytes += written.get().len();
        // Counting is no part of a run.
        let counting = processor();
        reached += usize::from(joined.kind == REACH);
        common += usize::from(joined.kind == COMMON);
        let listed: Listed = serde_json::from_str(written.get()).unwrap_or_default();
        entries += listed.entries.len();
        aside += processor() - counting;
    });
    if let Some(problem) = failed {
        return Err(problem.into());
    }
    let (took, used) = (started.elapsed().as_secs_f64(), processor() - used - aside);
    if reached != keys * 2 {
        return Err(format!("{reached} of {} keys were told", keys * 2).into());
    }
    writeln!(
        std::io::stdout(),
        "{} keys, {} principals: {common} common lists, {entries} entries, {bytes} bytes of facts in {used:.2} s of processor time, {took:.2} s wall; facts that went in: {text} bytes; peak before {before}, after {}; {} kinds",
        keys * 2,
        principals * 2,
        peak(),
        lists.len()
    )?;
    Ok(())
}

/// Facts of which only the entries are counted.
#[derive(Default, Deserialize)]
struct Listed {
    #[serde(default)]
    entries: Vec<IgnoredAny>,
}

/// Seconds of processor time that this thread has used, as Linux counts it.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: u32 = 1_000_000_000;
    text.split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / f64::from(nanoseconds)
}

/// The most memory that the process had, as Linux counts it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |text| text.trim().to_owned())
}
