//! What is declared, as resources: facts, places, and the rules that are put to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use witnessmark_declaration::{
    CheckMeta, CheckSubject, DeclaredThing, Environment, KeptFacts, Loaded, Reads, kinds, plan,
};

use crate::common::{NORTHBANK, environment, load_files, load_one};

fn whole() -> String {
    NORTHBANK.replace("in_threats: [T-CLOUD], ", "")
}

fn things(text: &str) -> BTreeMap<(String, String), DeclaredThing> {
    let loaded = load_one(text);
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    let all = loaded.things(&[]).unwrap();
    let count = all.len();
    let by_id: BTreeMap<_, _> = all.into_iter().map(|one| ((one.kind.to_owned(), one.id.clone()), one)).collect();
    assert_eq!(by_id.len(), count, "a thing is there twice");
    by_id
}

fn one<'t>(things: &'t BTreeMap<(String, String), DeclaredThing>, kind: &str, id: &str) -> &'t DeclaredThing {
    &things[&(kind.to_owned(), id.to_owned())]
}

/// The word at the place of each locator of a part.
fn words(text: &str, thing: &DeclaredThing, part: &str) -> Vec<String> {
    let word = |line: u64, column: u64| -> String {
        let line = text.lines().nth(line as usize - 1).unwrap();
        line.chars().skip(column as usize - 1).take_while(|c| !",]}: ".contains(*c)).collect()
    };
    thing.parts.get(part).unwrap().iter().map(|at| word(at.line, at.column)).collect()
}

#[test]
fn every_thing_of_the_example_is_there() {
    let text = whole();
    let things = things(&text);
    let names: Vec<String> = things.keys().map(|(kind, id)| format!("{kind} {id}")).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    declaration/acceptance AC-7
    declaration/component ceremony-room
    declaration/control AC-MFA
    declaration/holder kh-1
    declaration/key hot-signing
    declaration/reviewed-part key-inventory
    declaration/reviewed-part risk-register
    declaration/reviewed-part threat-model
    declaration/risk T-INSIDER-SIGN
    declaration/system hot-wallet
    declaration/task AC-MFA
    declaration/third-party aws
    declaration/third-party custody-provider
    declaration/threat T-INSIDER-SIGN
    ");
    let threat = one(&things, "declaration/threat", "T-INSIDER-SIGN");
    assert_eq!(threat.facts["affects"]["keys"], json!(["hot-signing"]));
    assert_eq!(threat.facts["controls"], json!([{"id": "AC-MFA", "status": "implemented"}]));
    assert_eq!(threat.facts["accepted"], json!([]));
    // Each part leads to what says it: the control's own line, not the threat's.
    assert_eq!(words(&text, threat, "controls"), ["T-INSIDER-SIGN"]);
    assert_eq!(threat.parts["controls"][0].line, 38);
    assert_eq!(words(&text, threat, "category"), ["insider"]);
    let task = one(&things, "declaration/task", "AC-MFA");
    assert_eq!(task.facts["because_of"], json!(["T-INSIDER-SIGN"]));
    assert_eq!(task.facts["window_covers_every"], true);
    assert_eq!((&task.facts["last_done"], &task.facts["due"]), (&json!(null), &json!(null)));
    // What is not written stands where the thing does.
    assert_eq!(task.parts["done"], task.parts["last_done"]);
    assert_eq!(words(&text, task, "done"), ["every"]);
    let model = one(&things, "declaration/reviewed-part", "threat-model");
    assert_eq!(model.facts["due"], json!({"date": "2027-02-01", "epoch": 1_801_440_000}));
    let party = one(&things, "declaration/third-party", "custody-provider");
    assert_eq!(party.facts["uncovered"], json!([]));
    assert_eq!(words(&text, party, "certificate"), ["2027-03-31"]);
    let key = one(&things, "declaration/key", "hot-signing");
    assert_eq!(key.facts["named_by"], json!(["T-INSIDER-SIGN"]));
    assert_eq!(key.facts["wallets"], json!([{"id": "hot", "signatures": null}]));
    let risk = one(&things, "declaration/risk", "T-INSIDER-SIGN");
    assert_eq!(risk.facts["tolerance"], json!({"id": "RT-2", "levels": ["low"]}));
    assert_eq!(risk.facts["accepted_by"], json!({"name": "Chief Executive Officer", "role": null, "executive": false}));
}

#[test]
fn a_task_says_since_when_there_is_a_model_and_what_its_folder_holds() {
    let text = r#"witnessmark: 1
entity: Northbank
system: {id: hot}
targets: [{id: aws, collector: aws-kms, account: "111122223333"}]
threat_model: {version: "1", reviews: [{on: 2026-05-01, by: CISO}, {on: 2024-02-29, by: CISO}]}
controls:
  - {id: C-1, title: Two sign, task: {every: 1mo, records: reviews/}}
  - {id: C-2, title: Three sign, task: {every: 1mo}}
"#;
    let mut loaded = load_one(text);
    let task = |loaded: &Loaded, id: &str| {
        let things = loaded.things(&[]).unwrap();
        things.into_iter().find(|one| one.kind == "declaration/task" && one.id == id).unwrap()
    };
    assert_eq!(task(&loaded, "C-1").facts["model_since"], json!({"date": "2024-02-29", "epoch": 1_709_164_800}));
    assert_eq!(words(text, &task(&loaded, "C-1"), "model_since"), ["2024-02-29"]);
    assert_eq!(task(&loaded, "C-1").facts["kept"], json!(null), "nobody looked");
    let folders = loaded.records();
    assert_eq!(folders.len(), 1);
    let kept = KeptFacts { entries: Some(2), because: None, missing: vec!["REC-1".to_owned()] };
    let kept = folders.iter().map(|(folder, _)| (folder.at, kept.clone())).collect();
    loaded.take_records(kept);
    assert_eq!(task(&loaded, "C-1").facts["kept"], json!({"entries": 2, "because": null, "missing": ["REC-1"]}));
    assert_eq!(words(text, &task(&loaded, "C-1"), "kept"), ["reviews/"]);
    assert_eq!(task(&loaded, "C-2").facts["kept"], json!(null));
    let without = load_one(&text.replace("threat_model:", "risk_register:").replace("version", "framework"));
    assert_eq!(task(&without, "C-1").facts["model_since"], json!(null));
}

#[test]
fn facts_are_as_their_schemas_say() {
    let schemas: BTreeMap<&str, jsonschema::Validator> =
        kinds().into_iter().map(|kind| (kind.kind, jsonschema::validator_for(&kind.schema).unwrap())).collect();
    for ((kind, id), thing) in things(&(with_the_rest())) {
        let errors: Vec<String> = schemas[kind.as_str()].iter_errors(&thing.facts).map(|e| e.to_string()).collect();
        assert_eq!(errors, [] as [String; 0], "{kind} {id}");
        let parts: Vec<&String> = thing.parts.keys().collect();
        let facts: Vec<&String> = thing.facts.as_object().unwrap().keys().collect();
        assert_eq!(parts.len(), facts.len(), "{kind} {id}");
        assert!(thing.parts.values().all(|at| !at.is_empty()), "{kind} {id}");
    }
}

/// The example with what it leaves out, and its register said in full.
fn with_the_rest() -> String {
    whole().replace("risk_register: {tolerances: [{id: RT-2, levels: [low]}]}\n", "") + WHOLE
}

/// What the example leaves out.
const WHOLE: &str = r#"
roles:
  - {id: ceo, title: Chief Executive Officer, executive: true}
  - {id: officer, title: Signing officer}
wallets:
  - {id: hot, title: Hot wallet, signatures: {needed: 1, of: 1}, workflow: [{what: an officer approves, by: [officer]}]}
documents:
  - {id: POL-1, title: Key policy, type: policy, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", approved: 2026-01-31, review_every: 1mo}
exclusions:
  - {id: office, what: The office network, reason: no key material passes it}
risk_register: {framework: ISO/IEC 27005, tolerances: [{id: RT-2, levels: [low]}], review_every: 1q, reviews: [{on: 2026-01-31, by: CISO}]}
key_inventory: {reviews: [{on: 2026-05-01, by: CISO}, {on: 2026-02-01, by: CISO}]}
compromise_plan: {classes: [operational], document: POL-1}
"#;

#[test]
fn names_are_joined() {
    let things = things(&(with_the_rest()));
    let risk = one(&things, "declaration/risk", "T-INSIDER-SIGN");
    assert_eq!(risk.facts["tolerance"]["levels"], json!(["low"]));
    assert_eq!(risk.facts["accepted_by"], json!({"name": "Chief Executive Officer", "role": "ceo", "executive": true}));
    let key = one(&things, "declaration/key", "hot-signing");
    assert_eq!(key.facts["wallets"], json!([{"id": "hot", "signatures": 1}]));
    assert_eq!(key.facts["in_compromise_plan"], true);
    assert_eq!(one(&things, "declaration/wallet", "hot").facts["keys"], json!(["hot-signing"]));
    assert_eq!(one(&things, "declaration/document", "POL-1").facts["review_due"]["date"], "2026-02-28");
    assert_eq!(one(&things, "declaration/reviewed-part", "risk-register").facts["due"]["date"], "2026-04-30");
    let inventory = one(&things, "declaration/reviewed-part", "key-inventory");
    assert_eq!(inventory.facts["last"]["on"]["date"], "2026-05-01");
    assert_eq!(one(&things, "declaration/system", "hot-wallet").facts["executives"], json!(["ceo"]));
}

#[test]
fn a_threat_says_who_accepted_its_risk_and_when() {
    let accepting = whole().replace("treatment: reduce", "treatment: accept");
    let accepted = |text: &str| {
        let things = things(text);
        one(&things, "declaration/threat", "T-INSIDER-SIGN").facts["accepted"].clone()
    };
    let row = |executive: bool| json!([{"id": "T-INSIDER-SIGN", "on": {"date": "2026-02-01", "epoch": 1_769_904_000}, "executive": executive}]);
    assert_eq!(accepted(&accepting), row(false));
    assert_eq!(accepted(&with_the_rest().replace("treatment: reduce", "treatment: accept")), row(true));
}

#[test]
fn a_thing_of_an_included_file_stands_there() {
    let head = "witnessmark: 1\nentity: E\nsystem: {id: s}\ninclude: [more/threats.yaml]\n";
    let loaded = load_files(&[
        ("witnessmark.yaml", head),
        ("more/threats.yaml", "threats:\n  - {id: T, title: \"é\", category: insider}\n"),
    ]);
    let things = loaded.things(&[]).unwrap();
    let threat = things.iter().find(|thing| thing.kind == "declaration/threat").unwrap();
    let at = &threat.parts["category"][0];
    assert_eq!((at.path.as_str(), at.line, at.column), ("more/threats.yaml", 2, 35));
}

#[test]
fn the_same_files_give_the_same_things() {
    let text = with_the_rest();
    assert_eq!(load_one(&text).things(&[]).unwrap(), load_one(&text).things(&[]).unwrap());
}

#[test]
fn the_digest_of_a_sealed_document_is_a_fact() {
    let text = whole() + "documents: [{id: D, title: D, type: policy, path: ./docs/d.md}]\n";
    let loaded = load_one(&text);
    let attached = [("docs/d.md".to_owned(), Vec::new())];
    let sealed = |attached: &[(String, Vec<u8>)]| {
        let things = loaded.things(attached).unwrap();
        let document = things.into_iter().find(|thing| thing.kind == "declaration/document").unwrap();
        document.facts["sealed_sha256"].as_str().map(str::to_owned)
    };
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sealed(&attached).as_deref(), Some(empty));
    assert_eq!(sealed(&[]), None);
}

fn with_rules() -> Environment {
    let mut environment = environment();
    for (id, kind, parameters) in [
        ("declaration/threat-is-answered", "declaration/threat", json!({})),
        ("declaration/risk-is-monitored", "declaration/risk", json!({"max_days": {"type": "integer", "default": 366}})),
        ("declaration/wallet-says-how-it-signs", "declaration/wallet", json!({})),
        ("declaration/needs-a-word", "declaration/threat", json!({"word": {"type": "string"}})),
    ] {
        let check = CheckMeta {
            id: id.to_owned(),
            title: id.to_owned(),
            collector: "declaration".to_owned(),
            subject: CheckSubject::Resource(kind.to_owned()),
            parts: BTreeSet::new(),
            declares: Vec::new(),
            parameters: parameters.as_object().unwrap().clone(),
        };
        environment.checks.checks.insert(id.to_owned(), check);
    }
    environment
}

/// Control, check and parameters of each use of a rule.
fn rules(text: &str) -> Vec<(String, String, String)> {
    let loaded = load_one(text);
    let plan = plan(&loaded, &with_rules()).unwrap_or_else(|found| panic!("{}", loaded.render(&found, false)));
    let of_declaration = plan.assignments.into_iter().filter(|one| one.targets == ["declaration"]);
    of_declaration.map(|one| (one.control, one.check, json!(one.parameters).to_string())).collect()
}

#[test]
fn a_declaration_is_held_to_its_own_rules() {
    let own = |check: &str, parameters: &str| {
        ("declaration".to_owned(), format!("declaration/{check}"), parameters.to_owned())
    };
    // Not the one without its parameter, and not the one of wallets, of which none is declared.
    let expected = [own("risk-is-monitored", r#"{"max_days":366}"#), own("threat-is-answered", "{}")];
    assert_eq!(rules(&whole()), expected);
    // A control that uses one takes its place, with its own parameters.
    let used = whole()
        .replace("    checks:\n", "    checks:\n      - {use: declaration/risk-is-monitored, with: {max_days: 90}}\n");
    let theirs = ("AC-MFA".to_owned(), "declaration/risk-is-monitored".to_owned(), r#"{"max_days":90}"#.to_owned());
    assert_eq!(rules(&used), [theirs, own("threat-is-answered", "{}")]);
}

#[test]
fn where_nothing_but_controls_is_declared_there_is_no_rule() {
    let head = "witnessmark: 1\nentity: E\nsystem: {id: s}\ntargets: [{id: t, collector: aws-kms, account: \"111122223333\"}]\n";
    let controls = "controls: [{id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}]}]\n";
    assert_eq!(rules(&format!("{head}{controls}")), []);
    assert_eq!(rules(&format!("{head}{controls}threats: [{{id: T, title: T}}]\n")).len(), 1);
}

#[test]
fn the_name_of_the_declaration_is_taken() {
    let head = "witnessmark: 1\nentity: E\nsystem: {id: s}\n";
    let text = format!(
        "{head}targets: [{{id: declaration, collector: aws-kms, account: \"111122223333\"}}]\ncontrols: [{{id: C, title: C, checks: [{{use: declaration/threat-is-answered, on: [declaration]}}]}}]\n"
    );
    let loaded = load_one(&text);
    insta::assert_snapshot!(loaded.render(&witnessmark_declaration::check(&loaded, &with_rules()), false), @r#"
    error[bad-value]: `declaration` stands for the declaration itself
     --> witnessmark.yaml:4:16
      |
    4 | targets: [{id: declaration, collector: aws-kms, account: "111122223333"}]
      |                ^^^^^^^^^^^
      |
      = help: give it another id

    error[no-target]: `declaration/threat-is-answered` judges the declaration itself
     --> witnessmark.yaml:5:45
      |
    5 | controls: [{id: C, title: C, checks: [{use: declaration/threat-is-answered, on: [declaration]}]}]
      |                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: leave `on` out
    "#);
}

#[test]
fn who_left_and_what_others_are_called_is_there() {
    let text = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
key_holders: [{id: kh-1, left: 2026-05-31}, {id: kh-2}]
third_parties: [{id: vault-ltd, role: qsp, seen_as: {hosts: [hooks.vault.example], accounts: ["999988887777"]}}]
exclusions: [{id: logs, what: our account for logs, reason: no key is there, seen_as: {accounts: ["444455556666"]}}]
"#;
    let things = things(text);
    assert_eq!(one(&things, "declaration/holder", "kh-1").facts["left"]["date"], "2026-05-31");
    assert_eq!(one(&things, "declaration/holder", "kh-2").facts["left"], json!(null));
    let party = one(&things, "declaration/third-party", "vault-ltd");
    let names = json!([{"kind": "account", "name": "999988887777"}, {"kind": "host", "name": "hooks.vault.example"}]);
    assert_eq!(party.facts["seen_as"], names);
    assert_eq!(party.parts["seen_as"][0].line, 5);
    let exclusion = one(&things, "declaration/exclusion", "logs");
    assert_eq!(exclusion.facts["seen_as"], json!([{"kind": "account", "name": "444455556666"}]));
}

/// Each member by itself: a check that reads one part of a thing says nothing of the others.
#[test]
fn what_no_check_judges_is_named_member_by_member() {
    let text = "witnessmark: 1\nentity: N\nsystem: {id: s, standard: ccss-9.0}\nledger: {origin: o/s}\n\
        targets: [{id: aws-prod, collector: aws-kms, account: \"111122223333\"}]\n\
        keys:\n  - {id: hot, class: operational, location: a vault, holders: [ada], reviewed: 2026-06-01}\n\
        \x20 - {id: spare, class: backup, location: another, backup_of: [hot]}\n  - {id: third, class: operational, location: here}\n\
        key_holders: [{id: ada, left: 2026-06-01}]\n\
        threats: [{id: T-1, title: T}]\n\
        risks: [{threat: T-1, likelihood: low, impact: low, treatment: reduce, owner: CISO}]\n";
    let loaded = load_one(text);
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    let said = |checks: &[(&str, bool, &[&str])]| {
        let mut reads = Reads::default();
        for (kind, whole, parts) in checks {
            reads.add(&[(*kind).to_owned()], *whole, parts.iter().map(|part| (*part).to_owned()), &[]);
        }
        let judged = witnessmark_declaration::judged_by(&loaded, &reads);
        let of = |kind: &str| {
            judged.members.iter().filter(|one| one.what == kind).map(|one| one.words()).collect::<Vec<_>>()
        };
        (of("keys"), of("key holders"), judged.members_not_judged())
    };
    // A kind that no check reads is counted as things, and not once more member by member.
    let (keys, holders, _) = said(&[]);
    assert!(keys.is_empty() && holders.is_empty(), "{keys:?} {holders:?}");
    let (keys, holders, members) = said(&[("declaration/key", false, &["reviewed", "in_compromise_plan"])]);
    assert_eq!(keys, ["`location` of hot, spare, third", "`holders` of hot", "`backup_of` of spare"]);
    // Those five, and the standard of the system.
    assert_eq!((holders.len(), members), (0, 6));
    // Where a key lies is looked at for it and its backup, and for nobody else.
    let (keys, ..) = said(&[("declaration/key", false, &["reviewed", "class"]), ("joined/key", false, &["backups"])]);
    assert_eq!(keys, ["`holders` of hot", "`location` of third"]);
    // A check of a whole target may read everything of it.
    assert_eq!(said(&[("declaration/key", true, &[])]).0, [""; 0]);
}
