//! Rights on an emulator that decides by policies, ministack: the printed policy is enough and no more, each right that is taken away is
//! the gap that the table names, and the account's own trail has every call.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use fakes::emulators;
use serde_json::{Value, json};
use testkit::Emulator;
use workspace_tests::desk::{Desk, Finding, Sealed, template};

use crate::emulators::{ACCOUNT, desk, path, seed};

/// A user of the seeded account who has exactly the printed policy, and a desk with that user's credentials.
struct Reader {
    desk: Desk,
    key: String,
    secret: String,
    policy: Value,
}

fn reader(ministack: &Emulator) -> Reader {
    for what in ["company", "evidence"] {
        seed(ministack.url(), &[ACCOUNT, what]);
    }
    let before = Desk::new(&template(ACCOUNT, "[eu-west-1]"));
    let policy = before.witnessmark(&["rights", "--format", "aws-policy"]);
    assert_eq!(policy.code, 0, "{policy:?}");
    fs::write(before.path("policy.json"), &policy.stdout).unwrap();
    let made = seed(ministack.url(), &[ACCOUNT, "reader", path(&before.path("policy.json"))]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let (key, secret) = (text("access_key"), text("secret"));
    Reader { desk: desk(ministack.url(), &key, &secret), key, secret, policy: policy.json() }
}

/// The actions that a policy allows.
fn actions(policy: &Value) -> impl Iterator<Item = &str> {
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().flat_map(|one| one["Action"].as_array().unwrap()).map(|action| action.as_str().unwrap())
}

#[test]
fn exactly_the_printed_rights_are_enough_and_no_more() {
    let scratch = tempfile::tempdir().unwrap();
    let ministack = emulators::ministack(scratch.path(), true);
    let Reader { desk, key, secret, .. } = reader(&ministack);
    let preflight = desk.witnessmark(&["preflight", "--format", "json"]);
    assert!(!preflight.stdout.contains("\"denied\""), "{preflight:?}");
    let (answer, sealed) = desk.seal();
    let denied: Vec<&Value> = sealed.of("gap").filter(|gap| gap["reason"] == "denied").collect();
    assert!(denied.is_empty(), "{answer:?}\n{denied:#?}");
    assert!(sealed.of("resource").count() >= 10);
    // The policy is exact: what it does not name is refused to the same credentials.
    let allowed: Vec<String> = serde_json::from_str(&seed(ministack.url(), &[&key, &secret, "probe"])).unwrap();
    assert!(allowed.is_empty(), "beyond reading, these may be called: {allowed:?}");

    let everything = sealed.text();
    assert!(!everything.contains(&secret), "the reader's secret key is in the bundle");
}

/// Gives the reader another policy. The emulator does not look at signatures.
fn allow(ministack: &Emulator, policy: &Value) {
    let signed = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    );
    let answer = Command::new("curl")
        .args(["-sS", "--fail", "--noproxy", "*", "-H", &signed, ministack.url()])
        .args(["-d", "Action=PutUserPolicy&Version=2010-05-08&UserName=witnessmark&PolicyName=rights"])
        .args(["--data-urlencode", &format!("PolicyDocument={policy}")])
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
}

/// What every right of AWS that can be refused feeds, by the descriptors: kinds, and parts of kinds.
fn table() -> BTreeMap<String, BTreeSet<(String, Option<String>)>> {
    let mut table: BTreeMap<String, BTreeSet<(String, Option<String>)>> = BTreeMap::new();
    for kind in collectors::all().into_iter().filter(|kind| kind.descriptor().name.starts_with("aws-")) {
        for right in kind.descriptor().rights.into_iter().filter(|right| right.deniable) {
            table.entry(right.name).or_default().extend(right.feeds.into_iter().map(|feed| (feed.kind, feed.part)));
        }
    }
    table
}

/// Kind and part of every gap that names this right as refused.
fn refused(sealed: &Sealed) -> BTreeMap<String, BTreeSet<(String, Option<String>)>> {
    let mut refused: BTreeMap<String, BTreeSet<(String, Option<String>)>> = BTreeMap::new();
    // What is joined from all targets has gaps that follow from these.
    let read = |gap: &&Value| gap["target"] != "joined" && gap["reason"] == "denied";
    for gap in sealed.of("gap").filter(read) {
        let kind = gap["population"].as_str().unwrap().split('@').next().unwrap().to_owned();
        let part = gap["part"].as_str().map(str::to_owned);
        refused.entry(gap["right"].as_str().unwrap().to_owned()).or_default().insert((kind, part));
    }
    refused
}

/// Of each right that the emulator knows a call for. What feeds nothing costs nothing; what it has no call for is covered on the fake.
#[test]
fn each_right_that_is_taken_away_is_the_gap_that_the_table_names() {
    let scratch = tempfile::tempdir().unwrap();
    let ministack = emulators::ministack(scratch.path(), true);
    let Reader { desk, policy, .. } = reader(&ministack);
    // What is lost is looked at here, and not what follows from it: one check is enough.
    let declaration = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    let (targets, _) = declaration.split_once("\nthird_parties:").unwrap();
    let control = "controls:\n  - {id: C, title: Nobody works as root, checks: [{use: aws-iam/root-has-mfa}]}\n";
    fs::write(desk.path("witnessmark.yaml"), format!("{targets}\n{control}")).unwrap();
    let (answer, whole) = desk.seal();
    assert_eq!(refused(&whole), BTreeMap::new(), "{answer:?}");
    let answered: BTreeSet<&str> = whole
        .of("exchange")
        .filter(|exchange| exchange["status"] == 200)
        .map(|exchange| exchange["operation"].as_str().unwrap())
        .collect();

    let table = table();
    let mut wrong = Vec::new();
    let mut let_through = Vec::new();
    let mut tried = 0;
    for (right, feeds) in table.iter().filter(|(right, _)| answered.contains(right.as_str())) {
        let mut less = policy.clone();
        for statement in less["Statement"].as_array_mut().unwrap() {
            statement["Action"].as_array_mut().unwrap().retain(|action| action != right);
        }
        less["Statement"].as_array_mut().unwrap().retain(|statement| statement["Action"] != json!([]));
        assert_ne!(less, policy, "{right} is not in the printed policy");
        allow(&ministack, &less);
        let (_, sealed) = desk.seal();
        tried += 1;
        if sealed.of("exchange").any(|one| one["operation"] == right.as_str() && one["status"] == 200) {
            let_through.push(right.as_str());
            continue;
        }
        let mut refused = refused(&sealed);
        let found = refused.remove(right).unwrap_or_default();
        if !refused.is_empty() {
            wrong.push(format!("without {right}, refused too: {refused:?}"));
        }
        if !found.is_subset(feeds) || (found.is_empty() && !feeds.is_empty()) {
            wrong.push(format!("without {right}: gaps of {found:?}, and the table says {feeds:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The emulator lists regions to anybody.
    assert_eq!(let_through, ["account:ListRegions"]);
    assert!(tried >= 30, "{tried} of {}", table.len());
    println!("{tried} of {} rights taken away in turn", table.len());
}

/// The account's own trail against the bundle: nothing was called that is not sealed, nothing sealed that was not called, and no call
/// is one that the printed policy does not name. The emulator's trail leaves out what it refuses or has no place for and calls of CloudTrail itself, and
/// names calls of S3 and of the account's own service by what it can tell from method and path.
#[test]
fn the_accounts_own_trail_has_every_call_and_no_other() {
    let scratch = tempfile::tempdir().unwrap();
    let ministack = emulators::ministack(scratch.path(), true);
    let Reader { desk, key, policy, .. } = reader(&ministack);
    let granted: BTreeSet<&str> = actions(&policy).collect();
    let (answer, sealed) = desk.seal();
    assert!([3, 10, 11, 12].contains(&answer.code), "{answer:?}");

    let called: Vec<(String, String)> =
        serde_json::from_str(&seed(ministack.url(), &[ACCOUNT, "calls", &key])).unwrap();
    let called: BTreeMap<String, String> = called.into_iter().map(|(call, id)| (id, call)).collect();
    assert!(called.len() > 60, "{called:#?}");
    let of_the_bundle: BTreeMap<&str, &Value> =
        sealed.of("exchange").map(|exchange| (exchange["request_id"].as_str().unwrap(), exchange)).collect();
    for (id, call) in &called {
        let exchange = of_the_bundle.get(id.as_str()).unwrap_or_else(|| panic!("{call} {id} is not in the bundle"));
        let operation = exchange["operation"].as_str().unwrap();
        // AWS tells everybody who they are.
        assert!(granted.contains(operation) || operation == "sts:GetCallerIdentity", "{operation} is not granted");
        let rest = ["s3:", "account:"].iter().any(|service| call.starts_with(service));
        assert!(rest || operation == call, "the trail has {call}, the bundle {operation}");
    }
    let missing: Vec<&&Value> = of_the_bundle
        .iter()
        .filter(|(id, exchange)| {
            let operation = exchange["operation"].as_str().unwrap();
            exchange["status"] != 403
                && exchange["error"] != "InvalidURI"
                && !operation.starts_with("cloudtrail:")
                && !called.contains_key(**id)
        })
        .map(|(_, exchange)| exchange)
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn without_any_right_nothing_is_concluded() {
    let scratch = tempfile::tempdir().unwrap();
    let ministack = emulators::ministack(scratch.path(), true);
    seed(ministack.url(), &[ACCOUNT, "company"]);
    let desk = Desk::new(&template(ACCOUNT, "[eu-west-1]"));
    fs::write(
        desk.path("policy.json"),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
    )
    .unwrap();
    let reader: Value =
        serde_json::from_str(&seed(ministack.url(), &[ACCOUNT, "reader", path(&desk.path("policy.json"))])).unwrap();
    let mut desk = desk;
    desk.aws(ministack.url(), reader["access_key"].as_str().unwrap(), reader["secret"].as_str().unwrap());
    let (answer, sealed) = desk.seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    // The emulator lists regions to anybody; that the declaration leaves most of them out needs no right to be known.
    let left_out =
        |one: &Finding| one.outcome == "not-applicable" && one.reason == "the declaration leaves this region out";
    // Nobody has to be asked that a key without a place is nowhere to be found, and that an account of AWS is at AWS.
    let known = |one: &Finding| {
        let of = one.subject.as_ref().map_or("", |(_, id)| id.as_str());
        (one.check.starts_with("keys/") && of == "signing" && one.outcome == "not-applicable")
            || (one.check.starts_with("third-parties/") && ["aws", "cloud aws"].contains(&of))
    };
    let concluded: Vec<Finding> =
        // What is declared was read by whoever wrote it.
        sealed
            .findings()
            .into_iter()
            .filter(|one| one.outcome != "undetermined" && !one.check.starts_with("declaration/") && !left_out(one) && !known(one))
            .collect();
    assert!(concluded.is_empty(), "{concluded:#?}");
}
