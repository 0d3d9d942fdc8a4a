//! The declaration is judged like what is read: a run names what is wrong with it, with the place where it is written.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;

use fakes::aws::{AwsFake, Size, World};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, Sealed};

/// Level 3 with one check. A certificate that expired in 2020, a threat model last reviewed in 2019, a key that is not in the
/// account, and a holder who does not exist.
const FIVE_FAULTS: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet, designation: full, standard: ccss-9.0, level: 3}
targets:
  - {id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}
third_parties:
  - id: vault-ltd
    role: qsp
    in_threats: [T-1]
    reviewed: 2026-06-01
    covers: [ccss-9.0:1.01.1.1]
    certificate: {standard: ccss-9.0, system: Vault, level: 3, expires: 2020-12-31}
key_holders:
  - {id: kh-ghost, identities: {aws-prod: ["arn:aws:iam::111122223333:user/ghost"]}, acknowledged: 2026-06-01, trained: 2026-06-01}
keys:
  - {id: hot-signing, class: operational, at: {target: aws-prod, key: alias/hot-signing}, holders: [kh-ghost]}
  - {id: usual, class: operational, at: {target: aws-prod, key: alias/key-00000}, holders: [kh-ghost]}
threat_model: {version: "1", review_every: 1y, reviews: [{on: 2019-03-01, by: CISO, looked_at: all of it, changed: nothing}]}
threats: [{id: T-1, title: A member of staff signs alone, category: insider, affects: {classes: [operational], keys: [hot-signing]}}]
controls:
  - {id: AC-ROOT, title: No one works as root, threats: [T-1], checks: [{use: aws-iam/root-has-mfa}]}
"#;

fn desk(declaration: &str, server: &Server) -> Desk {
    let mut desk = Desk::new(declaration);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

/// The exit code of a run, what it printed, and its bundle.
fn run(desk: &Desk) -> (i32, Value, Sealed) {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json"]);
    let json = answer.json();
    let sealed = Sealed::read(&desk.path("evidence/bundles"), json["index"].as_u64().unwrap());
    (answer.code, json, sealed)
}

/// Of a check the pieces of evidence of this outcome, by subject: path and reason of each.
fn pieces(sealed: &Sealed, check: &str, outcome: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = sealed.of("finding").filter(|finding| finding["check"] == check && finding["outcome"] == outcome);
    found
        .map(|finding| {
            let pieces = finding["evidence"].as_array().unwrap();
            let pieces = pieces.iter().map(|piece| (text(&piece["path"]), text(&piece["because"])));
            // A finding about a target as a whole has no other subject.
            let subject = &finding["subject"]["id"];
            (text(if subject.is_null() { &finding["target"] } else { subject }), pieces.collect())
        })
        .collect()
}

#[test]
fn a_declaration_of_faults_is_not_clean() {
    let faulty = Faulty::new(AwsFake::new(World::new(Size::SMALL)), Vec::new());
    let server = Server::http(faulty.clone());
    let desk = desk(FIVE_FAULTS, &server);
    let (code, json, sealed) = run(&desk);
    let said = |check: &str| pieces(&sealed, check, "deviates");

    let whole = &said("declaration/system-is-declared-whole")["hot-wallet"];
    assert_eq!(whole.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["/compromise_plan"]);
    let certificate = &said("declaration/certificate-covers-what-is-relied-on")["vault-ltd"];
    assert_eq!(*certificate, [("/certificate/expires".to_owned(), "the certificate has expired".to_owned())]);
    let model = &said("declaration/part-is-reviewed-on-time")["threat-model"];
    assert!(model.iter().any(|(path, because)| path == "/last/on" && because.ends_with("days ago")), "{model:?}");
    let keys = said("keys/declared-key-is-there");
    let absent = "no key of target `aws-prod` is called `alias/hot-signing`".to_owned();
    assert_eq!(keys, BTreeMap::from([("hot-signing".to_owned(), vec![("/found".to_owned(), absent)])]));
    let holders = &said("people/identities-are-there")["kh-ghost"];
    assert!(holders.len() == 1 && holders[0].1.contains(":user/ghost` at `aws-prod`"), "{holders:?}");
    // Keys that sign for no wallet and have one holder; nothing else is left open.
    let open: Vec<&Value> = sealed.of("finding").filter(|finding| finding["outcome"] == "undetermined").collect();
    assert_eq!(open, [] as [&Value; 0]);
    assert_eq!(code, 10);

    // Each part of each declared thing leads to a character of the sealed file.
    let file = sealed.of("declaration").position(|file| file["path"] == "witnessmark.yaml").unwrap();
    let things: Vec<&Value> = sealed.of("resource").filter(|resource| resource["target"] == "declaration").collect();
    assert_eq!(things.len(), 9);
    for thing in &things {
        for place in thing["parts"].as_object().unwrap().values().flat_map(|places| places.as_array().unwrap()) {
            assert_eq!(place["declaration"], json!(format!("declaration:{file}")));
            let line = FIVE_FAULTS.lines().nth(place["line"].as_u64().unwrap() as usize - 1).unwrap();
            assert!(line.chars().nth(place["column"].as_u64().unwrap() as usize - 1).is_some(), "{place}");
        }
    }
    // One control of ours, no exchange for it, and everything declared is judged.
    assert!(sealed.of("exchange").all(|exchange| exchange["target"] == "aws-prod"));
    let declared = &json["declared"];
    assert_eq!((&declared["things"], &declared["of_other_systems"]), (&json!(9), &json!(0)));
    assert_eq!(declared["judged_by_no_check"], json!([]));
    // Each of them is read by some check, but not each of its members.
    let members = declared["members_judged_by_no_check"].as_array().unwrap();
    assert!(
        members.contains(&json!({"what": "third parties", "member": "role", "things": ["vault-ltd"]})),
        "{members:?}"
    );
    assert!(!members.iter().any(|one| one["member"] == "certificate" || one["member"] == "reviewed"), "{members:?}");

    // What was not read leaves the key undetermined: it may be there.
    faulty.set(vec![Rule::always("kms:ListKeys", Fault::Deny)]);
    let (code, _, sealed) = run(&desk);
    assert_eq!(code, 12);
    assert!(pieces(&sealed, "keys/declared-key-is-there", "deviates").is_empty());
    let open = pieces(&sealed, "keys/declared-key-is-there", "undetermined");
    assert!(open.contains_key("hot-signing") && open.contains_key("usual"), "{open:?}");
}

/// Before any key, ledger or source is there `validate` lists what a first run finds in the declaration, with its line.
#[test]
fn validate_finds_what_a_first_run_finds_in_the_declaration() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    for declaration in [FIVE_FAULTS.to_owned(), format!("{REGISTER_HEAD}{REGISTER_WRITTEN}")] {
        let desk = desk(&declaration, &server);
        let answer = desk.witnessmark(&["validate", "--format", "json"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        let rules = answer.json()["rules"].clone();
        let open = rules["not_met"].as_array().unwrap();
        let told = ["control", "check", "subject", "outcome", "severity", "evidence"];
        let told = |one: &Value| told.map(|name| one[name].to_string());
        let (_, _, sealed) = run(&desk);
        let open_outcome = |one: &&Value| ["deviates", "undetermined"].contains(&one["outcome"].as_str().unwrap());
        let of_run = sealed.of("finding").filter(|one| one["target"] == "declaration").filter(open_outcome);
        let mut of_run: Vec<[String; 6]> = of_run.map(told).collect();
        let mut found: Vec<[String; 6]> = open.iter().map(told).collect();
        of_run.sort();
        found.sort();
        assert!(found.len() >= 3, "{found:?}");
        assert_eq!(found, of_run);
        assert_eq!((&rules["accepted"], &rules["broken_checks"]), (&json!(0), &json!({})));
        // Each is at the line of what it is about.
        for one in open.iter().filter(|one| one["check"] == "declaration/certificate-covers-what-is-relied-on") {
            let line = declaration.lines().nth(one["line"].as_u64().unwrap() as usize - 1).unwrap();
            assert!(line.contains("2020-12-31"), "{line}");
        }

        let answer = desk.witnessmark(&["validate"]);
        let last = answer.stdout.lines().last().unwrap();
        let count = open.iter().filter(|one| one["outcome"] == "deviates").count();
        let words = format!("It can be used. {count} things do not meet a rule of the declaration yet (listed above)");
        assert!(answer.code == 0 && last.contains(&words), "{answer:?}");
    }
    // What is accepted is not listed.
    let accepted = "acceptances: [{id: A, control: declaration, check: declaration/system-is-declared-whole, subject: hot-wallet, reason: it is new, approved_by: CISO, approved: 2026-01-01, expires: 2099-12-31}]\n";
    let desk = desk(&format!("{FIVE_FAULTS}{accepted}"), &server);
    let answer = desk.witnessmark(&["validate", "--format", "json"]);
    let rules = &answer.json()["rules"];
    assert_eq!(rules["accepted"], 1, "{answer:?}");
    assert!(
        rules["not_met"].as_array().unwrap().iter().all(|one| one["check"] != "declaration/system-is-declared-whole")
    );
    let answer = desk.witnessmark(&["validate"]);
    assert!(answer.stdout.lines().last().unwrap().contains(" 1 thing that is not met is accepted."), "{answer:?}");
}

#[test]
fn what_no_check_judges_is_said_first_and_listed() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let declaration = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: aws-prod, collector: aws-iam, account: "111122223333"}]
third_parties: [{id: aws, role: cloud}, {id: mail, role: vendor}]
controls: [{id: AC-ROOT, title: No one works as root, checks: [{use: aws-iam/root-has-mfa}]}]
"#;
    let desk = desk(declaration, &server);
    let answer = desk.witnessmark(&["run", "--quiet"]);
    let first = answer.stdout.lines().next().unwrap();
    assert_eq!(first, "4 things are declared, 2 of them judged by no check (listed below).");
    // What it is called claims nothing, and neither does which checks are used.
    let listed: Vec<&str> =
        answer.stdout.lines().filter(|line| line.starts_with("Declared, sealed, and judged by no check")).collect();
    assert_eq!(listed, ["Declared, sealed, and judged by no check: third parties (2)."]);
}

/// The declared things and the findings about them, without the places: a register's are in its own file.
fn judged(sealed: &Sealed) -> (Vec<Value>, Vec<Value>) {
    let things = sealed.of("resource").filter(|resource| resource["target"] == "declaration");
    let things = things.map(|thing| {
        let mut facts = thing["facts"].clone();
        // What the ledger saw is of this run.
        facts.as_object_mut().unwrap().remove("seen");
        json!({"kind": thing["kind"], "id": thing["id"], "facts": facts})
    });
    let findings = sealed.of("finding").filter(|finding| finding["target"] == "declaration");
    let told = ["control", "check", "subject", "outcome", "reason", "severity"];
    let findings = findings.map(|finding| {
        let mut said: BTreeMap<&str, Value> = told.iter().map(|name| (*name, finding[*name].clone())).collect();
        let evidence = finding["evidence"].as_array().unwrap().iter();
        let paths = evidence.map(|piece| json!({"path": piece["path"], "because": piece["because"]}));
        said.insert("evidence", paths.collect());
        json!(said)
    });
    (things.collect(), findings.collect())
}

const REGISTER_HEAD: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: aws-prod, collector: aws-iam, account: "111122223333"}]
roles: [{id: ceo, title: Chief Executive Officer, executive: true}]
keys: [{id: hot, class: operational}]
risk_register: {tolerances: [{id: RT-1, levels: [low]}]}
controls: [{id: AC-ROOT, title: No one works as root, threats: [T-1], checks: [{use: aws-iam/root-has-mfa}]}]
"#;

const REGISTER_WRITTEN: &str = r#"threats:
  - {id: T-1, title: Root is used alone, category: insider, affects: {keys: [hot]}}
  - {id: T-2, title: A dependency is replaced}
risks:
  - {threat: T-1, likelihood: low, impact: high, treatment: reduce, owner: CISO, residual: {level: low, within_tolerance: RT-1, accepted_by: ceo, accepted: 2026-06-01}, monitored: 2026-06-01}
  - {threat: T-2, likelihood: high, impact: high, treatment: accept, owner: CISO, residual: {level: high, within_tolerance: RT-1, accepted_by: CISO, accepted: 2026-06-01}, monitored: 2019-01-01}
"#;

/// Acceptance: an imported register gives the findings that the same content gives as YAML.
#[test]
fn an_imported_register_is_judged_like_a_written_one() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let written = desk(&format!("{REGISTER_HEAD}{REGISTER_WRITTEN}"), &server);
    let (code, _, sealed) = run(&written);
    let expected = judged(&sealed);
    assert!(expected.0.iter().filter(|thing| thing["kind"] == "declaration/risk").count() == 2 && expected.1.len() > 8);
    assert!(
        expected
            .1
            .iter()
            .any(|finding| finding["check"] == "declaration/residual-risk-is-accepted"
                && finding["outcome"] == "deviates")
    );

    let threats = "No;Threat;Type;Assets\n\"T-1\";Root is used alone;insider;hot\nT-2;A dependency is replaced;;\n";
    let csv = "Threat,P,I,Response,owner,residual,within_tolerance,accepted_by,accepted,monitored\n\
        T-1,1,high,Mitigate,CISO,low,RT-1,ceo,2026-06-01,2026-06-01\n\
        T-2,3,high,Accept,CISO,high,RT-1,CISO,2026-06-01,2019-01-01\n";
    let row = |threat: &str, p: u8, response: &str, residual: &str, by: &str, monitored: &str| {
        json!({"Threat": threat, "P": p, "I": "high", "Response": response, "owner": "CISO", "residual": residual,
            "within_tolerance": "RT-1", "accepted_by": by, "accepted": "2026-06-01", "monitored": monitored})
    };
    let json = json!([
        row("T-1", 1, "Mitigate", "low", "ceo", "2026-06-01"),
        row("T-2", 3, "Accept", "high", "CISO", "2019-01-01"),
    ]);
    for (name, text) in [("risks.csv", csv.to_owned()), ("risks.json", json.to_string())] {
        let declaration = format!(
            "{REGISTER_HEAD}threats: {{import: {{file: threats.csv, separator: semicolon, columns: {{id: No, title: Threat, category: Type, keys: Assets}}}}}}\n\
            risks: {{import: {{file: {name}, columns: {{threat: Threat, likelihood: P, impact: I, treatment: Response}}, \
            values: {{likelihood: {{\"1\": low, \"3\": high}}, treatment: {{Mitigate: reduce, Accept: accept}}}}}}}}\n"
        );
        let desk = desk(&declaration, &server);
        std::fs::write(desk.path("threats.csv"), threats).unwrap();
        std::fs::write(desk.path(name), &text).unwrap();
        let (of_import, _, sealed) = run(&desk);
        assert_eq!((of_import, judged(&sealed)), (code, expected.clone()), "{name}");
        // Evidence leads to the cell.
        let number = sealed.of("declaration").position(|file| file["path"] == name).unwrap();
        let risk = sealed.of("resource").find(|one| one["kind"] == "declaration/risk" && one["id"] == "T-2").unwrap();
        let at = &risk["parts"]["monitored"][0];
        assert_eq!(at["declaration"], json!(format!("declaration:{number}")));
        let line = text.lines().nth(at["line"].as_u64().unwrap() as usize - 1).unwrap();
        let cell: String = line.chars().skip(at["column"].as_u64().unwrap() as usize - 1).collect();
        assert!(cell.trim_start_matches('"').starts_with("2019-01-01"), "{cell}");
    }
}

/// A change is seen from the ledger, not believed.
#[test]
fn a_threat_that_changed_after_its_risk_was_accepted_is_found() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(&format!("{REGISTER_HEAD}{REGISTER_WRITTEN}"), &server);
    let of_risk = |sealed: &Sealed, outcome: &str| {
        pieces(sealed, "declaration/residual-risk-is-accepted", outcome).get("T-1").cloned().unwrap_or_default()
    };
    let seen = |sealed: &Sealed, kind: &str, id: &str| {
        let thing = sealed.of("resource").find(|one| one["kind"] == kind && one["id"] == id).unwrap();
        thing["facts"]["seen"].clone()
    };
    // In the first bundle, and in one after it in which nothing changed, nothing is concluded from the ledger.
    let (_, _, first) = run(&desk);
    let (_, _, second) = run(&desk);
    for sealed in [&first, &second] {
        assert!(!of_risk(sealed, "conforms").is_empty());
        assert_eq!(seen(sealed, "declaration/risk", "T-1"), seen(&first, "declaration/risk", "T-1"));
    }
    assert_eq!(seen(&first, "declaration/threat", "T-1")["changed"], Value::Null);
    let changed = REGISTER_WRITTEN.replace("Root is used alone", "Root is used by anybody");
    std::fs::write(desk.path("witnessmark.yaml"), format!("{REGISTER_HEAD}{changed}")).unwrap();
    let (_, _, third) = run(&desk);
    let since = seen(&third, "declaration/threat", "T-1")["changed"].as_i64().unwrap();
    assert!(since >= seen(&first, "declaration/threat", "T-1")["ledger_since"].as_i64().unwrap());
    let found = of_risk(&third, "deviates");
    assert!(
        found.iter().any(|(path, because)| path == "/seen/changed" && because.contains("changed after")),
        "{found:?}"
    );
    assert!(pieces(&third, "declaration/residual-risk-is-accepted", "undetermined").is_empty());
}

/// Two wallets of one entity: each ledger has its own things, and the shared files whole.
#[test]
fn systems_that_share_files_have_their_own_things() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let root = "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {id: hot}\ninclude: [shared.yaml]\n\
        targets: [{id: aws-prod, collector: aws-iam, account: \"111122223333\"}]\n\
        controls: [{id: AC-ROOT, title: No one works as root, threats: [T-1], checks: [{use: aws-iam/root-has-mfa}]}]\n";
    let shared = "systems: [{id: hot}, {id: cold}]\nkeys: [{id: k-hot, class: operational, systems: [hot]}, {id: k-cold, class: backup, systems: [cold]}]\n\
        threats: [{id: T-1, title: Root is used alone, affects: {keys: [k-hot, k-cold]}}, {id: T-2, title: The vault is opened, systems: [cold], affects: {keys: [k-cold]}}]\n";
    let desk = desk(root, &server);
    std::fs::write(desk.path("shared.yaml"), shared).unwrap();
    let answer = desk.witnessmark(&["run", "--quiet"]);
    let first = answer.stdout.lines().next().unwrap();
    assert!(first.ends_with(" 2 of other systems in the same files are kept out."), "{first}");
    let (_, _, sealed) = run(&desk);
    let ids = |kind: &str| -> Vec<String> {
        let of_kind = sealed.of("resource").filter(|one| one["kind"] == kind);
        of_kind.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids("declaration/key"), ids("declaration/threat")), (vec!["k-hot".to_owned()], vec!["T-1".to_owned()]));
    let system = sealed.of("resource").find(|one| one["kind"] == "declaration/system").unwrap();
    assert_eq!(system["facts"]["of_other_systems"], 2);
    let validated = desk.witnessmark(&["validate"]);
    assert!(validated.stdout.contains("1 targets, 1 controls, 1 uses of checks, and "), "{}", validated.stdout);
}

/// Keys of two accounts, of which the second is not the one that answers: nothing of it is read.
const INVENTORY: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet, standard: ccss-9.0}
targets:
  - {id: aws-prod, collector: aws-kms, account: "111122223333", regions: [eu-west-1]}
  - {id: aws-other, collector: aws-kms, account: "444455556666", regions: [eu-west-1]}
keys:
  - {id: hot, class: operational, material: private-key, spec: ECC_SECG_P256K1, at: {target: aws-prod, key: alias/key-00001}}
  - {id: wrong, class: operational, material: private-key, spec: RSA_4096, at: {target: aws-prod, key: alias/key-00000}}
  - {id: gone, class: operational, at: {target: aws-prod, key: alias/gone}}
  - {id: standby, class: backup, at: {target: aws-prod, key: alias/key-00002}, backup_of: [hot]}
  - {id: far, class: operational, at: {target: aws-other, key: alias/far}}
controls:
  - {id: AC-KEYS, title: Every key that signs is known, checks: [{use: keys/found-key-is-declared, with: {signing_only: true}}]}
"#;

#[test]
fn keys_are_compared_over_all_targets() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(INVENTORY, &server);
    let (code, _, sealed) = run(&desk);
    assert_eq!(code, 12);
    let reasons = |check: &str, outcome: &str| -> BTreeMap<String, Vec<String>> {
        let pieces = pieces(&sealed, check, outcome).into_iter();
        pieces.map(|(subject, pieces)| (subject, pieces.into_iter().map(|(_, because)| because).collect())).collect()
    };
    let one = |subject: &str, because: &[&str]| {
        BTreeMap::from([(subject.to_owned(), because.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())])
    };
    assert_eq!(
        reasons("keys/declared-key-is-there", "deviates"),
        one("gone", &["no key of target `aws-prod` is called `alias/gone`"])
    );
    let open: Vec<&Value> = sealed.of("finding").filter(|finding| finding["outcome"] == "undetermined").collect();
    let far = open.iter().find(|one| one["check"] == "keys/declared-key-is-there").unwrap();
    assert_eq!(far["subject"]["id"], "far");
    assert!(far["reason"].as_str().unwrap().contains("aws-other"), "{far}");
    // What else may be in the other account, nobody knows.
    let list = open.iter().find(|one| one["check"] == "keys/found-key-is-declared").unwrap();
    assert_eq!((&list["population"], &list["subject"]), (&json!("joined/found-key"), &Value::Null));
    assert_eq!(
        reasons("keys/is-as-declared", "deviates"),
        one(
            "wrong",
            &[
                "its spec is SYMMETRIC_DEFAULT, and declared as RSA_4096",
                "its material is secret-key, and declared as private-key"
            ]
        )
    );
    assert_eq!(
        reasons("keys/backup-is-elsewhere", "deviates"),
        one("hot", &["the backup `standby` lies where the key does: both are in eu-west-1"])
    );
    // Of six keys two sign, and one of these is in no inventory.
    let stray = "arn:aws:kms:eu-west-1:111122223333:key/00000004-1234-4321-8765-000000007bbc";
    assert_eq!(
        reasons("keys/found-key-is-declared", "deviates"),
        one(stray, &["no key of the inventory has one of its names"])
    );

    // What a joined object was computed from is of several targets.
    let of_keys = |derived: &&Value| ["joined/key", "joined/found-key"].iter().any(|kind| derived["kind"] == *kind);
    let derived: Vec<&Value> = sealed.of("derived").filter(of_keys).collect();
    assert_eq!(derived.len(), 11);
    let hot = derived.iter().find(|derived| derived["id"] == "hot").unwrap();
    let named: Vec<&Value> = hot["inputs"].as_array().unwrap().iter().map(|input| record(&sealed, input)).collect();
    let of = |target: &str, kind: &str| {
        named
            .iter()
            .any(|record| record["target"] == target && (record["kind"] == kind || record["population"] == kind))
    };
    assert!(of("declaration", "declaration/key") && of("aws-prod", "aws-kms/key@eu-west-1"), "{named:?}");
    let of_far = derived.iter().find(|derived| derived["id"] == "far").unwrap();
    let rests_on = of_far["inputs"].as_array().unwrap().iter().map(|input| record(&sealed, input));
    assert!(rests_on.clone().any(|record| record["reason"] == "wrong-identity" && record["target"] == "aws-other"));
    // An emulator answered, so what rests on it is a rehearsal.
    let route = sealed.of("route").find(|route| route["target"] == "joined").unwrap();
    assert_eq!(route["rehearsal"][0]["because"], "plain-http");
}

/// The record that a reference names.
fn record<'s>(sealed: &'s Sealed, reference: &'s Value) -> &'s Value {
    let (kind, ordinal) = reference.as_str().unwrap().split_once(':').unwrap();
    sealed.of(kind).nth(ordinal.parse().unwrap()).unwrap()
}

#[test]
fn the_names_of_this_programs_own_targets_are_taken() {
    let desk = Desk::new(
        r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets:
  - {id: joined, collector: aws-kms, account: "111122223333"}
  - {id: own, collector: exec, name: joined, command: [/bin/true]}
controls:
  - {id: C, title: Keys, checks: [{use: keys/found-key-is-declared, on: [joined]}]}
"#,
    );
    let answer = desk.witnessmark(&["validate"]);
    assert_eq!(answer.code, 2);
    let said = format!("{}{}", answer.stdout, answer.stderr);
    for text in [
        "`joined` stands for what is computed from all targets together",
        "`joined` is the name of a collector of this program's own",
        "`keys/found-key-is-declared` judges all targets together",
    ] {
        assert!(said.contains(text), "{said}");
    }
}
