//! What earlier bundles say counts, and only while they are what was sealed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use fakes::aws::{AwsFake, Size, World};
use serde_json::Value;
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, Sealed, template};

const RIGHT: &str = "kms:GetKeyRotationStatus";

/// The gap that this right leaves is accepted.
fn accepting() -> String {
    let acceptance = [
        "\nacceptances:".to_owned(),
        "  - id: AC-7".to_owned(),
        "    target: aws-prod".to_owned(),
        format!("    right: {RIGHT:?}"),
        "    reason: closed by the organisation".to_owned(),
        "    approved_by: CISO".to_owned(),
        "    approved: 2020-01-01".to_owned(),
        "    expires: 2099-12-31\n".to_owned(),
    ];
    format!("{}{}", template("111122223333", "[eu-west-1]"), acceptance.join("\n"))
}

fn run(desk: &Desk) -> Sealed {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json"]);
    Sealed::read(&desk.path("evidence/bundles"), answer.json()["index"].as_u64().unwrap())
}

/// The subjects of this check, with their outcomes.
fn outcomes(sealed: &Sealed, check: &str) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    sealed
        .of("finding")
        .filter(|finding| finding["check"] == check && !finding["subject"].is_null())
        .map(|finding| (text(&finding["subject"]["id"]), text(&finding["outcome"])))
        .collect()
}

/// The subjects whose rotation could not be read, with whether that is accepted.
fn accepted(sealed: &Sealed) -> BTreeMap<String, bool> {
    sealed
        .of("gap")
        .filter(|gap| gap["right"] == RIGHT)
        .map(|gap| (gap["subject"]["id"].as_str().unwrap().to_owned(), !gap["acceptance"].is_null()))
        .collect()
}

/// The file of a published bundle that holds its records.
fn records(desk: &Desk, index: u64) -> PathBuf {
    let folder = desk.path("evidence/bundles").join(index.to_string());
    if folder.is_dir() { folder.join("records.jsonl") } else { folder.with_extension("tar.zst") }
}

#[test]
fn an_accepted_gap_does_not_hide_what_deviated_in_a_bundle_that_is_whole() {
    let mut world = World::new(Size::SMALL);
    let mut keys = world.kms.values_mut().flat_map(|region| &mut region.keys);
    keys.find(|key| key.rotation.is_some()).unwrap().rotation = None;
    drop(keys);
    let faulty = Faulty::new(AwsFake::new(world), Vec::new());
    let server = Server::http(faulty.clone());
    let mut desk = Desk::new(&accepting());
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let check = "aws-kms/key-rotates";

    let first = run(&desk);
    let deviated: BTreeSet<String> =
        outcomes(&first, check).into_iter().filter(|(_, outcome)| outcome == "deviates").map(|(id, _)| id).collect();
    assert!(!deviated.is_empty());

    faulty.set(vec![Rule::always(RIGHT, Fault::Deny)]);
    let second = run(&desk);
    let gaps = accepted(&second);
    assert!(gaps.len() > deviated.len(), "{gaps:?}");
    for (subject, accepted) in &gaps {
        assert_eq!(*accepted, !deviated.contains(subject), "{subject}");
    }
    // The bundle before says nothing definite of it: the one before that is asked.
    let third = run(&desk);
    assert_eq!(accepted(&third), gaps);

    // Who changes the bundle that remembers it does not make it forgotten.
    let file = records(&desk, 0);
    let kept = fs::read(&file).unwrap();
    let mut altered = kept.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    fs::write(&file, &altered).unwrap();
    let stopped = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(stopped.code, 1, "{stopped:?}");
    assert!(stopped.stderr.contains("bundle 0 of this store is not accepted"), "{stopped:?}");
    let failed = Sealed::read(&desk.path("evidence/bundles"), 3);
    assert_eq!(failed.of("run").next().unwrap()["status"], "failed");
    assert_eq!(failed.of("gap").count(), 0);

    // The record of that says nothing of any key.
    fs::write(&file, &kept).unwrap();
    let fifth = run(&desk);
    assert_eq!(accepted(&fifth), gaps);
    faulty.set(Vec::new());
    assert_eq!(accepted(&run(&desk)), BTreeMap::new());
}

#[test]
fn what_is_new_is_held_against_the_run_that_read_the_target() {
    let mut world = World::new(Size::SMALL);
    let mut keys = world.kms.values_mut().flat_map(|region| &mut region.keys);
    keys.find(|key| key.rotation.is_some()).unwrap().rotation = None;
    drop(keys);
    let server = Server::http(AwsFake::new(world));
    let text = template("111122223333", "[eu-west-1]");
    let at = text.find("\nthird_parties:").unwrap();
    // The server is the first account: the second is never read.
    let second = "  - id: second\n    collector: [aws-iam]\n    account: \"444455556666\"\n    regions: [eu-west-1]\n";
    let mut desk = Desk::new(&format!("{}\n{second}{}", &text[..at], &text[at..]));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let code = |options: &[&str]| desk.witnessmark(&[&["run", "--quiet"], options].concat()).code;

    assert_eq!(code(&[]), 12);
    assert_eq!(code(&["--target", "second"]), 11);
    assert_eq!(code(&["--fail-on", "new"]), 3, "the deviations were there when their target was last read");
    assert_eq!(code(&["--target", "second", "--fail-on", "new"]), 3, "what is left out is not known, and not new");
}
