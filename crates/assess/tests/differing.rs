//! Builtins whose answers differ between this engine and stock OPA: what is said of them is asked of both.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read files of the repository and take their systems from the environment"
)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::path::{Path, PathBuf};
use std::process::Command;

use regorus::{Engine, Value};
use witnessmark_assess::differing::{DIFFERING, differing};
use witnessmark_assess::{CheckSet, testing};

/// The value of an expression as JSON text, `undefined` where it has none.
fn here(expression: &str) -> String {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    let Ok(results) = engine.eval_query(expression.to_owned(), false) else { return "undefined".to_owned() };
    let value = results.result.first().and_then(|one| one.expressions.first()).map(|one| one.value.clone());
    match value {
        None | Some(Value::Undefined) => "undefined".to_owned(),
        Some(value) => serde_json::to_string(&value).unwrap(),
    }
}

fn in_opa(expression: &str) -> String {
    let opa = std::env::var("WITNESSMARK_TEST_OPA").map_or_else(|_| PathBuf::from("opa"), PathBuf::from);
    let output = Command::new(opa)
        .args(["eval", "--strict-builtin-errors", "-f", "json", expression])
        .output()
        .expect("`opa`: scripts/test installs it");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    match answer.pointer("/result/0/expressions/0/value") {
        None => "undefined".to_owned(),
        Some(value) => value.to_string(),
    }
}

/// Numbers, sets and texts in the one form that both are written in.
fn canonical(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}

#[test]
fn both_engines_answer_as_the_table_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/checks.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut wrong = Vec::new();
    for one in DIFFERING {
        let (ours, theirs) = (here(one.shown_by), in_opa(one.shown_by));
        if canonical(&ours) != canonical(one.here) || canonical(&theirs) != canonical(one.in_opa) {
            wrong.push(format!("`{}`: here {ours}, in OPA {theirs}", one.shown_by));
        }
        if canonical(one.here) == canonical(one.in_opa) {
            wrong.push(format!("`{}`: no difference", one.shown_by));
        }
        let row = format!(
            "| `{}` | {} | `` {} `` | `` {} `` | `` {} `` |",
            one.name, one.when, one.shown_by, one.here, one.in_opa
        );
        if !page.contains(&row) {
            wrong.push(format!("docs/spec/checks.md lacks the row\n{row}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn shipped_checks_use_none_of_them() {
    let set = CheckSet::stock().unwrap();
    let libraries = [
        "lib/aws",
        "lib/clock",
        "lib/declaration",
        "lib/iam",
        "lib/kms",
        "lib/kubernetes",
        "lib/people",
        "lib/pkcs11",
        "lib/policy",
        "lib/reach",
    ];
    let texts = set
        .checks()
        .map(|check| (check.id.clone(), check.text.clone()))
        .chain(libraries.iter().filter_map(|id| Some(((*id).to_owned(), set.library(id)?.text.clone()))));
    let found: Vec<String> = texts
        .flat_map(|(id, text)| {
            differing(&text)
                .into_iter()
                .map(move |(line, one)| format!("{id}:{line}: {}", one.name))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "{found:?}");
    // A list that has grown is noticed: every library that a check uses is among these.
    let used: std::collections::BTreeSet<&String> = set.checks().flat_map(|check| &check.libraries).collect();
    let unknown: Vec<_> = used.iter().filter(|id| !libraries.contains(&id.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn a_check_that_uses_one_is_warned_of() {
    let text = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   subject: test/key\n#   needs: {conforms: [action]}\n#   severity: low\n#   remediation: r\npackage checks.test.key\n\nconforms contains {\"path\": \"/action\"} if glob.match(\"kms:*\", [\":\"], input.resource.action)\n";
    let set = CheckSet::default().with_own([("checks/test/key.rego", text)]).unwrap();
    let tests = "package checks.test.key_test\n\nimport data.checks.test.key\n\ntest_conforms if count(key.conforms) == 1 with input as {\"resource\": {\"action\": \"kms:Sign\"}}\n";
    let report = testing::run(&set, &[("checks/test/key_test.rego".to_owned(), tests.to_owned())]);
    assert!(report.is_good(), "a warning fails nothing: {report:#?}");
    let said: Vec<&str> = report.warnings.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("checks/test/key.rego:12: `glob.match` with `:` among the delimiters"), "{said:?}");
}
