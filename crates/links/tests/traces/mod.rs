//! Traces of keys.

use std::collections::BTreeMap;

use model::{Outcome, Severity};
use witnessmark_links::{FindingNode, Links, Rule, UseFound};

use crate::{DECLARED, house, loaded};

/// An alias leads to its key: the findings about that are the key's, and so are those of the program's own rules.
#[test]
fn a_key_behind_an_alias_is_found_by_what_the_bundle_joined() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let rules = [
        Rule { check: "keys/declared-key-is-there".to_owned(), targets: vec!["joined".to_owned()] },
        Rule { check: "declaration/threat-is-answered".to_owned(), targets: vec!["declaration".to_owned()] },
    ];
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/6d1f";
    let mut trace = Links::new(&loaded, &standards).with_rules(&rules).trace("hot-key", None).unwrap();
    assert!(trace.controls.iter().all(|control| control.id != "declaration"), "without a bundle they found nothing");
    trace = trace.with_rules();
    assert!(!trace.shows("aws", Some(("aws-kms/key", arn))));
    let facts = serde_json::json!({"found": [{"id": arn, "target": "aws", "by": "alias"}], "elsewhere": []});
    trace.resolve("another-key", &facts);
    assert!(!trace.shows("aws", Some(("aws-kms/key", arn))));
    trace.resolve("hot-key", &facts);
    assert!(trace.shows("aws", Some(("aws-kms/key", arn))) && trace.shows("joined", Some(("joined/reach", arn))));
    assert!(!trace.shows("other", Some(("aws-kms/key", arn))));
    assert!(trace.shows("joined", Some(("joined/key", "hot-key"))));
    assert!(trace.shows("declaration", Some(("declaration/key", "hot-key"))));
    assert!(!trace.shows("declaration", Some(("declaration/threat", "hot-key"))));

    // Of the own rules those that say something of it are told.
    let place = trace.uses().find(|one| one.check == "keys/declared-key-is-there").unwrap().place;
    let finding = FindingNode {
        record: "finding:1".to_owned(),
        target: "joined".to_owned(),
        subject: Some("joined/key hot-key".to_owned()),
        outcome: Outcome::Conforms,
        severity: Severity::High,
        because: Vec::new(),
        rehearsal: false,
        marks: Vec::new(),
        acceptance: None,
        exchanges: Vec::new(),
        exchanges_not_shown: 0,
        declared: Vec::new(),
        gaps: Vec::new(),
        withheld: Vec::new(),
    };
    let mut bare = trace.clone();
    trace.take(BTreeMap::from([(place, UseFound { findings: vec![finding], ..UseFound::default() })]));
    let own = trace.controls.iter().find(|control| control.id == "declaration").unwrap();
    assert_eq!(own.checks.iter().map(|used| used.check.as_str()).collect::<Vec<_>>(), ["keys/declared-key-is-there"]);
    bare.take(BTreeMap::new());
    assert!(bare.controls.iter().all(|control| control.id != "declaration"));
}

#[test]
fn a_tokens_key_is_found_by_its_label() {
    let text = DECLARED.replace("key: alias/hot", "key: hot label");
    let (loaded, standards) = (loaded(&text), house());
    let trace = Links::new(&loaded, &standards).trace("hot-key", None).unwrap();
    let shown = |target, id| trace.shows(target, Some(("pkcs11/key", id)));
    assert_eq!((shown("aws", "a/hot label/0"), shown("aws", "a/hot label 2/0")), (true, false));
    assert!(!shown("other", "a/hot label/0"));
}
