//! The denied matrix: for every right of every collector that can be refused, a whole run with exactly that call
//! refused. What is expected follows from the descriptors, the checks' `needs` and the undisturbed run: a new right or
//! a new check is covered without a line here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testkit::aws_fake::{AwsFake, Size, World};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, Sealed, template};

const ACCOUNT: &str = "111122223333";

/// Which parts of its subject an outcome of a check rests on.
type Needs = BTreeMap<(String, String), Vec<String>>;

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template(ACCOUNT, "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAEXAMPLE000000000", "an example of a secret key");
    desk
}

fn needs(desk: &Desk) -> Needs {
    let mut needs = Needs::new();
    for check in desk.witnessmark(&["checks", "list", "--format", "json"]).json().as_array().unwrap() {
        for (outcome, parts) in check["needs"].as_object().unwrap() {
            let parts: Vec<String> =
                parts.as_array().into_iter().flatten().map(|part| part.as_str().unwrap().to_owned()).collect();
            needs.insert((check["id"].as_str().unwrap().to_owned(), outcome.clone()), parts);
        }
    }
    needs
}

/// Every right that can be refused, of every collector built in.
fn rights(desk: &Desk) -> Vec<String> {
    let collectors = desk.witnessmark(&["collectors", "list", "--format", "json"]).json();
    let names: Vec<String> = collectors
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap_or_else(|| one.as_str().unwrap()).to_owned())
        .collect();
    assert!(names.len() >= 2, "{names:?}");
    let mut rights = BTreeSet::new();
    for name in names {
        let descriptor = desk.witnessmark(&["collectors", "describe", &name, "--format", "json"]).json();
        for right in descriptor["rights"].as_array().unwrap() {
            if right["deniable"] == true {
                rights.insert(right["name"].as_str().unwrap().to_owned());
            }
        }
    }
    rights.into_iter().collect()
}

#[test]
fn every_right_refused_in_turn() {
    let faulty = Faulty::new(AwsFake::new(World::new(Size::SMALL).paged(2)), Vec::new());
    let server = Server::http(faulty.clone());
    let desk = desk(&server);
    let (needs, rights) = (needs(&desk), rights(&desk));
    let (answer, undisturbed) = desk.seal();
    assert!(
        [0, 10].contains(&answer.code),
        "undisturbed, nothing is undetermined: {}\n{:#?}",
        answer.code,
        undisturbed.findings()
    );
    assert!(!undisturbed.counts().contains_key("undetermined"), "{:#?}", undisturbed.counts());

    let mut wrong = Vec::new();
    for right in rights {
        faulty.set(vec![Rule::always(&right, Fault::Deny)]);
        let (answer, denied) = desk.seal();
        let mut say = |what: String| wrong.push(format!("without `{right}`: {what}"));
        if !faulty.hits().contains(&right) {
            say("the call was not attempted".to_owned());
        }
        if !denied.of("gap").any(|gap| gap["right"] == right.as_str() && gap["reason"] == "denied") {
            say("no gap names it as denied".to_owned());
        }
        let rests = hold(&undisturbed, &denied, &needs, &mut say);
        let counts = denied.counts();
        let expected = match (rests, counts.contains_key("deviates")) {
            (true, true) => 12,
            (true, false) => 11,
            (false, true) => 10,
            (false, false) => 3,
        };
        if answer.code != expected {
            say(format!("exit code {} instead of {expected}; {counts:?}", answer.code));
        }
    }
    assert!(wrong.is_empty(), "{} points:\n{wrong:#?}", wrong.len());
}

/// Holds a run with a refused call against the undisturbed one; says whether any finding rested on what is missing.
fn hold(undisturbed: &Sealed, denied: &Sealed, needs: &Needs, say: &mut impl FnMut(String)) -> bool {
    let present = denied.resources();
    let after: BTreeMap<String, _> =
        denied.findings().into_iter().map(|finding| (finding.key.clone(), finding)).collect();
    let mut rests = false;
    for before in undisturbed.findings() {
        let Some((kind, id)) = &before.subject else { continue };
        let parts = &needs[&(before.check.clone(), before.outcome.clone())];
        let here = present.get(&(kind.clone(), id.clone()));
        let lost: Vec<&String> = parts.iter().filter(|part| here.is_none_or(|here| !here.contains(*part))).collect();
        // A subject that was not listed cannot be named again: its population is undetermined in its place.
        let listed = here.is_some();
        let named = after.get(&before.key);
        rests |= !lost.is_empty() || !listed;
        match named {
            Some(now) if !lost.is_empty() && now.outcome != "undetermined" => {
                say(format!("`{}` is {} although {lost:?} was not read", before.key, now.outcome));
            }
            Some(now) if lost.is_empty() && listed && now.outcome != before.outcome => {
                say(format!("`{}` was {} and is {}: {}", before.key, before.outcome, now.outcome, now.reason));
            }
            Some(_) => {}
            None if listed => say(format!("`{}` is gone", before.key)),
            None => {
                let population = after
                    .values()
                    .any(|now| now.check == before.check && now.subject.is_none() && now.outcome == "undetermined");
                if !population {
                    say(format!("`{}` is gone, and its population is not undetermined", before.key));
                }
            }
        }
    }
    // Populations that are incomplete make a finding of their own for every check of their kind.
    rests || after.values().any(|now| now.outcome == "undetermined")
}

#[test]
fn without_list_keys_nothing_is_concluded_of_keys() {
    let faulty = Faulty::new(AwsFake::new(World::new(Size::SMALL)), vec![Rule::always("kms:ListKeys", Fault::Deny)]);
    let server = Server::http(faulty);
    let (answer, sealed) = desk(&server).seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in sealed.findings().into_iter().filter(|finding| finding.check.starts_with("aws-kms/")) {
        // An alias that AWS reserves needs no key to be none of ours.
        assert!(["undetermined", "not-applicable"].contains(&finding.outcome.as_str()), "{finding:?}");
        assert!(finding.outcome == "undetermined" || finding.subject.is_some_and(|(kind, _)| kind == "aws-kms/alias"));
        if finding.outcome == "undetermined" {
            said.entry(finding.check).or_default().push(finding.reason);
        }
    }
    assert!(said.len() >= 7, "{said:#?}");
    for (check, reasons) in said {
        assert!(
            reasons.iter().all(|reason| reason.contains("kms:ListKeys")),
            "`{check}` names the refused call: {reasons:?}"
        );
    }
}

#[test]
fn another_account_is_not_read() {
    let mut world = World::new(Size::SMALL);
    world.account = "444455556666".to_owned();
    let server = Server::http(AwsFake::new(world));
    let (answer, sealed) = desk(&server).seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    assert_eq!(sealed.of("resource").count(), 0);
    assert!(
        sealed.of("gap").any(|gap| gap["reason"] == "wrong-identity"),
        "{:#?}",
        sealed.of("gap").collect::<Vec<_>>()
    );
    let asked: BTreeSet<String> = server.log().into_iter().map(|one| one.operation).collect();
    assert_eq!(asked, BTreeSet::from(["sts:GetCallerIdentity".to_owned()]));
}

#[test]
fn the_auditors_program_accepts_what_was_sealed() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL).paged(3)));
    let desk = desk(&server);
    let (_, sealed) = desk.seal();
    let index = sealed.index.to_string();
    let answer = desk.witnessmark(&["export", "--bundle", &index, "--out", "b.tar"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let refused = desk.verify(&["b.tar", "--trust", "keys/trust.json"]);
    assert_eq!(refused.code, 21, "an emulator's answers are a rehearsal: {refused:?}");
    let accepted = desk.verify(&["b.tar", "--trust", "keys/trust.json", "--allow-rehearsal", "--format", "json"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(matches!(accepted.json(), Value::Object(_)));
}
