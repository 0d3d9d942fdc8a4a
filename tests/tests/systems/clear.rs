//! No false alarm: what AWS, GitHub and Kubernetes themselves write seems to hold no secret. Whatever it is withheld for is not judged.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use sdk::{KnownSecrets, suspects_secret};
use serde_json::{Value, json};
use testkit::system;
use workspace_tests::cluster::Cluster;
use workspace_tests::root;

/// Each text in the writings in which sources give it, as far as it seems to hold a secret.
fn suspected<'a>(texts: impl IntoIterator<Item = (&'a str, String)>) -> Vec<String> {
    let known = KnownSecrets::default();
    let mut found = Vec::new();
    for (name, text) in texts {
        let mut percent = String::new();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() {
                percent.push(char::from(byte));
            } else {
                write!(percent, "%{byte:02X}").unwrap();
            }
        }
        let xml = format!("<R><Document>{percent}</Document></R>");
        let quoted = json!({"Name": name, "Document": text}).to_string();
        for (writing, text) in [("as it is", text), ("in XML", xml), ("in JSON", quoted)] {
            if suspects_secret(text.as_bytes(), &known) {
                found.push(format!("{name}, {writing}"));
            }
        }
    }
    found
}

#[test]
fn the_managed_policies_of_aws_hold_no_secret() {
    let script = "import sys\nfrom moto.iam.aws_managed_policies import aws_managed_policies_data\nsys.stdout.write(aws_managed_policies_data)\n";
    let output = Command::new(system("WITNESSMARK_TEST_MOTO_PYTHON")).args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let policies: Value = serde_json::from_slice(&output.stdout).unwrap();
    let policies = policies.as_object().unwrap();
    assert!(policies.len() >= 1_500, "{}", policies.len());
    let found = suspected(policies.iter().map(|(name, policy)| (name.as_str(), policy.to_string())));
    assert!(found.is_empty(), "{found:?}");
}

fn files(folder: &Path, found: &mut Vec<Value>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "json") {
            found.push(serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
        }
    }
}

#[test]
fn the_answers_of_github_hold_no_secret() {
    let mut recorded = Vec::new();
    let package = Path::new(&system("WITNESSMARK_TEST_GITHUB")).join("node_modules/@octokit/fixtures/scenarios");
    files(&package, &mut recorded);
    let steps = recorded.iter().filter_map(Value::as_array).flatten();
    let mut answers: Vec<(&str, String)> = steps
        .filter(|step| step.get("response").is_some())
        .map(|step| (step["path"].as_str().unwrap_or("/"), step["response"].to_string()))
        .collect();
    assert!(answers.len() >= 200, "{}", answers.len());
    let text = fs::read_to_string(root().join("testenv/github/description.json")).unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    let examples = description["components"]["examples"].as_object().unwrap();
    answers.extend(examples.iter().map(|(name, example)| (name.as_str(), example["value"].to_string())));
    // The one that is a token.
    let found = suspected(answers);
    assert!(found.iter().all(|name| name.starts_with("installation-token,")), "{found:?}");
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn the_objects_of_a_fresh_cluster_hold_no_secret() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let kinds = "clusterroles,clusterrolebindings,roles,rolebindings,namespaces,serviceaccounts";
    let list: Value = serde_json::from_str(&cluster.kubectl(&["get", kinds, "-A", "-o", "json"], "")).unwrap();
    let items = list["items"].as_array().unwrap();
    assert!(items.len() > 100, "{}", items.len());
    let found = suspected(items.iter().map(|item| (item["metadata"]["name"].as_str().unwrap(), item.to_string())));
    assert!(found.is_empty(), "{found:?}");
}
