//! The checks compare as the library does: stock OPA judges generated key policies, and `Scope` answers the same.

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
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use witnessmark_iam_policy::{Answer, PolicyDocument, Scope};
use worlds::{Dice, KEY, OWN, policy};

const POLICIES: usize = 2_000;
const NOW: i64 = 1_795_982_400;

fn input(document: &PolicyDocument) -> Value {
    json!({
        "now": NOW,
        "target": {"id": "prod", "collector": "aws-kms"},
        "parameters": {"accounts": ["444455556666"], "organizations": ["o-abcdefghij"], "services": ["logs.amazonaws.com"]},
        "declaration": {},
        "resource": {"arn": KEY, "manager": "CUSTOMER", "policy": document},
    })
}

/// The outcome of the whole policy.
fn outcome(document: &PolicyDocument, scope: &Scope) -> &'static str {
    let answers: Vec<Answer> =
        document.statements.iter().filter_map(|s| s.lets_in.as_ref()).flatten().map(|one| one.outside(scope)).collect();
    if answers.iter().any(|a| matches!(a, Answer::Yes(_))) {
        "deviates"
    } else if answers.iter().any(|a| matches!(a, Answer::Undetermined(_))) {
        "undetermined"
    } else {
        "conforms"
    }
}

fn opa(inputs: &[Value]) -> Vec<String> {
    let program = std::env::var_os("WITNESSMARK_TEST_OPA")
        .expect("this test needs `opa`: `scripts/test` installs it and names it in WITNESSMARK_TEST_OPA");
    let package = "data.checks.aws_kms.key_policy_is_bounded";
    let rule = |name: &str| format!("count({{x | some x in {package}.{name} with input as one}})");
    let query =
        format!("[r | some one in input; r := [{}, {}, {}]]", rule("deviates"), rule("undetermined"), rule("conforms"));
    let mut child = Command::new(program)
        .args(["eval", "--strict-builtin-errors", "-f", "raw", "-d", "lib", "-d", "checks", "-I", &query])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = Value::from(inputs).to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts: Vec<[u64; 3]> = serde_json::from_slice(&output.stdout).unwrap();
    let word = |[deviates, undetermined, conforms]: [u64; 3]| match (deviates > 0, undetermined > 0, conforms > 0) {
        (false, false, true) => "conforms",
        (false, true, false) => "undetermined",
        (true, _, false) => "deviates",
        _ => "contradicts itself",
    };
    counts.into_iter().map(|c| word(c).to_owned()).collect()
}

#[test]
fn the_check_concludes_what_the_library_answers() {
    let scope = Scope {
        own: OWN.to_owned(),
        accounts: BTreeSet::from(["444455556666".to_owned()]),
        organizations: BTreeSet::from(["o-abcdefghij".to_owned()]),
        services: BTreeSet::from(["logs.amazonaws.com".to_owned()]),
        now: NOW,
        ..Scope::default()
    };
    let mut dice = Dice(0x0C0FFEE);
    let documents: Vec<PolicyDocument> =
        (0..POLICIES).map(|_| PolicyDocument::parse(&policy(&mut dice).to_string()).unwrap()).collect();
    let inputs: Vec<Value> = documents.iter().map(input).collect();
    let judged = opa(&inputs);
    assert_eq!(judged.len(), POLICIES);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (document, theirs) in documents.iter().zip(&judged) {
        let ours = outcome(document, &scope);
        assert_eq!(ours, theirs, "{}", document.text);
        *counts.entry(ours).or_default() += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|n| *n > POLICIES / 20), "{counts:?}");
}
