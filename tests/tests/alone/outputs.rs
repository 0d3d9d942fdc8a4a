//! What every command prints as JSON is an object with its form, and as the schema of that form says: of good bundles, rehearsals, failed runs,
//! redacted copies and what is refused. That every command has one, `crates/xtask/src/outputs.rs` tests.

#![expect(clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use testkit::executable;
use workspace_tests::desk::{Answer, Desk};
use workspace_tests::outputs::{faults, schemas};

use crate::demo::desk;
use crate::exec::CRASHER;

/// The output of a command, which is as its schema says.
#[track_caller]
fn of(answer: &Answer, form: &str) -> Value {
    let said = answer.json();
    assert_eq!(faults(&said), Vec::<String>::new(), "{answer:?}");
    assert_eq!(said["form"], form, "{answer:?}");
    said
}

/// Of whom, which system, ledger and bundle it is.
#[track_caller]
fn of_bundle(said: &Value, index: u64) {
    let from = &said["from"];
    assert_eq!((&from["entity"], &from["system"]), (&"Northbank Custody Ltd".into(), &"hot-wallet".into()), "{from}");
    let bundle = &from["bundle"];
    assert_eq!(
        (&bundle["ledger"], &bundle["index"]),
        (&"northbank.example/hot-wallet".into(), &index.into()),
        "{from}"
    );
}

const STORE: [&str; 4] = ["--store", "d/evidence", "--trust", "d/keys/trust.json"];
const JSON: [&str; 2] = ["--format", "json"];

#[test]
fn what_the_custodian_is_told_is_as_its_schema_says() {
    let run = |arguments: &[&[&str]]| desk().witnessmark(&[&arguments.concat()[..], &JSON].concat());
    let declared = ["-d", "d/witnessmark.yaml"];
    let shown = of(&run(&[&["show"], &STORE]), "witnessmark-show/1");
    of_bundle(&shown, 2);
    for (more, form) in [
        (&["--all", "--bundle", "1"][..], "witnessmark-show/1"),
        (&["--finding", "0", "--bundle", "1"], "witnessmark-evidence/1"),
        (&["--exchange", "0", "--bundle", "1"], "witnessmark-evidence/1"),
        (&["--requests", "--bundle", "1"], "witnessmark-requests/1"),
    ] {
        of_bundle(&of(&run(&[&["show"], &STORE, more]), form), 1);
    }
    for (command, form) in [
        (&["gaps"][..], "witnessmark-gaps/1"),
        (&["trace", "AC-MFA"], "witnessmark-trace/1"),
        (&["trace", "hot-signing"], "witnessmark-trace/1"),
        (&["roster"], "witnessmark-roster/1"),
        (&["roster", "hot-signing"], "witnessmark-roster/1"),
    ] {
        of_bundle(&of(&run(&[command, &declared, &STORE]), form), 2);
    }
    of_bundle(&of(&run(&[&["drift", "--allow-rehearsal"], &STORE]), "witnessmark-drift/1"), 2);
    for asked in [&["may User/alice get secrets in signer"][..], &["--who-can", "get secrets in signer"]] {
        of_bundle(&of(&run(&[&["ask"], asked, &STORE, &["--bundle", "0"]]), "witnessmark-ask/1"), 0);
    }
    let log = of(&run(&[&["ledger", "log"], &STORE]), "witnessmark-ledger-log/1");
    assert_eq!((log["bundles"].as_array().unwrap().len(), &log["ledger"]), (3, &"northbank.example/hot-wallet".into()));
    let about = |said: &Value| (said["entity"].clone(), said["system"].clone());
    let northbank = ("Northbank Custody Ltd".into(), "hot-wallet".into());
    assert_eq!(about(&of(&run(&[&["validate"], &declared]), "witnessmark-validate/1")), northbank);
    assert_eq!(about(&of(&run(&[&["rights"], &declared]), "witnessmark-rights/1")), northbank);
    let trust = ["--trust", "d/keys/trust.json"];
    let accepted = of(&run(&[&["acceptances", "list"], &declared, &trust]), "witnessmark-acceptances/1");
    assert_eq!(about(&accepted), northbank);
    of(&run(&[&["checks", "list"]]), "witnessmark-checks/1");
    let all = of(&run(&[&["collectors", "list"]]), "witnessmark-collectors/1");
    assert!(all["collectors"].as_array().unwrap().len() > 5);
    of(&run(&[&["collectors", "describe", "aws-kms"]]), "witnessmark-collector/1");
    // Without a bundle.
    let alone = of(&run(&[&["gaps", "--declared-only"], &declared]), "witnessmark-gaps/1");
    assert!(alone["from"]["without_bundle"].is_string(), "{alone}");
    // A declaration that cannot be used.
    fs::write(desk().path("wrong.yaml"), "witnessmark: 1\nentity: []\n").unwrap();
    let wrong = run(&[&["validate", "-d", "wrong.yaml"]]);
    assert_eq!((wrong.code, &of(&wrong, "witnessmark-validate/1")["usable"]), (2, &false.into()));
}

/// `run`, `preflight` and `collectors test`, which ask somebody, are held to their schemas wherever a test reads what they say (`Answer::json`);
/// here is one that asks a program, and fails at that.
#[test]
fn what_is_asked_of_a_source_is_as_its_schema_says() {
    let desk = Desk::new(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {id: hot-wallet}\n\
         targets: [{id: broken, collector: exec, name: crasher, identity: x, program: crasher}]\n",
    );
    executable(&desk.path("crasher"), CRASHER);
    let preflight = desk.witnessmark(&["preflight", "--format", "json"]);
    assert_eq!(of(&preflight, "witnessmark-preflight/1")["system"], "hot-wallet");
    let run = desk.witnessmark(&["run", "--quiet", "--format", "json", "--fail-on", "new"]);
    of_bundle(&of(&run, "witnessmark-run/1"), 0);
    fs::write(desk.path("plain"), "no program").unwrap();
    of(&desk.witnessmark(&["collectors", "test", "./plain", "--format", "json"]), "witnessmark-collector-test/1");
}

#[test]
fn what_the_auditor_is_told_is_as_its_schema_says() {
    let trust = ["--trust", "d/keys/trust.json", "--last-seen", "seen-outputs"];
    let verify = |arguments: &[&[&str]]| desk().verify(&[&arguments.concat()[..], &trust, &JSON].concat());
    let allowed = ["d/bundle-1.tar", "--allow-rehearsal"];
    let report = of(&verify(&[&allowed]), "witnessmark-verify-report/2");
    assert_eq!((&report["bundle"]["entity"], &report["bundle"]["index"]), (&"Northbank Custody Ltd".into(), &1.into()));
    for (command, more, form) in [
        ("show", &[][..], "witnessmark-show/1"),
        ("show", &["--all"], "witnessmark-show/1"),
        ("show", &["--finding", "3"], "witnessmark-evidence/1"),
        ("show", &["--exchange", "3"], "witnessmark-evidence/1"),
        ("show", &["--requests"], "witnessmark-requests/1"),
        ("gaps", &["--level", "3"], "witnessmark-gaps/1"),
        ("trace", &["AC-MFA"], "witnessmark-trace/1"),
        ("trace", &["hot-signing"], "witnessmark-trace/1"),
        ("roster", &[], "witnessmark-roster/1"),
        ("roster", &["hot-signing"], "witnessmark-roster/1"),
        ("ask", &["may User/alice get secrets in signer"], "witnessmark-ask/1"),
        ("ask", &["--who-can", "get secrets in signer"], "witnessmark-ask/1"),
        ("reassess", &[], "witnessmark-reassessment/1"),
        ("reassess", &["--checks", "shipped"], "witnessmark-reassessment/1"),
    ] {
        of_bundle(&of(&verify(&[&[command], &allowed, more]), form), 1);
        // A rehearsal that nobody allowed: each says why it shows nothing.
        let refused = verify(&[&[command, "d/bundle-1.tar"], more]);
        assert_eq!(refused.code, 21, "{refused:?}");
        of(&refused, "witnessmark-verify-report/2");
    }
    let drift = ["drift", "d/bundle-0.tar", "d/bundle-1.tar"];
    of_bundle(&of(&verify(&[&drift, &["--allow-rehearsal"]]), "witnessmark-drift/1"), 1);
    of(&verify(&[&drift]), "witnessmark-verify-report/2");
    let audit = of(&verify(&[&["audit", "d/evidence"]]), "witnessmark-ledger-audit/2");
    assert_eq!(
        (&audit["entity"], &audit["head"]["origin"]),
        (&"Northbank Custody Ltd".into(), &"northbank.example/hot-wallet".into())
    );
    of(&verify(&[&["d/bundle-1-altered.tar", "--allow-rehearsal"]]), "witnessmark-verify-report/2");
}

/// Evidence, records of persons, failed runs, rehearsals in part, redacted copies, whole ledgers and all sorts of what is refused: the vectors.
#[test]
fn what_is_said_of_vectors_is_as_its_schema_says() {
    let folder = workspace_tests::root().join("tests/vectors");
    let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let desk = Desk::bare();
    let trust = folder.join("trust.json");
    let mut classes = BTreeSet::new();
    let mut shown = 0;
    for one in expected.as_array().unwrap() {
        let name = one["file"].as_str().unwrap();
        let class = one["class"].as_str().unwrap_or("none");
        // One of each class, and all that are accepted.
        if !classes.insert(class.to_owned()) && class != "none" {
            continue;
        }
        let file = folder.join(name);
        let usual = [file.to_str().unwrap(), "--trust", trust.to_str().unwrap(), "--last-seen", name];
        let all = ["--allow-rehearsal", "--allow-failed", "--allow-unsigned-redaction"];
        let verified = desk.verify(&[&usual[..], &JSON].concat());
        assert_eq!(verified.code, i32::try_from(one["exit"].as_i64().unwrap()).unwrap(), "{name}: {verified:?}");
        of(&verified, "witnessmark-verify-report/2");
        for command in [&["show", "--all"][..], &["show", "--requests"], &["show", "--finding", "0"], &["reassess"]] {
            let answer = desk.verify(&[command, &usual, &all, &JSON].concat());
            // A bundle may have no finding, or be a person's record: no answer.
            if !answer.stdout.is_empty() {
                let said = answer.json();
                assert_eq!(faults(&said), Vec::<String>::new(), "{name} {command:?}");
                shown += usize::from(said["form"] != "witnessmark-verify-report/2");
            }
        }
    }
    assert!(classes.len() >= 10 && shown >= 20, "{classes:?} {shown}");
}

/// Every schema is a JSON Schema of 2020-12, and knows every member: one more is refused, at each object that it describes.
#[test]
fn a_member_that_no_schema_has_is_found() {
    for (form, schema) in schemas() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{form}");
        assert!(jsonschema::meta::is_valid(&schema), "{form}");
        let mut open = Vec::new();
        unclosed(&schema, &form, false, &mut open);
        assert!(open.is_empty(), "{open:#?}");
    }
    let trust = ["--trust", "d/keys/trust.json", "--last-seen", "seen-outputs-member", "--allow-rehearsal"];
    let report = desk().verify(&[&["d/bundle-0.tar"][..], &trust, &JSON].concat()).json();
    for place in ["", "/bundle", "/bundle/summary", "/records", "/levels/0"] {
        let mut more = report.clone();
        more.pointer_mut(place).unwrap()["more"] = 1.into();
        assert!(!faults(&more).is_empty(), "a member more in `{place}` is overlooked");
        let mut less = report.clone();
        let object = less.pointer_mut(place).unwrap().as_object_mut().unwrap();
        let last = object.keys().next_back().unwrap().clone();
        object.remove(&last);
        assert!(!faults(&less).is_empty(), "`{last}` is missed by nobody in `{place}`");
    }
    assert_eq!(
        faults(&serde_json::json!({"form": "witnessmark-verify-report/0"})),
        ["`witnessmark-verify-report/0` has no schema"]
    );
}

/// Objects with named members that take others, and are not within a schema that takes none.
fn unclosed(schema: &Value, place: &str, around: bool, open: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            let members = object.get("properties").is_some_and(Value::is_object);
            let closed = ["additionalProperties", "unevaluatedProperties"]
                .iter()
                .any(|key| object.get(*key) == Some(&false.into()));
            if members && !closed && !around {
                open.push(place.to_owned());
            }
            for (key, inner) in object {
                // The branches of one object.
                let within = closed && ["allOf", "anyOf", "oneOf"].contains(&key.as_str());
                unclosed(inner, &format!("{place}/{key}"), within, open);
            }
        }
        Value::Array(all) => {
            for (at, inner) in all.iter().enumerate() {
                unclosed(inner, &format!("{place}/{at}"), around, open);
            }
        }
        _ => {}
    }
}
