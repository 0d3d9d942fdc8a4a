//! What people saw, beside what was inspected.
#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use declaration::{Loaded, Standard, load};
use model::record::{About, ActsFor, Finding, Says};
use witnessmark_links::{Found, HolderOf, Links, Method, PersonRecord, Records, State};

const HOUSE: &str = "standard: House
version: '1'
requirements:
  - {id: A1, demand: A second factor, methods: {review: expected, inspect: expected, interview: optional}}
";

const DECLARED: &str = "witnessmark: 1
entity: Northbank
system: {id: hot, standard: house-1, level: 1}
controls:
  - id: MFA
    title: Second factors
    requirements: [\"house-1:A1\"]
    documents: [{path: docs/access.md}]
    checks: [{use: aws-iam/root-has-mfa}]
";

fn loaded(text: &str) -> Loaded {
    let loaded = load("witnessmark.yaml", &|_: &str| Ok(text.as_bytes().to_vec()));
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    loaded
}

fn house() -> Vec<Standard> {
    vec![Standard::parse("house.yaml", HOUSE).unwrap()]
}

fn finding(control: &str, check: &str, target: &str, outcome: &str) -> Finding {
    let value = serde_json::json!({"control": control, "check": check, "target": target, "subject": {"kind": "k", "id": "i"},
        "outcome": outcome, "severity": "high", "evidence": [], "rests_on": []});
    serde_json::from_value(value).unwrap()
}

fn person(id: &str, method: Method, about: About, role: ActsFor, says: Says) -> PersonRecord {
    PersonRecord {
        bundle: 1,
        id: id.to_owned(),
        method,
        about: vec![about],
        by: "Jane".to_owned(),
        role,
        holder: Some(HolderOf { name: "Jane".to_owned(), acts_for: ActsFor::Auditor }),
        on: "2026-11-01".parse().unwrap(),
        done_on: None,
        expires: "2026-11-30".parse().unwrap(),
        says,
        text: "seen".to_owned(),
        attachments: 0,
        key: model::Digest::of(b"key"),
    }
}

/// A record and an inspection that say otherwise come first; what expired says nothing, and a rehearsal inspects nothing.
#[test]
fn records_beside_inspection() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let control = || About::Control("MFA".to_owned());
    let requirement = || About::Requirement("house-1:A1".to_owned());
    let mut records = Records {
        day: "2026-11-30".parse().unwrap(),
        all: vec![
            person("R1", Method::Interview, control(), ActsFor::Auditor, Says::Contradicts),
            person("R2", Method::Review, requirement(), ActsFor::Entity, Says::Supports),
            person("R3", Method::Observe, About::Control("ELSE".to_owned()), ActsFor::Auditor, Says::Supports),
        ],
        not_believed: Vec::new(),
    };
    let found = |outcome: &str| {
        let mut found = Found::default();
        found.count(&finding("MFA", "aws-iam/root-has-mfa", "aws", outcome));
        found
    };
    let told = |records: &Records, found: &Found| {
        let gaps = Links::new(&loaded, &standards).with_records(records).gaps(None, None, Some(found)).unwrap();
        let said = gaps.contradictions.iter().map(|one| (one.about.clone(), one.records.clone())).collect::<Vec<_>>();
        let states = gaps.requirements[0].methods.values().map(|one| one.state).collect::<Vec<_>>();
        (said, states, gaps.records.unwrap())
    };
    let of = |about: &str, id: &str| vec![(about.to_owned(), vec![(id.to_owned(), 1)])];
    let (said, states, totals) = told(&records, &found("conforms"));
    assert_eq!(said, of("control MFA", "R1"));
    // In the order of methods: review, inspect, interview.
    assert_eq!(states, [State::Prepared, State::Covered, State::Covered]);
    assert_eq!((totals.count, totals.expired, totals.elsewhere), (3, 0, vec!["R3".to_owned()]));
    assert_eq!(told(&records, &found("deviates")).0, of("requirement house-1:A1", "R2"));
    assert!(told(&records, &found("undetermined")).0.is_empty());
    let mut rehearsed = found("conforms");
    rehearsed.rehearse(|_| true);
    assert!(told(&records, &rehearsed).0.is_empty(), "nothing was inspected");

    records.day = "2026-12-01".parse().unwrap();
    let (said, states, totals) = told(&records, &found("conforms"));
    assert_eq!((said, totals.expired), (Vec::new(), 3));
    assert_eq!(states, [State::Prepared, State::Covered, State::Open]);

    records.day = "2026-11-30".parse().unwrap();
    records.all.push(person("R4", Method::Review, control(), ActsFor::Entity, Says::Supports));
    let links = Links::new(&loaded, &standards).with_records(&records);
    let mut trace = links.trace("MFA", None).unwrap();
    links.take_records(&mut trace, Some(&found("undetermined")));
    assert_eq!(trace.contradictions[0].records, [("R1".to_owned(), 1), ("R4".to_owned(), 1)]);
    assert_eq!(trace.records.len(), 3, "of its requirement, too");
}

/// Nobody is an auditor by their own word.
#[test]
fn who_an_auditor_is() {
    let of = |role, acts_for: Option<ActsFor>| {
        let mut record = person("R", Method::Review, About::Control("MFA".to_owned()), role, Says::Supports);
        record.holder = acts_for.map(|acts_for| HolderOf { name: "Key Owner".to_owned(), acts_for });
        (record.is_auditors(), record.who())
    };
    let (entity, auditor) = (ActsFor::Entity, ActsFor::Auditor);
    let told = |shown: bool, words: &str| (shown, words.to_owned());
    assert_eq!(of(auditor, Some(auditor)), told(true, "Jane, with the key of Key Owner (auditor)"));
    assert_eq!(
        of(auditor, Some(entity)),
        told(false, "Jane, with the key of Key Owner (says: auditor; the trust file says: entity)")
    );
    assert_eq!(of(auditor, None), told(false, "Jane, who says: auditor; the trust file names no holder of the key"));
    assert!(!of(entity, Some(auditor)).0, "an auditor who records for the entity covers nothing");
}
