//! Acceptances and their approvers, with the programs as they are shipped: claimed until somebody who is trusted for it signs
//! exactly what is declared, with our program or with stock OpenSSL.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::process::Command;

use fakes::aws::{AwsFake, Size, World};
use serde_json::Value;
use testkit::Server;
use workspace_tests::desk::{Desk, template};

/// An account with a key that does not rotate.
fn server() -> Server {
    let mut world = World::new(Size::SMALL);
    let mut keys = world.kms.values_mut().flat_map(|region| &mut region.keys);
    keys.find(|key| key.rotation.is_some()).unwrap().rotation = None;
    drop(keys);
    Server::http(AwsFake::new(world))
}

/// A desk whose declaration accepts one deviation that there is, under a signature.
fn desk(server: &Server) -> Desk {
    let declaration = template("111122223333", "[eu-west-1]");
    let mut desk = Desk::new(&declaration);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let (_, sealed) = desk.seal();
    let deviating = sealed.of("finding").find(|f| f["outcome"] == "deviates").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let acceptance = [
        "\nacceptances:".to_owned(),
        "  - id: AC-7".to_owned(),
        format!("    control: {}", text(&deviating["control"])),
        format!("    check: {}", text(&deviating["check"])),
        format!("    subject: {:?}", text(&deviating["subject"]["id"])),
        "    reason: sealed, opened by two".to_owned(),
        "    approved_by: CISO".to_owned(),
        "    approved: 2020-01-01".to_owned(),
        "    expires: 2099-12-31".to_owned(),
        "    signature: acceptances/AC-7.sig\n".to_owned(),
    ];
    fs::write(desk.path("witnessmark.yaml"), format!("{declaration}{}", acceptance.join("\n"))).unwrap();
    desk
}

/// What a run says of the acceptance.
fn said(desk: &Desk) -> Value {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json"]);
    let of_run = answer.json()["acceptances"][0].clone();
    let shown = desk.witnessmark(&["show", "--format", "json"]).json();
    assert_eq!(shown["acceptances"][0], of_run, "`show` says the same");
    assert_eq!(of_run["id"], "AC-7");
    of_run
}

fn listed(desk: &Desk) -> Value {
    let answer = desk.witnessmark(&["acceptances", "list", "--format", "json"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    answer.json()["acceptances"][0].clone()
}

/// What a verifier would not take for an approval is not signed.
#[test]
fn words_that_no_verifier_reads_are_not_signed() {
    let server = server();
    let desk = desk(&server);
    let text = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    let long = text.replace("reason: sealed, opened by two", &format!("reason: \"{}\"", "why ".repeat(3_500)));
    fs::write(desk.path("witnessmark.yaml"), &long).unwrap();
    assert_eq!(desk.witnessmark(&["keys", "approver", "--out", "ciso.pem"]).code, 0);
    let refused = desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("and a verifier reads 16384"), "{refused:?}");
    assert!(refused.stderr.contains("shorten its `reason`"), "{refused:?}");
    assert!(!desk.path("acceptances").exists(), "something was written");
    // Our own keys sign less.
    let for_others = text.replace("reason: sealed, opened by two", &format!("reason: \"{}\"", "why ".repeat(2_700)));
    fs::write(desk.path("witnessmark.yaml"), &for_others).unwrap();
    let refused = desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("signs fewer than 4096") && refused.stderr.contains("`--signature`"),
        "{refused:?}"
    );
    // As many as fit are signed, and count.
    let fits = text.replace("reason: sealed, opened by two", &format!("reason: \"{}\"", "why ".repeat(800)));
    fs::write(desk.path("witnessmark.yaml"), &fits).unwrap();
    assert_eq!(desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]).code, 0);
    assert_eq!(desk.witnessmark(&["validate"]).code, 0);
}

#[test]
fn an_approver_signs_and_is_shown() {
    let server = server();
    let desk = desk(&server);
    // The file that the declaration names is not there yet; that is said, with where.
    let missing = desk.witnessmark(&["validate"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(format!("{missing:?}").contains("acceptances/AC-7.sig"), "{missing:?}");

    let made = desk.witnessmark(&["keys", "approver", "--out", "ciso.pem"]);
    assert_eq!(made.code, 0, "{made:?}");
    let signed = desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]);
    assert_eq!(signed.code, 0, "{signed:?}");
    assert_eq!(desk.witnessmark(&["validate"]).code, 0);
    let of_run = said(&desk);
    assert_eq!(of_run["approver"], "claimed", "the trust file names no approver: {of_run}");
    assert_eq!(listed(&desk)["approver"], "claimed");

    let trust = desk.witnessmark(&["keys", "trust", "--approver", "ciso.pem.pub"]);
    assert_eq!(trust.code, 0, "{trust:?}");
    fs::write(desk.path("keys/trust.json"), &trust.stdout).unwrap();
    assert_eq!(listed(&desk)["approver"], "shown");
    let of_run = said(&desk);
    assert_eq!((&of_run["approver"], &of_run["approved_by"]), (&"shown".into(), &"CISO".into()), "{of_run}");
    let human = desk.witnessmark(&["show"]).stdout;
    assert!(human.contains("accepted by AC-7; it still deviates") && human.contains("approver shown: CISO"), "{human}");

    // An auditor sees the same.
    assert_eq!(desk.witnessmark(&["export", "--bundle", "2", "--out", "b.tar"]).code, 0);
    let verified = desk.verify(&["b.tar", "--trust", "keys/trust.json", "--allow-rehearsal", "--format", "json"]);
    assert_eq!((verified.code, &verified.json()["acceptances"][0]["approver"]), (0, &"shown".into()), "{verified:?}");
    let human = desk.verify(&["b.tar", "--trust", "keys/trust.json", "--allow-rehearsal"]).stdout;
    assert!(human.contains("approver shown CISO until 2099-12-31"), "{human}");

    // What is signed is more than ids; it is said in words before anybody signs.
    let words = desk.witnessmark(&["acceptances", "text", "AC-7", "--words"]);
    assert_eq!(words.code, 0, "{words:?}");
    for said in ["target aws-prod is 111122223333", "with the parameters {", "the text of check ", "from 2020-01-01"] {
        assert!(words.stdout.contains(said) && signed.stdout.contains(said), "`{said}`: {words:?} {signed:?}");
    }

    // Changed words are signed by nobody.
    let declaration = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    fs::write(desk.path("witnessmark.yaml"), declaration.replace("opened by two", "opened by one")).unwrap();
    let validated = desk.witnessmark(&["validate"]);
    assert_eq!(validated.code, 0, "{validated:?}");
    assert!(validated.stderr.contains("is not the one in the declaration"), "{validated:?}");
    assert_eq!(listed(&desk)["approver"], "claimed");
}

#[test]
fn a_key_that_lies_elsewhere_signs_with_stock_openssl() {
    let server = server();
    let desk = desk(&server);
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).current_dir(desk.path("")).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "ciso.pem"]);
    openssl(&["pkey", "-in", "ciso.pem", "-pubout", "-out", "ciso.pub"]);
    let words = desk.witnessmark(&["acceptances", "text", "AC-7"]);
    assert!(words.stdout.contains("\"approved_by\":\"CISO\""), "{words:?}");
    let to_sign = desk.witnessmark(&["acceptances", "text", "AC-7", "--to-sign"]);
    assert!(to_sign.stdout.ends_with(words.stdout.trim_end()), "{to_sign:?}");
    fs::write(desk.path("to-sign"), &to_sign.stdout).unwrap();
    openssl(&["pkeyutl", "-sign", "-rawin", "-inkey", "ciso.pem", "-in", "to-sign", "-out", "raw.sig"]);
    let signed = desk.witnessmark(&["acceptances", "sign", "AC-7", "--signature", "raw.sig"]);
    assert_eq!(signed.code, 0, "{signed:?}");
    let trust = desk.witnessmark(&["keys", "trust", "--approver", "ciso.pub"]);
    fs::write(desk.path("keys/trust.json"), &trust.stdout).unwrap();
    assert_eq!(said(&desk)["approver"], "shown");

    fs::write(desk.path("raw.sig"), [1; 63]).unwrap();
    let short = desk.witnessmark(&["acceptances", "sign", "AC-7", "--signature", "raw.sig"]);
    assert_eq!(short.code, 2, "{short:?}");
    assert!(short.stderr.contains("63 bytes"), "{short:?}");
    let unknown = desk.witnessmark(&["acceptances", "text", "AC-8"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("AC-7"), "{unknown:?}");
}

#[test]
fn every_form_of_an_acceptance_can_be_signed() {
    let server = server();
    let desk = desk(&server);
    let declaration = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    let (before, _) = declaration.split_once("\nacceptances:").unwrap();
    let gap = [
        "\nacceptances:",
        "  - id: AC-8",
        "    target: aws-prod",
        "    population: \"aws-kms/key@us-east-1\"",
        "    right: kms:ListKeys",
        "    part: grants",
        "    reason_is: closed-by-policy",
        "    reason: the organisation closes it",
        "    approved_by: CISO",
        "    approved: 2020-01-01",
        "    expires: 2099-12-31",
        "    signature: acceptances/AC-8.sig\n",
    ];
    fs::write(desk.path("witnessmark.yaml"), format!("{before}{}", gap.join("\n"))).unwrap();
    assert_eq!(desk.witnessmark(&["keys", "approver", "--out", "ciso.pem"]).code, 0);
    let signed = desk.witnessmark(&["acceptances", "sign", "AC-8", "--key", "ciso.pem"]);
    assert_eq!(signed.code, 0, "{signed:?}");
    let words = desk.witnessmark(&["acceptances", "text", "AC-8"]).stdout;
    for word in ["us-east-1", "kms:ListKeys", "grants", "closed-by-policy"] {
        assert!(words.contains(word), "{words}");
    }
    let validated = desk.witnessmark(&["validate"]);
    assert!(validated.code == 0 && !validated.stderr.contains("not shown"), "{validated:?}");
}

/// The approval of one thing is not the approval of what takes its place under the same id.
#[test]
fn what_changes_behind_the_ids_is_asked_about_again() {
    let server = server();
    let desk = desk(&server);
    assert_eq!(desk.witnessmark(&["keys", "approver", "--out", "ciso.pem"]).code, 0);
    assert_eq!(desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]).code, 0);
    let trust = desk.witnessmark(&["keys", "trust", "--approver", "ciso.pem.pub"]);
    fs::write(desk.path("keys/trust.json"), &trust.stdout).unwrap();
    assert_eq!(said(&desk)["approver"], "shown");
    let words = desk.witnessmark(&["acceptances", "text", "AC-7"]).stdout;
    let words: Value = serde_json::from_str(&words).unwrap();
    let check = words["covers"]["deviation"]["check"].as_str().unwrap().to_owned();

    // What the run, the list and `validate` say, and that signing again mends it.
    let says = |because: &str| {
        let of_run = said(&desk);
        assert_eq!(of_run["approver"], "claimed", "{because}: {of_run}");
        assert!(of_run["because"].as_str().unwrap().contains(because), "{because}: {of_run}");
        let listed = listed(&desk);
        assert!(listed["because"].as_str().unwrap().contains(because), "{because}: {listed}");
        let validated = desk.witnessmark(&["validate"]);
        assert!(validated.code == 0 && validated.stderr.contains(because), "{because}: {validated:?}");
        assert_eq!(desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "ciso.pem"]).code, 0);
        assert_eq!(said(&desk)["approver"], "shown", "{because}");
    };
    // Another text of the check, beside its own declaration.
    let path = format!("checks/{}.rego", check.replace('-', "_"));
    let stock = fs::read_to_string(workspace_tests::root().join("policies").join(&path)).unwrap();
    let own = desk.path("policies").join(&path);
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::write(&own, format!("{stock}\n# another text\n")).unwrap();
    let declaration = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    fs::write(desk.path("witnessmark.yaml"), format!("{declaration}policies: [policies]\n")).unwrap();
    says("the text of the check");
    // Another library.
    let library = stock.lines().find_map(|line| line.strip_prefix("import data.lib.")).unwrap();
    let stock = fs::read_to_string(workspace_tests::root().join(format!("policies/lib/{library}.rego"))).unwrap();
    fs::create_dir_all(desk.path("policies/lib")).unwrap();
    fs::write(desk.path(&format!("policies/lib/{library}.rego")), format!("{stock}\n# another text\n")).unwrap();
    says("or of a library that it needs");
}

/// A key that collects, keeps the ledger or records does not approve, whoever asks it to.
#[test]
fn a_key_with_another_role_does_not_approve() {
    let server = server();
    let desk = desk(&server);
    for (key, role) in [("keys/collector.key.pem", "run"), ("keys/ledger.key.pem", "ledger")] {
        let refused = desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", key]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(&format!("has the role `{role}`")), "{refused:?}");
        assert!(!desk.path("acceptances").exists(), "something was written");
    }
    // Where no trust file is at hand that is said, and what is signed shows nobody later.
    let signed =
        desk.witnessmark(&["acceptances", "sign", "AC-7", "--key", "keys/collector.key.pem", "--trust", "none.json"]);
    assert!(signed.code == 0 && signed.stdout.contains("was not looked up"), "{signed:?}");
    let of_run = said(&desk);
    assert_eq!(of_run["approver"], "claimed");
    assert!(of_run["because"].as_str().unwrap().contains("whose role is `run`: a key has one role"), "{of_run}");
    assert!(listed(&desk)["because"].as_str().unwrap().contains("whose role is `run`"));
}
