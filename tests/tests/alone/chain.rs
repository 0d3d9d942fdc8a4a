//! `gaps` and `trace`, in both programs: from a declaration alone, with a bundle, and out of a bundle.

use std::fs;

use fakes::aws::{AwsFake, Size, World};
use serde_json::Value;
use testkit::Server;
use workspace_tests::desk::{Answer, Desk, template};

use crate::demo;

const SEALED: &[&str] =
    &["-d", "d/witnessmark.yaml", "--store", "d/evidence", "--trust", "d/keys/trust.json", "--format", "json"];

fn ours(arguments: &[&str]) -> Answer {
    let answer = demo::desk().witnessmark(&[arguments, SEALED].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    answer
}

fn auditors(command: &str, arguments: &[&str]) -> Answer {
    let seen = format!("seen-{command}-{}", arguments.join("-").replace(['/', ':', '.'], "_"));
    let usual = [command, "d/bundle-2.tar", "--trust", "d/keys/trust.json", "--allow-rehearsal", "--last-seen", &seen];
    demo::desk().verify(&[&usual, arguments].concat())
}

#[test]
fn both_programs_say_the_same_of_a_bundle() {
    let mut gaps = ours(&["gaps", "--level", "3"]).json();
    // Whoever has the store has looked for records of persons in it; the auditor was given none.
    assert_eq!(gaps["gaps"].as_object_mut().unwrap().remove("records").unwrap()["count"], 0);
    assert_eq!(gaps["gaps"], auditors("gaps", &["--level", "3", "--format", "json"]).json()["gaps"]);
    assert_eq!(gaps["gaps"]["requirements"].as_array().unwrap().len(), 59);
    assert_eq!(gaps["from"]["changed_since"], Value::Null, "{}", gaps["from"]);
    for id in ["HSM-KEYS", "ccss-9.0:1.05.1.1"] {
        let trace = ours(&["trace", id]).json();
        assert_eq!(trace["trace"], auditors("trace", &[id, "--format", "json"]).json()["trace"], "{id}");
    }
}

/// What was derived or joined, from what was derived too, leads down to the exchanges in which that was read.
#[test]
fn a_trace_leads_from_what_was_derived_to_its_exchanges() {
    for (id, check, operation) in [
        ("CLUSTER-INSIDE", "kubernetes-rbac/exec-is-declared", "list rolebindings.rbac.authorization.k8s.io"),
        ("hot-signing", "keys/reach-is-declared", "kms:GetKeyPolicy"),
    ] {
        let trace = ours(&["trace", id]).json();
        let controls = trace["trace"]["controls"].as_array().unwrap();
        let mut uses = controls.iter().flat_map(|control| control["checks"].as_array().unwrap());
        let used = uses.find(|used| used["check"] == check).unwrap();
        let finding = &used["found"]["findings"][0];
        assert_eq!(finding["outcome"], "deviates", "{finding}");
        let exchanges = finding["exchanges"].as_array().unwrap();
        let asked: Vec<&str> = exchanges.iter().map(|one| one["operation"].as_str().unwrap()).collect();
        assert!(asked.contains(&operation) || finding["exchanges_not_shown"].as_u64() > Some(0), "{asked:?}");
        assert!(!exchanges.is_empty(), "{finding}");
    }
}

/// The key behind an alias: what was found of it is in its trace, the declaration's own rules too.
#[test]
fn a_trace_of_a_key_has_what_was_found_of_it() {
    let trace = ours(&["trace", "hot-signing"]).json();
    let controls = trace["trace"]["controls"].as_array().unwrap();
    let uses = controls.iter().flat_map(|control| control["checks"].as_array().unwrap());
    let findings: Vec<(&Value, &Value)> = uses
        .flat_map(|used| {
            used["found"]["findings"].as_array().unwrap().iter().map(|one| (&used["check"], &one["subject"]))
        })
        .collect();
    let of = |check: &str, subject: &str| {
        findings.iter().any(|(one, about)| **one == *check && about.as_str().is_some_and(|id| id.starts_with(subject)))
    };
    assert!(of("aws-kms/key-policy-is-bounded", "aws-kms/key arn:aws:kms:"), "{findings:?}");
    assert!(of("keys/reach-is-declared", "joined/reach arn:aws:kms:"), "{findings:?}");
    assert!(of("keys/declared-key-is-there", "joined/key hot-signing"), "{findings:?}");
    assert!(controls.last().unwrap()["id"] == "declaration");
}

/// An auditor types what they know from the other program.
#[test]
fn either_order_and_a_bundle_alone_will_do() {
    let desk = demo::desk();
    let trusted = ["--trust", "d/keys/trust.json", "--format", "json"];
    let theirs = |first: &str, second: &str| {
        let seen = format!("seen-order-{}", first.replace(['/', '.'], "_"));
        let asked = [&["trace", first, second, "--allow-rehearsal", "--last-seen", &seen][..], &trusted].concat();
        let answer = desk.verify(&asked);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.json()
    };
    let expected = theirs("d/bundle-2.tar", "HSM-KEYS");
    assert_eq!(theirs("HSM-KEYS", "d/bundle-2.tar"), expected);
    // There is no declaration where they are: the one that is sealed counts.
    for (first, second) in [("HSM-KEYS", "d/bundle-2.tar"), ("d/bundle-2.tar", "HSM-KEYS")] {
        let answer = desk.witnessmark(&[&["trace", first, second][..], &trusted].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        assert_eq!(answer.json()["trace"], expected["trace"], "{first}");
    }
    let gaps = desk.witnessmark(&[&["gaps", "d/bundle-2.tar", "--level", "3"][..], &trusted].concat());
    assert_eq!(gaps.code, 0, "{gaps:?}");
    assert_eq!(gaps.json()["gaps"], auditors("gaps", &["--level", "3", "--format", "json"]).json()["gaps"]);
    for arguments in [["roster", "hot-signing", "d/bundle-2.tar"], ["roster", "d/bundle-2.tar", "hot-signing"]] {
        let answer = desk.witnessmark(&[&arguments[..], &trusted].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        assert_eq!(answer.json()["roster"]["key"]["key"], "hot-signing", "{answer:?}");
    }
    let named = desk.witnessmark(&["gaps", "d/bundle-2.tar", "-d", "nowhere.yaml", "--trust", "d/keys/trust.json"]);
    assert_eq!(named.code, 2, "a declaration that is named is wanted: {named:?}");
}

/// A key of KMS is called by its alias, with its id beside it; each alone leads to it.
#[test]
fn keys_have_their_alias_beside_their_id() {
    let traced = auditors("trace", &["hot-signing"]);
    let found = "alias/hot-signing (arn:aws:kms:eu-west-1:111122223333:key/";
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&traced.stdout).contains(&format!("found {found}")), "{}", traced.stdout);
    assert!(flat(&traced.stdout).contains(&format!("aws-kms/key {found}")), "{}", traced.stdout);
    let json = auditors("trace", &["hot-signing", "--format", "json"]).json();
    let arn = json["trace"]["keys"][0]["found"][0].as_str().unwrap().to_owned();
    assert_eq!(json["trace"]["key_aliases"][&arn], serde_json::json!(["alias/hot-signing"]), "{json}");

    let of = |key: &str| auditors("roster", &[key]).stdout;
    assert!(flat(&of("hot-signing")).contains(&format!("found {found}")), "{}", of("hot-signing"));
    let by_alias = of("alias/hot-signing");
    let people = |text: &str| text.split_once("Who reaches it").unwrap().1.to_owned();
    assert_eq!(people(&by_alias), people(&of(&arn)), "{by_alias}");
    let all = flat(&auditors("roster", &[]).stdout);
    assert!(all.contains(&format!("hot-signing, found as {found}")), "{all}");
    let json = auditors("roster", &["--format", "json"]).json();
    assert_eq!(json["roster"]["key_aliases"][&arn], serde_json::json!(["alias/hot-signing"]), "{json}");
}

/// A bundle that is not accepted: what was asked for is not given, and that is said.
#[test]
fn what_is_refused_is_said_to_be_withheld() {
    let desk = demo::desk();
    let refused = ["d/bundle-2.tar", "--trust", "d/keys/trust.json", "--last-seen", "seen-refused"];
    let show = desk.verify(&[&["show"][..], &refused].concat());
    assert!(
        show.code != 0 && show.stdout.ends_with("Nothing of what is in it is shown: the bundle is not accepted.\n")
    );
    let page = desk.verify(&[&["report"][..], &refused, &["--out", "refused.html"]].concat());
    assert!(page.stdout.ends_with("Nothing was written to refused.html: the bundle is not accepted.\n"), "{page:?}");
    assert!(page.code != 0 && !desk.path("refused.html").exists());
    let stored = ["--store", "d/evidence", "--trust", "d/keys/trust.json"];
    let export = desk.witnessmark(&[&["export", "--out", "again.tar"][..], &stored].concat());
    let next = export.stdout.lines().last().unwrap().strip_prefix("Next: witnessmark-verify ").unwrap();
    let arguments: Vec<&str> = next.split(' ').collect();
    assert_eq!(desk.verify(&[&arguments[..], &["--last-seen", "seen-again"]].concat()).code, 0, "{next}");
}

/// Recorded answers are no evidence: nothing is covered, and every finding says so.
#[test]
fn a_rehearsal_covers_nothing() {
    let gaps = ours(&["gaps"]).json();
    let inspect = &gaps["gaps"]["totals"]["methods"]["inspect"];
    assert_eq!((&inspect["covered"], &inspect["prepared"]), (&0.into(), &11.into()), "{inspect}");
    assert!(gaps["from"]["bundle"]["rehearsal"].as_str().unwrap().contains("recorded answers"));
    let trace = ours(&["trace", "HSM-KEYS"]).json();
    let uses = trace["trace"]["controls"][0]["checks"].as_array().unwrap().clone();
    let findings: Vec<&Value> = uses.iter().flat_map(|one| one["found"]["findings"].as_array().unwrap()).collect();
    assert!(findings.len() > 4 && findings.iter().all(|finding| finding["rehearsal"] == true), "{findings:?}");
}

/// The way down to the bytes: a finding names its exchanges, and `show` has them.
#[test]
fn a_trace_leads_to_exchanges() {
    let trace = ours(&["trace", "1.05.1.1"]).json();
    let controls = trace["trace"]["controls"].as_array().unwrap();
    let control = controls.iter().find(|control| control["id"] == "AC-MFA").unwrap();
    let found = &control["checks"][0]["found"];
    assert_eq!(found["counts"]["deviates"], 1, "{found}");
    let first = &found["findings"][0];
    assert_eq!(first["outcome"], "deviates", "what needs a look comes first");
    let exchange = &first["exchanges"][0];
    assert_eq!(exchange["operation"], "iam:ListMFADevices");
    let number = exchange["record"].as_str().unwrap().strip_prefix("exchange:").unwrap();
    let shown = auditors("show", &["--exchange", number, "--format", "json"]).json();
    assert_eq!(shown["exchanges"][0]["request_id"], exchange["request_id"]);
    assert_eq!(shown["exchanges"][0]["operation"], exchange["operation"]);
}

/// Who reads it is told what it is not.
#[test]
fn no_text_says_that_a_requirement_is_met() {
    let gaps = auditors("gaps", &["--level", "1"]);
    let lines: Vec<&str> = gaps.stdout.lines().collect();
    assert_eq!(lines[0], "Northbank Custody Ltd, hot-wallet: `ccss-9.0` up to level 1, designation full");
    assert_eq!(lines.last(), Some(&"Whether a requirement is met is an auditor's word, and not in this list."));
    assert!(gaps.stdout.contains("Nothing here covers 9.1."), "{}", gaps.stdout);
    assert!(gaps.stdout.contains("30 requirements: 18 with a control, 12 without, 0 declared not to apply"));
    let trace = auditors("trace", &["KM-USABLE"]);
    for text in [&gaps.stdout, &trace.stdout] {
        for word in ["In-Place", "in place", "satisfied", "fulfilled", "compliant with"] {
            assert!(!text.contains(word), "`{word}` is an auditor's: {text}");
        }
    }
}

#[test]
fn what_cannot_be_answered_says_why() {
    let said = |answer: Answer, code: i32, words: &[&str]| {
        assert_eq!(answer.code, code, "{answer:?}");
        for word in words {
            assert!(answer.stderr.contains(word), "`{word}`: {}", answer.stderr);
        }
    };
    said(auditors("gaps", &["--level", "4"]), 2, &["`ccss-9.0` has levels 1 to 3, and no level 4"]);
    said(auditors("gaps", &["--standard", "ccss-9.1"]), 2, &["no catalogue of `ccss-9.1`", "did you mean `ccss-9.0`?"]);
    said(auditors("trace", &["HSM-KEY"]), 2, &["no control, threat, key or requirement `HSM-KEY`", "`HSM-KEYS`"]);
    let desk = demo::desk();
    let piped = ["trace", "-", "HSM-KEYS", "--trust", "d/keys/trust.json"];
    said(desk.verify(&piped), 2, &["standard input"]);
    // A store of another system than the declared one.
    let other =
        fs::read_to_string(desk.path("d/witnessmark.yaml")).unwrap().replace("id: hot-wallet", "id: cold-wallet");
    fs::write(desk.path("d/other.yaml"), other).unwrap();
    let asked = ["gaps", "-d", "d/other.yaml", "--store", "d/evidence", "--trust", "d/keys/trust.json"];
    said(desk.witnessmark(&asked), 2, &["system hot-wallet", "system cold-wallet", "--declared-only"]);
    said(
        desk.witnessmark(&["gaps", "-d", "d/witnessmark.yaml", "--store", "nowhere"]),
        1,
        &["nowhere` holds no ledger"],
    );
    let alone = desk.witnessmark(&["gaps", "-d", "d/other.yaml", "--declared-only", "--format", "json"]);
    assert_eq!(alone.code, 0, "{alone:?}");
    assert_eq!(alone.json()["from"]["without_bundle"], "the declaration alone was asked for");
    assert_eq!(alone.json()["gaps"]["requirements"][0]["findings"], Value::Null);
    let none = desk.witnessmark(&["gaps", "-d", "d/other.yaml"]);
    assert_eq!(none.code, 0, "{none:?}");
    assert!(none.stdout.contains("there is no store `evidence` yet"), "{}", none.stdout);
}

/// The declaration on the desk has changed since the bundle: the list is of today's, and says so.
#[test]
fn a_declaration_that_changed_is_named() {
    let desk = demo::desk();
    let text = fs::read_to_string(desk.path("d/witnessmark.yaml")).unwrap();
    fs::create_dir_all(desk.path("today")).unwrap();
    fs::copy(desk.path("d/risk.yaml"), desk.path("today/risk.yaml")).unwrap();
    let changed = text.replace("The root user is locked away", "Root is locked away");
    assert_ne!(text, changed);
    fs::write(desk.path("today/witnessmark.yaml"), changed).unwrap();
    let asked = ["gaps", "-d", "today/witnessmark.yaml", "--store", "d/evidence", "--trust", "d/keys/trust.json"];
    let answer = desk.witnessmark(&asked);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(
        answer.stdout.contains("changed since, or not sealed in it: witnessmark.yaml; run again"),
        "{}",
        answer.stdout
    );
}

/// A catalogue of the entity's own is read, sealed, and found again in the bundle by somebody who never had it.
#[test]
fn an_own_catalogue_travels_with_the_bundle() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let declared = template("111122223333", "[eu-west-1]").replacen(
        "\ncontrols:\n",
        "\ncatalogues: [rules]\nnot_applicable:\n  - {requirement: \"house-rules-1:A2\", reason: nobody has left yet}\ncontrols:\n",
        1,
    );
    let declared =
        declared.replacen("requirements: [ccss-9.0:1.05.1.1", "requirements: [house-rules-1:A1, ccss-9.0:1.05.1.1", 1);
    let mut desk = Desk::new(&declared);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let missing = desk.witnessmark(&["validate"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.stdout.contains("cannot read the folder of catalogues `rules`"), "{}", missing.stdout);

    fs::create_dir(desk.path("rules")).unwrap();
    let house = fs::read_to_string(workspace_tests::root().join("examples/house-rules-1.yaml")).unwrap();
    fs::write(desk.path("rules/house.yaml"), house.replace("reach: B", "reach: X")).unwrap();
    let bad = desk.witnessmark(&["validate"]);
    assert_eq!(bad.code, 2, "{bad:?}");
    for words in ["rules/house.yaml:", "reach: X", "unknown word `X`", "^"] {
        assert!(bad.stdout.contains(words), "`{words}`: {}", bad.stdout);
    }

    fs::write(desk.path("rules/house.yaml"), &house).unwrap();
    let _ = desk.seal();
    let asked = ["gaps", "--standard", "house-rules-1", "--level", "2", "--format", "json"];
    let here = desk.witnessmark(&asked);
    assert_eq!(here.code, 0, "{here:?}");
    let bundle = "evidence/bundles/0.tar.zst";
    let there =
        desk.verify(&[&asked[..1], &[bundle, "--trust", "keys/trust.json", "--allow-rehearsal"], &asked[1..]].concat());
    assert_eq!(there.code, 0, "{there:?}");
    let mut told = here.json()["gaps"].clone();
    assert_eq!(told.as_object_mut().unwrap().remove("records").unwrap()["count"], 0);
    assert_eq!(told, there.json()["gaps"]);
    let requirements = &there.json()["gaps"]["requirements"];
    assert_eq!(requirements[0]["controls"][0]["id"], "AC-ROOT");
    assert_eq!(requirements[1]["not_applicable"]["reason"], "nobody has left yet");
    assert_eq!(requirements[2]["missing"][0]["code"], "no-control");
}

/// Who reaches a key, in both programs, as the same text: from the account that was read, and of a token's key by what is known of its login.
#[test]
fn both_programs_name_the_same_people_for_a_key() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let holders = "\nkey_holders:\n  - {id: kh-1, identities: {aws-prod: ['arn:aws:iam::111122223333:role/role-00000']}}\ncontrols:\n";
    let key = "\nkeys: [{id: hot-signing, class: operational, holders: [kh-1], at: {target: aws-prod, key: alias/key-00001}}, ";
    let declared =
        template("111122223333", "[eu-west-1]").replacen("\ncontrols:\n", holders, 1).replacen("\nkeys: [", key, 1);
    let mut desk = Desk::new(&declared);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let _ = desk.seal();
    let seen = |arguments: &[&str]| {
        let here = desk.witnessmark(&[&["roster"], arguments].concat());
        assert_eq!(here.code, 0, "{here:?}");
        let usual = ["roster", "evidence/bundles/0.tar.zst"];
        let trusted = ["--trust", "keys/trust.json", "--allow-rehearsal"];
        let there = desk.verify(&[&usual, arguments, &trusted].concat());
        assert_eq!(there.code, 0, "{there:?}");
        (here, there)
    };
    let (here, there) = seen(&["hot-signing"]);
    assert_eq!(here.stdout, there.stdout);
    for words in
        ["kh-1: role arn:aws:iam::111122223333:role/role-00000", "surely", "administrators of account 111122223333"]
    {
        assert!(here.stdout.contains(words), "`{words}`: {}", here.stdout);
    }
    let (here, there) = seen(&["hot-signing", "--format", "json"]);
    let key = here.json()["roster"]["key"].clone();
    assert_eq!(key, there.json()["roster"]["key"]);
    assert!(key["arn"].as_str().unwrap().ends_with(":key/00000001-1234-4321-8765-000000001eef"), "{key}");
    let people = key["people"].as_array().unwrap();
    let root = people.iter().find(|one| one["who"]["kind"] == "root").unwrap();
    assert_eq!(root["ways"][0]["may"], "yes");
    let (here, there) = seen(&[]);
    assert_eq!(here.stdout, there.stdout);
    assert!(here.stdout.contains("held by kh-1: used by"), "{}", here.stdout);
    let unknown = desk.witnessmark(&["roster", "hot-signin"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("no key `hot-signin` is declared or was found"), "{}", unknown.stderr);
}

/// No target says who knows a PIN.
#[test]
fn a_key_on_a_token_is_whoevers_who_knows_the_pin() {
    let here = demo::desk().witnessmark(&[&["roster", "treasury"], &SEALED[..6]].concat());
    assert_eq!(here.code, 0, "{here:?}");
    assert_eq!(here.stdout, auditors("roster", &["treasury"]).stdout);
    for words in
        ["ada.officer, bo.officer", "whoever knows the PIN of its token uses it", "Who may reach it: undetermined"]
    {
        assert!(here.stdout.contains(words), "`{words}`: {}", here.stdout);
    }
}
