//! A token of a real PKCS#11 module, from its attributes to a sealed bundle; and what a module that misbehaves costs.
#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use workspace_tests::contents::files_of;
use workspace_tests::desk::{Answer, Desk, Sealed, program};
use workspace_tests::hsm::{Hsm, PIN, component};

const SOFT: &str = "    environment: [SOFTHSM2_CONF]\n";

fn soft(more: &str) -> String {
    format!("{SOFT}{more}")
}

/// Outcomes of a check by the key's label (and number, where several bear it).
fn outcomes(sealed: &Sealed, check: &str) -> BTreeMap<String, String> {
    sealed
        .findings()
        .into_iter()
        .filter(|finding| finding.check == format!("pkcs11/{check}"))
        .filter_map(|finding| Some((finding.subject?.1.rsplit('/').next()?.to_owned(), finding.outcome)))
        .collect()
}

fn with_outcome(sealed: &Sealed, check: &str, outcome: &str) -> BTreeSet<String> {
    outcomes(sealed, check).into_iter().filter(|(_, found)| found == outcome).map(|(label, _)| label).collect()
}

fn labels(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|label| (*label).to_owned()).collect()
}

fn only<'a>(sealed: &'a Sealed, kind: &'a str) -> &'a Value {
    let mut all = sealed.of("resource").filter(|resource| resource["kind"] == kind);
    let first = all.next().expect("a resource of the kind");
    assert!(all.next().is_none());
    &first["facts"]
}

/// No file of the store holds the PIN.
fn no_pin_in(folder: &Path) {
    let mut files = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let packed = path.extension().is_some_and(|extension| extension == "zst");
                let mut contents = if packed { files_of(&path) } else { BTreeMap::new() };
                contents.insert(String::new(), fs::read(&path).expect("a file"));
                files += contents.len();
                for (name, bytes) in contents {
                    let found = bytes.windows(PIN.len()).any(|part| part == PIN.as_bytes());
                    assert!(!found, "the PIN is in {} {name}", path.display());
                }
            }
        }
    }
    assert!(files > 5);
}

fn gaps(sealed: &Sealed) -> Vec<(String, String, String)> {
    let text = |gap: &Value, member: &str| gap[member].as_str().unwrap_or_default().to_owned();
    sealed.of("gap").map(|gap| (text(gap, "population"), text(gap, "reason"), text(gap, "detail"))).collect()
}

#[test]
fn without_a_login_private_keys_are_a_gap_and_nothing_is_concluded_of_them() {
    let hsm = Hsm::soft(false);
    let desk = hsm.desk(&hsm.target("vault", hsm.module(), SOFT));
    let (answer, sealed) = desk.seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    // What comes from this machine is the source itself.
    assert_eq!(sealed.of("run").next().expect("a run")["overrides"], json!([]));
    let populations: BTreeSet<(String, String)> =
        gaps(&sealed).into_iter().map(|(population, reason, _)| (population, reason)).collect();
    let hidden = ["pkcs11/certificate", "pkcs11/key", "pkcs11/public-key"];
    assert_eq!(populations, hidden.map(|kind| (kind.to_owned(), "skipped".to_owned())).into());
    assert_eq!(sealed.of("resource").filter(|resource| resource["kind"] == "pkcs11/key").count(), 0);
    for finding in sealed.findings() {
        let expected = if finding.check == "pkcs11/token-login-is-healthy" { "conforms" } else { "undetermined" };
        assert_eq!(finding.outcome, expected, "{finding:?}");
    }
    let token = only(&sealed, "pkcs11/token");
    assert_eq!(token["serial"], hsm.serial.as_str());
    assert_eq!(token["caller"], json!({"user": "public", "login": null, "approved_by": null, "reason": null}));
    assert!(token["mechanisms"].as_object().is_some_and(|all| all.len() > 20), "{token}");
    assert_eq!(token["module"]["sha256"].as_str().map(str::len), Some(64));
}

#[test]
fn with_a_login_every_key_is_judged_by_its_attributes() {
    judged_by_attributes(&Hsm::soft(false), "secp256k1", &["derived"]);
}

#[test]
fn another_implementation_is_judged_alike() {
    let sealed = judged_by_attributes(&Hsm::kryoptic(), "P-384", &[]);
    // It says CKA_LOCAL of a key that it derived; the mechanism beside it tells.
    let facts = sealed.facts();
    let derived = &facts[&("pkcs11/key".to_owned(), "secret/0d/derived".to_owned())];
    assert_eq!((&derived["local"], &derived["key_gen_mechanism"]), (&json!(true), &json!("CKM_ECDH1_DERIVE")));
    // Flags that are not set say nothing of a token that sets them only when few tries are left.
    let login = sealed.findings().into_iter().find(|f| f.check == "pkcs11/token-login-is-healthy").expect("a finding");
    assert_eq!(login.outcome, "undetermined");
    let reason = login.reason;
    assert!(reason.contains("Kryoptic sets a flag only when few tries are left"), "{reason}");
}

/// `unsettled`: keys with a past on the token that did not make them.
fn judged_by_attributes(hsm: &Hsm, hot: &str, unsettled: &[&str]) -> Sealed {
    let settings = format!("    environment: [{}]\n{}", hsm.variable.0, hsm.login(PIN));
    let desk = hsm.desk(&hsm.target("vault", hsm.module(), &settings));
    let (answer, sealed) = desk.seal();
    // Something deviates, and something is not settled.
    assert_eq!(answer.code, 12, "{answer:?}");
    assert_eq!(gaps(&sealed), [], "{answer:?}");
    let all = outcomes(&sealed, "keys-made-inside");
    assert_eq!(all.len(), 14, "{all:?}");

    let deviating = |check| with_outcome(&sealed, check, "deviates");
    assert_eq!(deviating("keys-never-extractable"), labels(&["open", "leaves", "guarded", "imported", "was-open"]));
    assert_eq!(deviating("keys-always-sensitive"), labels(&["open", "imported"]));
    assert_eq!(deviating("keys-made-inside"), labels(&["imported", "derived"]));
    assert_eq!(deviating("wrapping-needs-trusted"), labels(&["open", "leaves"]));
    assert_eq!(with_outcome(&sealed, "wrapping-needs-trusted", "conforms"), labels(&["guarded"]));
    assert_eq!(deviating("key-use-is-separated"), labels(&["both", "wraps"]));
    for check in ["keys-never-extractable", "keys-always-sensitive", "keys-made-inside", "key-use-is-separated"] {
        let of_the_past = check == "keys-never-extractable" || check == "keys-always-sensitive";
        let expected = if of_the_past { unsettled } else { &[] };
        assert_eq!(with_outcome(&sealed, check, "undetermined"), labels(expected), "{check}");
        assert!(with_outcome(&sealed, check, "conforms").is_superset(&labels(&["treasury", "hot"])), "{check}");
    }
    // Two keys of one name are two keys.
    assert!(all.contains_key("twin") && all.contains_key("twin#2"), "{all:?}");

    let facts = sealed.facts();
    let key = |id: &str| facts.get(&("pkcs11/key".to_owned(), id.to_owned())).unwrap_or(&Value::Null);
    let was = key("private/0c/was-open");
    assert_eq!((&was["extractable"], &was["never_extractable"]), (&json!(false), &json!(false)));
    assert_eq!(key("private/02/hot")["curve"], hot);
    assert_eq!(key("private/07/decrypts")["bits"], 2048);
    assert_eq!(key("private/01/treasury")["key_gen_mechanism"], "CKM_EC_KEY_PAIR_GEN");
    let caller = &only(&sealed, "pkcs11/token")["caller"];
    assert_eq!(
        (&caller["user"], &caller["login"], &caller["approved_by"]),
        (&json!("user"), &json!("declared"), &json!("R. Ossa"))
    );
    no_pin_in(&desk.path("evidence"));
    assert!(!format!("{answer:?}").contains(PIN));

    // The next run reads the same under the same names, whatever handles the session has.
    let (_, again) = desk.seal();
    assert_eq!(again.facts(), facts);
    sealed
}

#[test]
fn names_padded_with_nul_are_those_that_are_declared() {
    let hsm = Hsm::soft(false);
    let (desk, _) = odd(&hsm, "padded-with-nul", &hsm.login(PIN));
    let (answer, sealed) = desk.seal();
    assert_eq!((answer.code, gaps(&sealed).len()), (12, 0), "{answer:?}");
    let token = only(&sealed, "pkcs11/token");
    assert_eq!((&token["label"], &token["manufacturer"]), (&json!("treasury"), &json!("SoftHSM project")));
    assert!(!sealed.of("resource").any(|resource| resource.to_string().contains("\\u0000")));
}

#[test]
fn a_token_whose_clock_is_none_is_not_said_to_be_another() {
    let hsm = Hsm::soft(false);
    let (desk, _) = odd(&hsm, "odd-clock", &hsm.login(PIN));
    let (_, sealed) = desk.seal();
    let found = gaps(&sealed);
    assert!(found.iter().any(|gap| gap.1 == "unsupported" && gap.2.contains("utcTime")), "{found:?}");
    assert!(found.iter().all(|gap| gap.1 != "wrong-identity"), "{found:?}");
    assert_eq!(logins(&hsm), 0);
}

#[test]
fn what_a_module_never_answers_is_said_to_be_so() {
    let hsm = Hsm::soft(false);
    let (desk, _) = odd(&hsm, "no-dates", &hsm.login(PIN));
    let (_, sealed) = desk.seal();
    let found = gaps(&sealed);
    assert_eq!(found.len(), 14, "{found:?}");
    for (population, reason, detail) in found {
        assert_eq!((population.as_str(), reason.as_str()), ("pkcs11/key", "unsupported"));
        assert!(detail.contains("CKA_START_DATE: CKR_GENERAL_ERROR, each time it is asked for"), "{detail}");
    }
    // The rest of each key is read: the other date, and what is judged.
    assert!(with_outcome(&sealed, "keys-never-extractable", "conforms").contains("treasury"));
    assert!(sealed.facts().iter().filter(|(at, _)| at.0 == "pkcs11/key").all(|(_, key)| key["end_date"].is_null()));
}

#[test]
fn a_past_counts_only_of_a_key_that_the_token_made() {
    let hsm = Hsm::soft(false);
    let (mut desk, _) = odd(&hsm, "past-of-imported", &hsm.login(PIN));
    for how in ["past-of-imported", "another-maker"] {
        desk.set("ODD_HOW", how);
        let (_, sealed) = desk.seal();
        let of = |check, outcome| with_outcome(&sealed, check, outcome);
        if how == "past-of-imported" {
            for check in ["keys-never-extractable", "keys-always-sensitive"] {
                assert_eq!(of(check, "undetermined"), labels(&["imported", "derived"]), "{check}");
            }
            assert_eq!(of("keys-made-inside", "deviates"), labels(&["imported", "derived"]));
        } else {
            // Of a maker who is not known a contradiction settles nothing, and flags that are not set neither.
            assert_eq!(of("keys-made-inside", "deviates"), labels(&["imported"]));
            assert_eq!(of("keys-made-inside", "undetermined"), labels(&["derived"]));
            let login = sealed.findings().into_iter().find(|f| f.check == "pkcs11/token-login-is-healthy");
            let login = login.expect("a finding");
            assert_eq!(login.outcome, "undetermined");
            assert!(login.reason.contains("`Nobody, Inc.`"), "{login:?}");
        }
    }
}

#[test]
fn fingerprints_are_those_that_other_tools_compute() {
    let hsm = Hsm::soft(false);
    let desk = hsm.desk(&hsm.target("vault", hsm.module(), &soft(&hsm.login(PIN))));
    let (_, sealed) = desk.seal();
    let facts = sealed.facts();
    for (id, label) in [("01", "treasury"), ("02", "hot"), ("07", "decrypts")] {
        let read = Command::new(component("pkcs11-tool"))
            .env("LD_LIBRARY_PATH", component("lib"))
            .env(hsm.variable.0, &hsm.variable.1)
            .args(["--module", &hsm.module().display().to_string(), "--token-label", "treasury"])
            .args(["--read-object", "--type", "pubkey", "--id", id, "--output-file"])
            .arg(hsm.path(id))
            .output()
            .expect("pkcs11-tool");
        assert!(read.status.success(), "{read:?}");
        let digest = Command::new("sha256sum").arg(hsm.path(id)).output().expect("sha256sum");
        let digest = String::from_utf8(digest.stdout).expect("a digest");
        let expected = digest.split_whitespace().next().expect("a digest");
        let public = facts.get(&("pkcs11/public-key".to_owned(), format!("public/{id}/{label}"))).expect("the key");
        assert_eq!(public["fingerprint"], expected, "{label}");
    }
    let read = Command::new(component("pkcs11-tool"))
        .env("LD_LIBRARY_PATH", component("lib"))
        .env(hsm.variable.0, &hsm.variable.1)
        .args(["--module", &hsm.module().display().to_string(), "--token-label", "treasury"])
        .args(["--read-object", "--type", "cert", "--id", "01", "--output-file"])
        .arg(hsm.path("certificate"))
        .output()
        .expect("pkcs11-tool");
    assert!(read.status.success(), "{read:?}");
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl")
            .args(["x509", "-inform", "DER", "-noout", "-nameopt", "RFC2253", "-in"])
            .arg(hsm.path("certificate"))
            .args(arguments)
            .output()
            .expect("openssl");
        String::from_utf8(output.stdout).expect("what openssl says").trim().to_owned()
    };
    let certificate = &facts[&("pkcs11/certificate".to_owned(), "certificate/01/treasury".to_owned())];
    let fingerprint_of = openssl(&["-fingerprint", "-sha256"]).to_lowercase().replace(':', "");
    assert_eq!(certificate["sha256"].as_str(), fingerprint_of.split('=').nth(1), "{fingerprint_of}");
    let subject = openssl(&["-subject"]);
    assert_eq!(subject.strip_prefix("subject="), certificate["x509"]["subject"].as_str(), "{certificate}");
    // The private half of an RSA key shows its public half too.
    let fingerprint = |kind: &str, id: &str| facts[&(kind.to_owned(), id.to_owned())]["fingerprint"].clone();
    assert_eq!(
        fingerprint("pkcs11/key", "private/07/decrypts"),
        fingerprint("pkcs11/public-key", "public/07/decrypts")
    );
}

/// Settings of the module that is another one and counts logins.
fn odd(hsm: &Hsm, how: &str, more: &str) -> (Desk, String) {
    let target = hsm.target(
        "vault",
        &component("odd.so"),
        &format!("    environment: [SOFTHSM2_CONF, ODD_MODULE, ODD_HOW, ODD_LOG, ODD_REFUSED]\n{more}"),
    );
    let mut desk = hsm.desk(&target);
    desk.set("ODD_MODULE", &hsm.module().display().to_string());
    desk.set("ODD_HOW", how);
    desk.set("ODD_LOG", &hsm.path("logins").display().to_string());
    desk.set("ODD_REFUSED", "0x164");
    (desk, target)
}

fn logins(hsm: &Hsm) -> usize {
    fs::read_to_string(hsm.path("logins")).map_or(0, |text| text.lines().count())
}

#[test]
fn a_wrong_pin_is_tried_once_and_then_no_more() {
    let hsm = Hsm::soft(false);
    let (desk, _) = odd(&hsm, "", &hsm.login("not-the-pin-4711"));
    let (answer, sealed) = desk.seal();
    assert_eq!(answer.code, 11, "{answer:?}");
    let of_keys = |sealed: &Sealed| {
        let found: Vec<_> = gaps(sealed).into_iter().filter(|gap| gap.0 == "pkcs11/key").collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let gap = of_keys(&sealed);
    assert_eq!(
        (gap.1.as_str(), gap.2.as_str()),
        ("unauthenticated", "C_Login: CKR_PIN_INCORRECT: no second try is made")
    );
    assert_eq!(logins(&hsm), 1);
    // The token remembers, and is not tried again with anything.
    let (answer, sealed) = desk.seal();
    assert_eq!(answer.code, 12, "{answer:?}");
    assert!(
        of_keys(&sealed).2.contains("no login is tried: the token says that a wrong PIN was given"),
        "{:?}",
        gaps(&sealed)
    );
    assert_eq!(logins(&hsm), 1);
    let healthy =
        sealed.findings().into_iter().find(|f| f.check == "pkcs11/token-login-is-healthy").expect("a finding");
    assert_eq!(healthy.outcome, "deviates");
}

#[test]
fn a_token_without_tries_to_spare_is_not_logged_in_to() {
    let hsm = Hsm::soft(false);
    for (how, said) in [
        ("few-tries", "a wrong PIN was given"),
        ("last-try", "one more wrong PIN locks it"),
        ("locked", "PIN is locked"),
        ("changed-before-login", "the token was changed for"),
    ] {
        let (desk, _) = odd(&hsm, how, &hsm.login(PIN));
        let (answer, sealed) = desk.seal();
        let found = gaps(&sealed);
        assert!(found.iter().any(|gap| gap.0 == "pkcs11/key" && gap.2.contains(said)), "{how}: {found:?} {answer:?}");
        assert_eq!(logins(&hsm), 0, "{how}");
    }
}

/// What `ODD_HOW` says, the seconds that the module may take, and what the one gap of its target says.
const LOST: [(&str, u64, &str); 9] = [
    ("abort-when-loaded", 60, "SIGABRT"),
    ("hang-when-started", 3, "did not answer within the 3 s"),
    ("leave", 60, "exit code 0"),
    ("slots-without-end", 3, "did not answer within the 3 s"),
    ("abort-when-asked", 60, "SIGABRT"),
    ("crash-when-asked", 60, "SIGSEGV"),
    ("hang-when-asked", 3, "did not answer within the 3 s"),
    ("huge-label", 60, "SIGABRT"),
    ("other-serial", 60, "0000000000000bad"),
];

#[test]
fn a_module_that_dies_hangs_or_is_another_costs_its_target_and_nothing_else() {
    let hsm = Hsm::soft(false);
    let good = hsm.target("good", hsm.module(), &soft(&hsm.login(PIN)));
    for (how, seconds, said) in LOST {
        let (mut desk, bad) = odd(&hsm, how, &format!("    seconds: {seconds}\n"));
        fs::write(desk.path("witnessmark.yaml"), workspace_tests::hsm::declaration(&format!("{bad}{good}")))
            .expect("a declaration");
        desk.set("RUST_BACKTRACE", "0");
        let (answer, sealed) = desk.seal();
        assert_eq!(answer.code, 12, "{how}: {answer:?}");
        let lost: Vec<&Value> = sealed.of("gap").filter(|gap| gap["target"] == "vault").collect();
        let whole = lost.iter().find(|gap| gap["population"].is_null()).unwrap_or_else(|| panic!("{how}: {lost:?}"));
        assert!(whole["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{how}: {whole}");
        assert_eq!(sealed.of("gap").filter(|gap| gap["target"] == "good").count(), 0, "{how}");
        let of = |target: &str| sealed.of("finding").filter(|finding| finding["target"] == target).collect::<Vec<_>>();
        // Whether the past of the derived key counts is settled on no token.
        let unsettled = of("good").into_iter().filter(|finding| finding["outcome"] == "undetermined");
        let unsettled: Vec<&Value> = unsettled.map(|finding| &finding["subject"]["id"]).collect();
        assert_eq!(unsettled, ["secret/0d/derived"; 2], "{how}");
        assert!(of("good").len() > 50, "{how}");
        let vault = of("vault");
        let undetermined = vault.iter().filter(|f| f["outcome"] == "undetermined").count();
        // What was read before it died stays read; what was not is undetermined.
        assert!(undetermined >= 5, "{how}: {vault:?}");
        assert_eq!(vault.iter().filter(|f| f["subject"]["kind"] == "pkcs11/key").count(), 0, "{how}");
    }
}

#[test]
fn a_module_that_lies_is_not_believed() {
    let hsm = Hsm::soft(false);
    for (how, population, reason, said) in [
        ("objects-without-end", "pkcs11/key", "truncated", "does not end"),
        ("objects-twice", "pkcs11/key", "malformed", "twice"),
        ("objects-that-are-none", "pkcs11/key", "vanished", "CKR_OBJECT_HANDLE_INVALID"),
        ("other-class", "pkcs11/key", "malformed", "does not say that it is one"),
        ("secret-in-a-label", "pkcs11/key", "withheld-secret", "secret"),
        ("refused-attribute", "pkcs11/key", "denied", "CKA_NEVER_EXTRACTABLE: CKR_ATTRIBUTE_SENSITIVE"),
        ("long-flag", "pkcs11/key", "malformed", "CKA_SENSITIVE"),
        ("maker-of-users", "pkcs11/key", "unsupported", "users of its own"),
    ] {
        let seconds = if how == "objects-without-end" { 300 } else { 60 };
        let (desk, _) = odd(&hsm, how, &format!("    seconds: {seconds}\n{}", hsm.login(PIN)));
        let (answer, sealed) = desk.seal();
        let found = gaps(&sealed);
        let told = found.iter().any(|gap| gap.0 == population && gap.1 == reason && gap.2.contains(said));
        assert!(told, "{how}: {:?} {answer:?}", found.iter().take(5).collect::<Vec<_>>());
        assert!(answer.code == 11 || answer.code == 12, "{how}: {answer:?}");
        let of_list =
            sealed.findings().into_iter().filter(|f| f.subject.is_none() && f.check == "pkcs11/keys-never-extractable");
        let outcomes: BTreeSet<String> = of_list.map(|finding| finding.outcome).collect();
        if how != "refused-attribute" && how != "long-flag" {
            assert!(outcomes.contains("undetermined"), "{how}: {outcomes:?}");
        }
        no_pin_in(&desk.path("evidence"));
    }
    // A contradiction is taken at its worst.
    let (desk, _) = odd(&hsm, "contradiction", &hsm.login(PIN));
    let (_, sealed) = desk.seal();
    let outcomes: BTreeSet<String> = outcomes(&sealed, "keys-never-extractable").into_values().collect();
    assert_eq!(outcomes, labels(&["deviates"]));
    // What it prints does not get into the protocol.
    let (desk, _) = odd(&hsm, "talk", &hsm.login(PIN));
    let (answer, sealed) = desk.seal();
    assert_eq!((answer.code, gaps(&sealed).len()), (12, 0), "{answer:?}");
}

/// Every attribute that is asked for, its number (PKCS#11 3.1, appendix), and the parts that are not read without it.
const ATTRIBUTES: [(&str, &str, &[&str]); 37] = [
    ("CKA_PRIVATE", "0x2", &["private"]),
    ("CKA_LABEL", "0x3", &["label"]),
    ("CKA_VALUE", "0x11", &["sha256", "x509"]),
    ("CKA_CERTIFICATE_TYPE", "0x80", &["certificate_type", "x509"]),
    ("CKA_TRUSTED", "0x86", &["trusted"]),
    ("CKA_KEY_TYPE", "0x100", &["key_type"]),
    ("CKA_ID", "0x102", &["key_id"]),
    ("CKA_SENSITIVE", "0x103", &["sensitive"]),
    ("CKA_ENCRYPT", "0x104", &["encrypt"]),
    ("CKA_DECRYPT", "0x105", &["decrypt"]),
    ("CKA_WRAP", "0x106", &["wrap"]),
    ("CKA_UNWRAP", "0x107", &["unwrap"]),
    ("CKA_SIGN", "0x108", &["sign"]),
    ("CKA_SIGN_RECOVER", "0x109", &["sign_recover"]),
    ("CKA_VERIFY", "0x10a", &["verify"]),
    ("CKA_DERIVE", "0x10c", &["derive"]),
    ("CKA_START_DATE", "0x110", &["start_date"]),
    ("CKA_END_DATE", "0x111", &["end_date"]),
    ("CKA_MODULUS", "0x120", &["bits", "fingerprint"]),
    ("CKA_MODULUS_BITS", "0x121", &["bits"]),
    ("CKA_PUBLIC_EXPONENT", "0x122", &["fingerprint"]),
    ("CKA_PUBLIC_KEY_INFO", "0x129", &["fingerprint"]),
    ("CKA_VALUE_LEN", "0x161", &["bits"]),
    ("CKA_EXTRACTABLE", "0x162", &["extractable"]),
    // A key from outside has no mechanism, which is believed only where it is read that it came from outside.
    ("CKA_LOCAL", "0x163", &["key_gen_mechanism", "local"]),
    ("CKA_NEVER_EXTRACTABLE", "0x164", &["never_extractable"]),
    ("CKA_ALWAYS_SENSITIVE", "0x165", &["always_sensitive"]),
    ("CKA_KEY_GEN_MECHANISM", "0x166", &["key_gen_mechanism"]),
    ("CKA_MODIFIABLE", "0x170", &["modifiable"]),
    ("CKA_COPYABLE", "0x171", &["copyable"]),
    ("CKA_DESTROYABLE", "0x172", &["destroyable"]),
    ("CKA_EC_PARAMS", "0x180", &["curve", "fingerprint"]),
    ("CKA_EC_POINT", "0x181", &["fingerprint"]),
    ("CKA_ALWAYS_AUTHENTICATE", "0x202", &["always_authenticate"]),
    ("CKA_WRAP_WITH_TRUSTED", "0x210", &["wrap_with_trusted"]),
    ("CKA_ALLOWED_MECHANISMS", "0x40000600", &["allowed_mechanisms"]),
    ("CKA_CLASS", "0x0", &[]),
];

#[test]
fn each_attribute_that_is_refused_is_its_own_gap_and_makes_nothing_clean() {
    /// How many findings of each check are good news, and of what.
    fn clean(sealed: &Sealed, named: bool) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for finding in sealed.findings() {
            if finding.outcome == "conforms" || finding.outcome == "not-applicable" {
                *counted.entry(if named { finding.key } else { finding.check }).or_default() += 1;
            }
        }
        counted
    }
    let hsm = Hsm::soft(false);
    let (mut desk, _) = odd(&hsm, "", &hsm.login(PIN));
    let (_, whole) = desk.seal();
    assert_eq!(gaps(&whole), []);
    desk.set("ODD_HOW", "refused-attribute");
    // What was lost, where it is not what the table says.
    let mut wrong = Vec::new();
    for (attribute, number, parts) in ATTRIBUTES {
        desk.set("ODD_REFUSED", number);
        let (answer, sealed) = desk.seal();
        assert!((10..=12).contains(&answer.code), "{attribute}: {answer:?}");
        let lost: BTreeSet<&str> = sealed.of("gap").filter_map(|gap| gap["part"].as_str()).collect();
        let expected: BTreeSet<&str> = parts.iter().copied().collect();
        if lost != expected {
            wrong.push((attribute, lost.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()));
        }
        let said = format!("{attribute}: CKR_ATTRIBUTE_SENSITIVE");
        let told = gaps(&sealed).iter().any(|gap| gap.1 == "denied" && gap.2 == said);
        assert!(told || lost.is_empty(), "{attribute}: {:?}", gaps(&sealed));
        for gap in sealed.of("gap").filter(|gap| !gap["part"].is_null()) {
            let of = |resource: &&Value| {
                resource["kind"] == gap["subject"]["kind"] && resource["id"] == gap["subject"]["id"]
            };
            let facts = &sealed.of("resource").find(of).expect("the object")["facts"];
            assert!(facts.get(gap["part"].as_str().expect("a part")).is_none(), "{attribute}: {facts}");
        }
        // A name is made of label and id.
        let named = attribute != "CKA_LABEL" && attribute != "CKA_ID";
        let before = clean(&whole, named);
        for (what, count) in clean(&sealed, named) {
            assert!(before.get(&what).is_some_and(|was| *was >= count), "{attribute} is refused, and clean is {what}");
        }
    }
    assert_eq!(wrong, []);
}

#[test]
fn every_call_is_a_declared_one_and_none_uses_a_key() {
    let hsm = Hsm::soft(false);
    let log = hsm.path("calls");
    let target = hsm.target(
        "vault",
        &component("spy.so"),
        &format!("    environment: [SOFTHSM2_CONF, PKCS11SPY, PKCS11SPY_OUTPUT]\n{}", hsm.login(PIN)),
    );
    let mut desk = hsm.desk(&target);
    desk.set("PKCS11SPY", &hsm.module().display().to_string());
    desk.set("PKCS11SPY_OUTPUT", &log.display().to_string());
    let (answer, sealed) = desk.seal();
    assert_eq!((answer.code, gaps(&sealed).len()), (12, 0), "{answer:?}");
    let text = String::from_utf8_lossy(&fs::read(&log).expect("the log of calls")).into_owned();
    // `12: C_OpenSession`
    let function = |line: &'_ str| -> Option<usize> {
        let (number, name) = line.split_once(": ")?;
        (number.parse::<u64>().is_ok() && name.starts_with("C_")).then_some(number.len() + 2)
    };
    let called: BTreeSet<&str> =
        text.lines().filter_map(|line| function(line).and_then(|at| line.get(at..)).map(str::trim)).collect();
    let kind = collectors::find("pkcs11").expect("the collector").descriptor();
    let rights: BTreeSet<&str> = kind.rights.iter().map(|right| right.name.as_str()).collect();
    let brackets: BTreeSet<&str> = collector_pkcs11::rights::BRACKETS.into_iter().collect();
    let allowed: BTreeSet<&str> = rights.union(&brackets).copied().collect();
    assert!(called.is_subset(&allowed), "{:?}", called.difference(&allowed).collect::<Vec<_>>());
    assert!(rights.is_subset(&called), "{:?}", rights.difference(&called).collect::<Vec<_>>());
    for never in collector_pkcs11::rights::NEVER {
        assert!(!called.contains(never), "{never}");
        assert!(!allowed.contains(never), "{never}");
    }
    // A session that may not write was asked for.
    assert!(!text.contains("CKF_RW_SESSION"), "a session that may write was opened");
}

#[test]
fn a_person_gives_the_pin_for_one_run() {
    let hsm = Hsm::soft(false);
    let desk = hsm.desk(&hsm.target("vault", hsm.module(), SOFT));
    fs::write(hsm.path("pin"), format!("{PIN}\n")).expect("a PIN");
    let run = |line: &str| {
        let script = format!("exec '{}' run --quiet --format json {line}", program("witnessmark").display());
        let output = desk.command(Path::new("/bin/sh")).args(["-c", &script]).output().expect("a shell");
        Answer {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    };
    let answer = run(&format!("--pin-descriptor vault=3 3<'{}'", hsm.path("pin").display()));
    assert_eq!(answer.code, 12, "{answer:?}");
    let sealed = Sealed::read(&desk.path("evidence/bundles"), answer.json()["index"].as_u64().expect("an index"));
    let caller = &only(&sealed, "pkcs11/token")["caller"];
    assert_eq!(
        (&caller["user"], &caller["login"], &caller["approved_by"]),
        (&json!("user"), &json!("attended"), &Value::Null)
    );
    no_pin_in(&desk.path("evidence"));
    for (line, said) in [
        ("--pin-descriptor vault=3", "cannot read the PIN of `vault`"),
        ("--pin-descriptor vault=3 3</dev/null", "is empty"),
        ("--pin-descriptor other=3 3</dev/null", "no such target"),
        ("--pin vault </dev/null", "no terminal"),
        ("--pin-descriptor vault=1", "3 or more"),
    ] {
        let answer = run(line);
        assert_eq!(answer.code, 2, "{line}: {answer:?}");
        assert!(answer.stderr.contains(said), "{line}: {answer:?}");
    }
}

#[test]
fn rights_and_preflight_say_what_a_login_would_mean() {
    let hsm = Hsm::soft(false);
    let desk = hsm.desk(&hsm.target("vault", hsm.module(), SOFT));
    let rights = desk.witnessmark(&["rights", "--format", "pkcs11-user"]);
    assert_eq!(rights.code, 0, "{rights:?}");
    assert!(rights.stdout.contains("PKCS#11 has no user who may only look"), "{rights:?}");
    let one = desk.witnessmark(&["rights", "--format", "pkcs11-user", "--target", "vault"]);
    assert_eq!((one.code, &one.stdout), (0, &rights.stdout));
    for command in ["rights", "preflight"] {
        let none = desk.witnessmark(&[command, "--target", "elsewhere"]);
        assert_eq!(none.code, 2, "{none:?}");
        assert!(none.stderr.contains("no target `elsewhere`"), "{none:?}");
    }
    let preflight = desk.witnessmark(&["preflight", "--format", "json"]);
    let login = |answer: &Answer| answer.stdout.contains("the target does not ask for a login");
    assert!(login(&preflight), "{preflight:?}");
    let (desk, _) = odd(&hsm, "", &hsm.login(PIN));
    let preflight = desk.witnessmark(&["preflight", "--format", "json"]);
    assert!(preflight.stdout.contains("a login is not tried ahead"), "{preflight:?}");
    assert_eq!(logins(&hsm), 0);
}
