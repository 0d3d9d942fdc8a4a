//! Whole runs against emulators of AWS: each has its own faults, so what is compared is what they are right about.
//!
//! Known faults that these tests step around: moto has no root row in the credential report, dates it 2015, drops
//! boundaries and does not know some calls (HTTP 500 with HTML); ministack does not know some calls either
//! (`InvalidAction`). What an emulator does not know must become a gap, and that is tested.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use fakes::aws::AwsWording;
use fakes::emulators;
use serde_json::Value;
use testkit::{Proxy, Server, system};
use workspace_tests::desk::{Desk, Sealed, template};

/// moto and ministack both take it for the root of that account.
pub const ACCOUNT: &str = "123456789012";

pub fn seed(endpoint: &str, arguments: &[&str]) -> String {
    let output = Command::new(system("WITNESSMARK_TEST_MOTO_PYTHON"))
        .arg(workspace_tests::root().join("testenv/seed.py"))
        .arg(endpoint)
        .args(arguments)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub fn desk(endpoint: &str, access_key: &str, secret: &str) -> Desk {
    let mut desk = Desk::new(&template(ACCOUNT, "[eu-west-1]"));
    desk.aws(endpoint, access_key, secret);
    desk
}

/// What both emulators say alike of what was seeded, without the ids they make up.
fn alike(sealed: &Sealed) -> BTreeMap<String, BTreeSet<String>> {
    let mut alike: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut say = |kind: &str, what: String| {
        alike.entry(kind.to_owned()).or_default().insert(what);
    };
    for ((kind, id), facts) in sealed.facts() {
        match kind.as_str() {
            "aws-iam/user" if !id.ends_with("user/witnessmark") => {
                say(&kind, format!("{id} groups {} attached {}", facts["groups"], facts["attached_policies"]));
                say(&kind, format!("{id} devices {}", facts["mfa_devices"].as_array().map_or(0, Vec::len)));
                say(&kind, format!("{id} inline {}", documents(&facts["inline_policies"])));
            }
            "aws-iam/group" => say(&kind, format!("{id} inline {}", documents(&facts["inline_policies"]))),
            "aws-iam/role" => say(&kind, format!("{id} trust {}", statements(&facts["trust_policy"]))),
            "aws-iam/policy" => say(&kind, id),
            "aws-kms/key" => {
                let member = |name: &str| facts[name].clone();
                say(
                    &kind,
                    format!(
                        "{} {} {} {} {}",
                        member("description"),
                        member("spec"),
                        member("usage"),
                        member("origin"),
                        member("state")
                    ),
                );
                say(&kind, format!("{} tags {}", member("description"), member("tags")));
            }
            "aws-kms/alias" if facts["reserved"] != true => {
                say(&kind, format!("{} {}", facts["name"], facts["target_exists"]));
            }
            _ => {}
        }
    }
    alike
}

fn documents(policies: &Value) -> String {
    let policies = policies.as_array().expect("inline policies");
    policies.iter().map(|policy| format!("{} {};", policy["name"], statements(&policy["document"]))).collect()
}

/// A policy document in normal form, without the text it came from, which each emulator spaces as it likes.
fn statements(document: &Value) -> &Value {
    assert!(document["statements"].is_array(), "{document}");
    &document["statements"]
}

#[test]
fn the_same_company_in_two_emulators_gives_the_same_resources() {
    let scratch = tempfile::tempdir().unwrap();
    let moto = emulators::moto(scratch.path());
    let ministack = emulators::ministack(scratch.path(), false);
    let sealed = [&moto, &ministack].map(|emulator| {
        seed(emulator.url(), &[ACCOUNT, "company"]);
        let (answer, sealed) = desk(emulator.url(), ACCOUNT, "test").seal();
        assert!([3, 10, 11, 12].contains(&answer.code), "{answer:?}");
        sealed
    });
    let [one, other] = sealed.each_ref().map(alike);
    assert!(one.values().map(BTreeSet::len).sum::<usize>() >= 15, "{one:#?}");
    let unread: Vec<&String> = one.values().flatten().filter(|said| said.contains("null")).collect();
    assert!(unread.is_empty(), "{unread:#?}");
    assert_eq!(one, other);
    for sealed in &sealed {
        what_it_does_not_know_is_a_gap(sealed);
    }
}

/// What was made is known, and so is what is wrong with it: the trail leaves KMS out, and one bucket keeps nothing. moto names
/// the root element of a bucket's versioning wrongly, so that there it is a gap; only moto has an organisation that can be made.
#[test]
fn trails_buckets_and_an_organisation_in_two_emulators() {
    let scratch = tempfile::tempdir().unwrap();
    let (moto, ministack) = (emulators::moto(scratch.path()), emulators::ministack(scratch.path(), false));
    seed(moto.url(), &[ACCOUNT, "organization"]);
    for (emulator, versioning) in [(&moto, false), (&ministack, true)] {
        seed(emulator.url(), &[ACCOUNT, "evidence"]);
        let (answer, sealed) = desk(emulator.url(), ACCOUNT, "test").seal();
        let outcome = |check: &str, id: &str| {
            let findings = sealed.findings();
            let found = findings.iter().find(|finding| {
                finding.check == check && finding.subject.as_ref().is_some_and(|(_, subject)| subject.ends_with(id))
            });
            found.map(|finding| finding.outcome.clone()).unwrap_or_else(|| format!("no finding: {answer:?}"))
        };
        let trail = sealed.facts().into_iter().find(|((kind, _), _)| kind == "aws-cloudtrail/trail").unwrap().1;
        assert_eq!(trail["selectors"]["classic"][0]["excluded_sources"][0], "kms.amazonaws.com");
        // moto does not list regions: where trails could be missing is unknown there.
        let logged = if versioning {
            outcome("aws-cloudtrail/kms-events-are-logged", "eu-west-1")
        } else {
            sealed.outcome_of_population("aws-cloudtrail/kms-events-are-logged")
        };
        assert_eq!(logged, if versioning { "deviates" } else { "undetermined" });
        assert_eq!(outcome("aws-cloudtrail/log-validation-is-on", "trail/keys"), "conforms");
        // Without Object Lock nothing is kept, whatever becomes of versions.
        let kept = if versioning { ["conforms", "deviates"] } else { ["undetermined", "deviates"] };
        assert_eq!(outcome("aws-s3/evidence-cannot-be-deleted", ":::northbank-evidence"), kept[0]);
        assert_eq!(outcome("aws-s3/evidence-cannot-be-deleted", ":::northbank-trail"), kept[1]);
    }
    let (_, sealed) = desk(moto.url(), ACCOUNT, "test").seal();
    let facts = sealed.facts();
    let account = facts.iter().find(|((kind, id), _)| kind == "aws-organizations/account" && id == ACCOUNT).unwrap();
    assert_eq!(account.1["management"], true);
    let bound = facts.iter().filter(|((kind, _), _)| kind == "aws-organizations/policy");
    assert!(bound.clone().any(|(_, policy)| policy["name"] == "keys-stay"), "{:?}", bound.collect::<Vec<_>>());
}

/// moto keeps keys and certificates of users and of servers, and no passwords for single services: those stay a gap.
#[test]
fn credentials_beside_passwords_and_access_keys_are_read() {
    let scratch = tempfile::tempdir().unwrap();
    let moto = emulators::moto(scratch.path());
    let made: Value = serde_json::from_str(&seed(moto.url(), &[ACCOUNT, "credentials"])).unwrap();
    let pem = made["certificate"].as_str().unwrap();
    let (answer, sealed) = desk(moto.url(), ACCOUNT, "test").seal();
    let facts = sealed.facts();
    let of = |kind: &str, end: &str| {
        let found = facts.iter().find(|((of, id), _)| of == kind && id.ends_with(end));
        found.unwrap_or_else(|| panic!("no {kind} {end}: {answer:?}")).1.clone()
    };
    let user = of("aws-iam/user", "user/machines/old-tools");
    assert_eq!(user["ssh_public_keys"][0]["active"], true, "{user}");
    assert_eq!(user["signing_certificates"][0]["sha256"], model::Digest::of(pem.as_bytes()).to_string(), "{user}");
    assert_eq!(of("aws-iam/server-certificate", "server-certificate/signer-api")["path"], "/");
    let unread = sealed.of("gap").filter(|gap| gap["part"] == "service_credentials").count();
    assert_eq!(unread, facts.iter().filter(|((kind, _), _)| kind == "aws-iam/user").count());
    let findings = sealed.findings();
    let found = findings.iter().find(|finding| finding.check == "aws-iam/other-credentials-are-declared").unwrap();
    assert_eq!(found.outcome, "deviates", "two are shown, whatever the third holds");
}

/// Every exchange that ended in an error is behind a gap, and nothing is concluded from it.
fn what_it_does_not_know_is_a_gap(sealed: &Sealed) {
    let exchanges: Vec<&Value> = sealed.of("exchange").collect();
    let failed: BTreeSet<&str> = exchanges
        .iter()
        .filter(|exchange| {
            exchange["status"].as_u64().is_some_and(|status| status == 500 || exchange["error"] == "InvalidAction")
        })
        .filter_map(|exchange| exchange["operation"].as_str())
        .collect();
    let gaps: BTreeSet<&str> = sealed.of("gap").filter_map(|gap| gap["right"].as_str()).collect();
    assert!(!failed.is_empty(), "each emulator lacks some call");
    assert!(failed.is_subset(&gaps), "{failed:?} failed, and gaps name {gaps:?}");
}

#[test]
fn what_passes_through_is_what_is_sealed() {
    let scratch = tempfile::tempdir().unwrap();
    let moto = emulators::moto(scratch.path());
    seed(moto.url(), &[ACCOUNT, "company"]);
    let proxy = Proxy::to(moto.url(), &AwsWording);
    let server = Server::http(proxy.clone());
    let desk = desk(&server.url(), ACCOUNT, "test");
    let (_, sealed) = desk.seal();
    let passed = proxy.recordings();
    let kept: Vec<&Value> = sealed.of("exchange").collect();
    assert_eq!(kept.len(), passed.len(), "every attempt is an exchange");
    let mut asked: Vec<&str> = kept.iter().filter_map(|exchange| exchange["operation"].as_str()).collect();
    let mut seen: Vec<&str> = passed.iter().map(|one| one.operation.as_str()).collect();
    asked.sort_unstable();
    seen.sort_unstable();
    assert_eq!(asked, seen);
    // The exact bytes of every answer that is kept.
    let raw: Vec<&Vec<u8>> =
        sealed.files.iter().filter(|(name, _)| name.starts_with("raw/")).map(|(_, bytes)| bytes).collect();
    assert!(!raw.is_empty());
    let answers: BTreeSet<Vec<u8>> = passed.iter().map(|one| one.body.bytes()).collect();
    let strange = raw.iter().filter(|bytes| !answers.contains(**bytes)).count();
    // Only the declaration itself is sealed beside the answers.
    assert!(strange <= 1, "{strange} raw files are no answer");
}

pub fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
