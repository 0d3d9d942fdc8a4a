//! SARIF, JUnit and Markdown of a bundle: of their form, read by readers of other people, and saying what the bundle says.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use workspace_tests::desk::Desk;
use workspace_tests::root;
use workspace_tests::sealed::{Book, Story, tar};

use crate::demo;

/// A desk with the bundle of the usual story: one finding that conforms, one undetermined, one accepted deviation, one gap.
fn desk() -> Desk {
    let mut book = Book::of(1);
    book.seal(Story::usual(1));
    let desk = Desk::bare();
    fs::write(desk.path("trust.json"), book.trust().render().unwrap()).unwrap();
    fs::write(desk.path("b.tar"), tar(&book.exported(1))).unwrap();
    fs::write(desk.path("less.tar"), tar(&book.redacted(1, |_, kind, _| kind == model::RecordType::Acceptance)))
        .unwrap();
    desk
}

#[track_caller]
fn export(desk: &Desk, bundle: &str, trust: &str, form: &str) -> String {
    let out = format!("{}.{form}", bundle.replace('/', "-"));
    let asked = ["report", bundle, "--trust", trust, "--allow-rehearsal", "--format", form, "--out", &out];
    let answer = desk.verify(&asked);
    assert_eq!(answer.code, 0, "{answer:?}");
    fs::read_to_string(desk.path(&out)).unwrap()
}

fn sarif(text: &str) -> Value {
    let schema = fs::read(root().join("tests/data/sarif-2.1.0.schema.json")).unwrap();
    let mut schema: Value = serde_json::from_slice(&schema).unwrap();
    // This pattern of the standard's schema ends with a bracket that opens nowhere, which not every reader takes for a pattern. No language is said.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"].as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let value: Value = serde_json::from_str(text).unwrap();
    let faults: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    value["runs"][0].clone()
}

/// Tests, failures, errors and skipped ones, as another reader counts them.
fn junit(text: &str) -> (u64, u64, u64, u64) {
    let read = junit_parser::from_reader(text.as_bytes()).unwrap();
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in read.suites.iter().flat_map(|suite| &suite.cases) {
        tests += 1;
        failures += u64::from(case.status.is_failure());
        errors += u64::from(case.status.is_error());
        skipped += u64::from(case.status.is_skipped());
    }
    let said: u64 = read.suites.iter().map(|suite| suite.tests).sum();
    assert_eq!(said, tests, "the suites count otherwise than they list");
    (tests, failures, errors, skipped)
}

#[test]
fn what_is_accepted_turns_nothing_red_and_what_is_unknown_is_not_clean() {
    let desk = desk();
    let run = sarif(&export(&desk, "b.tar", "trust.json", "sarif"));
    let results = run["results"].as_array().unwrap();
    let kinds: Vec<(&str, &str)> =
        results.iter().map(|one| (one["kind"].as_str().unwrap(), one["level"].as_str().unwrap())).collect();
    assert_eq!(kinds.len(), 2, "{results:#?}");
    assert_eq!(kinds[0], ("open", "none"));
    assert_eq!(kinds[1].0, "fail");
    let suppressed = &results[1]["suppressions"][0];
    assert_eq!((&suppressed["kind"], &suppressed["status"]), (&"external".into(), &"accepted".into()));
    assert!(suppressed["justification"].as_str().unwrap().starts_with("acceptance AC-7, until "), "{suppressed}");
    assert!(results[0].get("suppressions").is_none());
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["descriptor"]["id"] == "gap"), "{notes:#?}");
    assert!(run["properties"]["bundle"].as_str().unwrap().contains("statement sha256:"));

    let text = export(&desk, "b.tar", "trust.json", "junit");
    let (_, failures, errors, skipped) = junit(&text);
    assert_eq!(failures, 0, "{text}");
    assert!(errors >= 1 && skipped >= 1, "{text}");
    assert!(text.contains("accepted by AC-7"), "{text}");

    let text = export(&desk, "b.tar", "trust.json", "markdown");
    assert!(text.contains("### Undetermined: 1\n") && text.contains("### Deviates, and is accepted: 1\n"), "{text}");
    assert!(!text.contains("### Deviates from what is declared"), "{text}");
    assert!(text.contains("### Not read: 1\n"), "{text}");
}

#[test]
fn a_withheld_acceptance_is_named_and_withheld_records_are_said_first() {
    let desk = desk();
    let asked = |form: &str| {
        let out = format!("less.{form}");
        let asked = ["report", "less.tar", "--trust", "trust.json", "--format", form, "--out", &out];
        let answer = desk.verify(&[&asked[..], &["--allow-unsigned-redaction"]].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        fs::read_to_string(desk.path(&out)).unwrap()
    };
    let run = sarif(&asked("sarif"));
    let justification = run["results"][1]["suppressions"][0]["justification"].as_str().unwrap();
    assert_eq!(justification, "acceptance acceptance:0, which is withheld in this copy");
    for form in ["sarif", "junit", "markdown"] {
        let text = fs::read_to_string(desk.path(&format!("less.{form}"))).unwrap_or_else(|_| asked(form));
        assert!(text.contains("records are withheld."), "{form}: {text}");
    }
}

/// Whoever withholds the declaration takes places away, and that is said.
#[test]
fn where_no_place_is_known_it_is_said_why() {
    let desk = desk();
    let mut book = Book::of(1);
    book.seal(Story::usual(1));
    let less = book.redacted(1, |_, kind, _| kind == model::RecordType::Declaration);
    fs::write(desk.path("less.tar"), tar(&less)).unwrap();
    let asked = ["report", "less.tar", "--trust", "trust.json", "--format", "sarif", "--out", "less.sarif"];
    let answer = desk.verify(&[&asked[..], &["--allow-unsigned-redaction"]].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    let run = sarif(&fs::read_to_string(desk.path("less.sarif")).unwrap());
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let said = notes.iter().find(|note| note["descriptor"]["id"] == "places").unwrap_or_else(|| panic!("{notes:#?}"));
    assert!(said["message"]["text"].as_str().unwrap().contains("withheld"), "{said}");
    assert!(run["results"].as_array().unwrap().iter().all(|one| one["locations"][0].get("physicalLocation").is_none()));
}

#[test]
fn every_deviation_of_the_demonstration_is_there_at_its_place_in_the_declaration() {
    let desk = demo::desk();
    let text = export(desk, "d/bundle-1.tar", "d/keys/trust.json", "sarif");
    let run = sarif(&text);
    let shown = desk.verify(&[
        "show",
        "d/bundle-1.tar",
        "--trust",
        "d/keys/trust.json",
        "--allow-rehearsal",
        "--format",
        "json",
    ]);
    let counts = &shown.json()["overview"]["counts"];
    let (deviates, accepted) = (counts["deviates"].as_u64().unwrap(), counts["accepted"].as_u64().unwrap());
    let undetermined = counts["undetermined"].as_u64().unwrap();
    let results = run["results"].as_array().unwrap();
    let of = |kind: &str, suppressed: bool| {
        let is = |one: &&Value| one["kind"] == kind && one.get("suppressions").is_some() == suppressed;
        results.iter().filter(is).count() as u64
    };
    assert!(deviates > 0 && undetermined > 0, "{counts}");
    assert_eq!((of("fail", false), of("fail", true)), (deviates - accepted, accepted));
    assert_eq!(of("open", false), undetermined);

    // At a line of the declaration that names the control, or the declared thing; what is declared nowhere stands nowhere.
    let (mut looked_at, mut joined) = (0, 0);
    let declared =
        |name: &str| fs::read_to_string(desk.path("d/witnessmark.yaml")).unwrap().contains(&format!("id: {name}\n"));
    for one in results {
        let logical = &one["locations"][0]["logicalLocations"][0];
        let (name, full) = (logical["name"].as_str().unwrap(), logical["fullyQualifiedName"].as_str().unwrap());
        let place = &one["locations"][0]["physicalLocation"];
        let Some(path) = place["artifactLocation"]["uri"].as_str() else {
            assert!(full.starts_with("joined/") && !declared(name), "{one:#}");
            continue;
        };
        let file = fs::read_to_string(desk.path("d").join(path)).unwrap();
        let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
        let line = file.lines().nth(line - 1).unwrap();
        let control = one["properties"]["control"].as_str().unwrap();
        if control != "declaration" && full.starts_with("aws-prod/") {
            assert!(line.contains(control), "{path}: {line} is not where {control} stands");
            looked_at += 1;
        } else if full.starts_with("joined/") && declared(name) {
            assert!(line.contains(name), "{path}: {line} is not where {name} stands");
            joined += 1;
        }
    }
    assert!(joined > 0);
    assert!(looked_at > 3, "{looked_at}");
    // One name for each, the same in the next run.
    let names: BTreeSet<&str> =
        results.iter().map(|one| one["partialFingerprints"]["witnessmark/v1"].as_str().unwrap()).collect();
    assert_eq!(names.len(), results.len());

    let (_, failures, errors, _) = junit(&export(desk, "d/bundle-1.tar", "d/keys/trust.json", "junit"));
    assert_eq!(failures, deviates - accepted);
    assert!(errors >= undetermined, "{errors}");

    // Both programs write the same.
    let asked =
        ["report", "--store", "d/evidence", "--bundle", "1", "--trust", "d/keys/trust.json", "--format", "sarif"];
    let answer = desk.witnessmark(&[&asked[..], &["--out", "own.sarif"]].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(fs::read_to_string(desk.path("own.sarif")).unwrap(), text);
}

#[test]
fn records_of_persons_stand_on_the_page_alone() {
    let desk = desk();
    let asked =
        ["report", "b.tar", "--trust", "trust.json", "--format", "junit", "--record", "p.tar", "--out", "x.xml"];
    let answer = desk.verify(&asked);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("page alone"), "{answer:?}");
    assert!(!desk.path("x.xml").exists());
}
