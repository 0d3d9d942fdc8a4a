//! `ask`: questions to the demonstration's bundles, put by both programs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use serde_json::{Value, json};
use workspace_tests::desk::Answer;

use crate::demo::desk;

/// What `witnessmark` and `witnessmark-verify` answer about the bundle of a day. The file stands where each of them wants it.
#[track_caller]
fn both(day: usize, asked: &[&str], more: &[&str], code: i32) -> [Answer; 2] {
    let bundle = format!("d/bundle-{day}.tar");
    let custodian = [&["ask"][..], asked, &[bundle.as_str(), "--trust", "d/keys/trust.json"], more].concat();
    let seen = format!("seen-ask-{day}-{}", asked.concat().replace(['/', ' '], "-"));
    let usual = [bundle.as_str(), "--trust", "d/keys/trust.json", "--last-seen", &seen, "--allow-rehearsal"];
    let auditor = [&["ask"][..], &usual[..], asked, more].concat();
    let answers = [desk().witnessmark(&custodian), desk().verify(&auditor)];
    for answer in &answers {
        assert_eq!(answer.code, code, "{answer:?}");
    }
    answers
}

/// The same from both, as data.
#[track_caller]
fn reply(day: usize, asked: &[&str], code: i32) -> Value {
    let [custodian, auditor] = both(day, asked, &["--format", "json"], code).map(|answer| answer.json());
    assert_eq!(custodian["reply"], auditor["reply"]);
    assert_eq!(auditor["form"], "witnessmark-ask/1");
    auditor["reply"].clone()
}

#[track_caller]
fn who_can(day: usize, action: &str, code: i32) -> (Vec<String>, Value) {
    let said = reply(day, &["--who-can", action], code)["who-can"].clone();
    let subjects = said["subjects"].as_array().unwrap().iter();
    (subjects.map(|one| one["subject"].as_str().unwrap().to_owned()).collect(), said["because"].clone())
}

#[test]
fn a_yes_names_binding_role_and_rule_with_their_places() {
    let question = "may Group/on-call create pods/exec in signer";
    let said = reply(0, &[question], 0);
    assert_eq!((&said["question"], &said["answer"]["verdict"]), (&json!(question), &json!("yes")), "{said}");
    let by = &said["answer"]["paths"][0]["by"];
    assert_eq!((&by["binding"], &by["rule"]), (&json!("RoleBinding/signer/on-call"), &json!(0)), "{said}");
    for object in ["RoleBinding/signer/on-call", "Role/signer/on-call"] {
        let place = &said["places"][object];
        assert!(place["path"].as_str().is_some_and(|path| path.starts_with("/items/")), "{object}: {said}");
        assert!(place["exchange"].is_string() && place["record"].is_string(), "{object}: {said}");
    }
    for answer in both(0, &[question], &[], 0) {
        assert!(answer.stdout.starts_with(&format!("yes: {question}")), "{answer:?}");
        assert!(answer.stdout.contains("RoleBinding/signer/on-call (resource:"), "{answer:?}");
    }
}

/// How the cluster was read is known beside the answer, a no as well as a yes.
#[test]
fn how_the_cluster_was_read_stands_beside_the_answer() {
    let question = "may User/m.visitor create pods/exec in signer";
    for (day, code) in [(0, 24), (1, 0)] {
        let said = reply(day, &[question], code);
        let marks = said["marks"].as_array().unwrap();
        assert!(marks.iter().any(|one| one["mark"] == "rehearsal"), "{said}");
    }
}

/// The visitor is given it on the second day only.
#[test]
fn a_no_becomes_a_yes_on_the_day_of_the_binding() {
    let question = "may User/m.visitor create pods/exec in signer";
    let said = reply(0, &[question], 24);
    let answer = &said["answer"];
    assert_eq!((&answer["verdict"], &answer["paths"]), (&json!("no"), &json!([])), "{said}");
    assert_eq!(answer["because"], json!([]), "{said}");
    for answer in both(0, &[question], &[], 24) {
        assert!(answer.stdout.starts_with(&format!("no: {question}")), "{answer:?}");
    }
    let said = reply(1, &[question], 0);
    assert_eq!(said["answer"]["paths"][0]["by"]["binding"], "RoleBinding/signer/debugging", "{said}");
}

#[test]
fn what_was_not_read_makes_an_answer_undetermined() {
    let question = "may User/system:node:one get secrets in signer";
    let said = reply(0, &[question], 11);
    assert_eq!(said["answer"]["verdict"], "undetermined", "{said}");
    assert!(said["answer"]["because"][0].as_str().unwrap().contains("the Node authorizer"), "{said}");
    for answer in both(0, &[question], &[], 11) {
        assert!(answer.stdout.starts_with(&format!("undetermined: {question}")), "{answer:?}");
        assert!(answer.stdout.contains("Undetermined, because"), "{answer:?}");
    }
}

#[test]
fn everybody_who_may_is_listed_and_whether_these_are_all() {
    let all = (vec!["Group/on-call".to_owned(), "Group/system:masters".to_owned()], json!([]));
    assert_eq!(who_can(0, "create pods/exec in signer", 0), all);
    let (subjects, _) = who_can(1, "create pods/exec in signer", 0);
    assert_eq!(subjects, ["Group/on-call", "Group/system:masters", "User/m.visitor"]);
    // Nodes read the secrets of their pods, and no object of RBAC says which.
    let (subjects, because) = who_can(0, "get secrets named signer-config in signer", 11);
    assert!(subjects.contains(&"ServiceAccount/signer/signer".to_owned()), "{subjects:?}");
    assert!(because[0].as_str().unwrap().contains("the Node authorizer"), "{because}");
}

#[test]
fn what_is_no_question_is_wrong_input() {
    for (asked, word) in [
        (vec!["may m.visitor create pods/exec"], "character 5"),
        (vec!["may User/m.visitor create pods/exec", "--target", "other"], "no cluster `other`"),
        (vec!["may User/m.visitor list deployments"], "`deployments.apps`"),
    ] {
        for answer in both(0, &asked, &[], 2) {
            let said = format!("{}{}", answer.stdout, answer.stderr);
            assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(word), "{said}");
        }
    }
    let twice = ["ask", "--who-can", "get secrets", "d/bundle-0.tar", "d/bundle-1.tar", "--trust", "d/keys/trust.json"];
    assert_eq!(desk().witnessmark(&twice).code, 2);
}
