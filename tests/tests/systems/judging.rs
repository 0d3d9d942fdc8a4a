//! The sealed checks of the demonstration, evaluated by stock `opa` on the sealed inputs, give the sealed outcomes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bundle::read::TarSource;
use bundle::trust::Trust;
use model::Outcome;
use model::record::{Assignment, CheckRole};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use workspace_tests::contents::Contents;
use workspace_tests::desk::Desk;

#[test]
fn stock_opa_comes_to_the_sealed_outcomes() {
    let desk = Desk::bare();
    let answer = desk.witnessmark(&["demo", "--dir", "d"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let trust = Trust::parse(&fs::read(desk.path("d/keys/trust.json")).unwrap()).unwrap();
    for day in 0..3 {
        let tar = fs::read(desk.path(&format!("d/bundle-{day}.tar"))).unwrap();
        let contents = Contents::of(&mut TarSource::new(tar.as_slice(), "bundle.tar"), &trust);
        let texts = desk.path(&format!("texts-{day}"));
        write_texts(&contents, &texts);
        let judged: usize = contents.assignments.iter().map(|a| compare(&contents, a, &texts)).sum();
        assert!(judged > 100, "only {judged} findings of day {day} were compared");
    }
}

/// The sealed texts, as files that `opa` loads.
fn write_texts(contents: &Contents, folder: &Path) {
    for check in &contents.checks {
        let path = match check.role {
            CheckRole::Check => folder.join(format!("checks/{}.rego", check.id.replace('-', "_"))),
            CheckRole::Library => folder.join(format!("{}.rego", check.id)),
        };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &check.text).unwrap();
    }
}

/// Judges every subject of one use of a check again, and says how many.
fn compare(contents: &Contents, assignment: &Assignment, texts: &Path) -> usize {
    // What was computed from others is judged like what was read.
    let read = contents.resources.iter().map(|r| Judged::new(&r.target, &r.collector, &r.kind, &r.id, &r.facts));
    let derived = contents.derived.iter().map(|r| Judged::new(&r.target, &r.collector, &r.kind, &r.id, &r.facts));
    let judged: BTreeMap<(&str, &str, &str), Judged<'_>> =
        read.chain(derived).map(|one| ((one.target, one.kind, one.id), one)).collect();
    let mut inputs = Vec::new();
    let mut sealed = Vec::new();
    for finding in &contents.findings {
        let Some(subject) = &finding.subject else { continue };
        if (&finding.control, &finding.check) != (&assignment.control, &assignment.check) {
            continue;
        }
        let resource = &judged[&(finding.target.as_str(), subject.kind.as_str(), subject.id.as_str())];
        inputs.push(input(assignment, resource));
        sealed.push((finding.key(), finding.outcome));
    }
    let answers = opa(&assignment.check, texts, &inputs);
    assert_eq!(answers.len(), sealed.len(), "{}", assignment.check);
    for ((key, outcome), proven) in sealed.iter().zip(answers) {
        match outcome {
            // What is not read is judged before any engine is asked.
            Outcome::Undetermined => {}
            _ => assert_eq!(proven, *outcome, "{key}"),
        }
    }
    sealed.len()
}

/// One subject of checks.
struct Judged<'a> {
    target: &'a str,
    collector: &'a str,
    kind: &'a str,
    id: &'a str,
    facts: &'a RawValue,
}

impl<'a> Judged<'a> {
    fn new(target: &'a str, collector: &'a str, kind: &'a str, id: &'a str, facts: &'a RawValue) -> Self {
        Self { target, collector, kind, id, facts }
    }
}

fn input(assignment: &Assignment, resource: &Judged<'_>) -> Value {
    let parsed = |raw: &str| serde_json::from_str::<Value>(raw).unwrap();
    json!({
        "now": assignment.now.as_seconds(),
        "target": {"id": resource.target, "collector": resource.collector},
        "parameters": parsed(assignment.parameters.get()),
        "declaration": parsed(assignment.declared.get()),
        "resource": parsed(resource.facts.get()),
    })
}

/// What `opa` proves of each input, in the order in which outcomes count.
fn opa(check: &str, texts: &Path, inputs: &[Value]) -> Vec<Outcome> {
    let package = format!("data.checks.{}", check.replace('-', "_").replace('/', "."));
    // An outcome that a check cannot give is undefined, and no member of the answer.
    let proven = |rule: &str| format!("count({{x | some x in {package}.{rule} with input as one}})");
    let query = format!(
        "[r | some one in input; r := [{}, {}, {}]]",
        proven("not_applicable"),
        proven("deviates"),
        proven("conforms")
    );
    let mut child = Command::new(opa_program())
        .args(["eval", "-f", "raw", "-d"])
        .arg(texts)
        .args(["-I", &query])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = Value::from(inputs).to_string();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{check}: {}", String::from_utf8_lossy(&output.stderr));
    let counts: Vec<[u64; 3]> = serde_json::from_slice(&output.stdout).unwrap();
    counts
        .into_iter()
        .map(|counts| match counts {
            [0, 0, 0] => Outcome::Undetermined,
            [0, 0, _] => Outcome::Conforms,
            [0, _, _] => Outcome::Deviates,
            _ => Outcome::NotApplicable,
        })
        .collect()
}

fn opa_program() -> PathBuf {
    std::env::var_os("WITNESSMARK_TEST_OPA")
        .map(PathBuf::from)
        .expect("no `opa` given: `./scripts/test` installs it and names it in WITNESSMARK_TEST_OPA")
}
