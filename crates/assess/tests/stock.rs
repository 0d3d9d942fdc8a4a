//! The shipped checks: their tests, what they say they need, and the same answers from three engines.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use witnessmark_assess::{CheckSet, testing};

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

fn tests() -> Vec<(String, String)> {
    let root = policies();
    let mut found = Vec::new();
    let mut folders = vec![root.join("lib"), root.join("checks")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with("_test.rego") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// Proving takes some seconds; both tests look at one report.
fn report() -> &'static testing::Report {
    static REPORT: LazyLock<testing::Report> = LazyLock::new(|| testing::run(&CheckSet::stock().unwrap(), &tests()));
    &REPORT
}

#[test]
fn tests_hold_and_needs_are_proven() {
    let report = report();
    let failed: Vec<_> = report.tests.iter().filter(|t| t.failure.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(report.defects.is_empty(), "{:#?}", report.defects);
    // What an alias is resolved against, and what a file is compared with, is needed by each of their outcomes on purpose
    // (docs/spec/checks.md, section 3).
    let meant = ["aws-kms/aliases-resolve", "declaration/document-is-approved"];
    let unmeant: Vec<_> = report.warnings.iter().filter(|one| !meant.contains(&one.check.as_str())).collect();
    assert!(unmeant.is_empty(), "{unmeant:#?}");
    assert!(report.tests.len() >= 75, "only {} tests ran", report.tests.len());
    assert!(CheckSet::stock().unwrap().checks().count() >= 15);
}

/// The same inputs in stock OPA: the outcome that a run concludes is the one whose rule proves something there.
#[test]
fn stock_opa_proves_the_same() {
    let report = report();
    let mut by_check: BTreeMap<&str, Vec<&testing::Case>> = BTreeMap::new();
    for case in &report.cases {
        by_check.entry(&case.check).or_default().push(case);
    }
    assert_eq!(by_check.len(), CheckSet::stock().unwrap().checks().count());
    for (check, cases) in by_check {
        let package = format!("data.checks.{}", check.replace('-', "_").replace('/', "."));
        let proofs = |rule: &str| format!("{{x | some x in {package}.{rule} with input as c}}");
        let query = format!(
            "[r | some c in input; r := [{}, {}, {}, {}]]",
            proofs("not_applicable"),
            proofs("deviates"),
            proofs("undetermined"),
            proofs("conforms")
        );
        let inputs: Vec<_> = cases.iter().map(|c| c.input.get()).collect();
        let answers: Vec<[Vec<serde_json::Value>; 4]> = opa(&query, &format!("[{}]", inputs.join(",")));
        assert_eq!(answers.len(), cases.len(), "{check}");
        for (case, [not_applicable, deviates, undetermined, conforms]) in cases.iter().zip(answers) {
            let opa = if !not_applicable.is_empty() {
                "not-applicable"
            } else if !deviates.is_empty() {
                "deviates"
            } else if !undetermined.is_empty() {
                "undetermined"
            } else if !conforms.is_empty() {
                "conforms"
            } else {
                "undetermined"
            };
            assert_eq!(opa, case.outcome.as_str(), "{check}: {}", case.test);
        }
    }
}

fn opa<T: serde::de::DeserializeOwned>(query: &str, input: &str) -> T {
    let mut child = Command::new(opa_program())
        .args(["eval", "--strict-builtin-errors", "-f", "raw", "-d", "lib", "-d", "checks", "-I", query])
        .current_dir(policies())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `opa` from the search path, or where `scripts/test` puts it.
fn opa_program() -> PathBuf {
    if let Some(path) = std::env::var_os("WITNESSMARK_TEST_OPA") {
        return path.into();
    }
    let beside = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>())
        .map(|folder| folder.join("opa"))
        .find(|file| file.is_file());
    beside.expect("no `opa` found: `./scripts/test` installs it; or put opa 1.x from https://www.openpolicyagent.org on the search path, or its path into WITNESSMARK_TEST_OPA")
}
