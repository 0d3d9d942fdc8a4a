//! Declared people and who they are at the targets.

use proptest::prelude::*;
use serde_json::json;

use crate::world::{Found, each, one, unread, user};

const HEAD: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets:
  - {id: prod, collector: [aws-iam, aws-kms], account: "111122223333"}
  - {id: test, collector: aws-iam, account: "444455556666"}
  - {id: code, collector: github, organization: northbank, organization_id: 1}
  - {id: cluster, collector: kubernetes-rbac, uid: u}
  - {id: hsm, collector: pkcs11, module: /lib/m.so, token: treasury}
  - {id: vault, collector: aws-cloudhsm, account: "111122223333"}
"#;

fn declared(holders: &str) -> String {
    format!("{HEAD}key_holders:\n{holders}")
}

fn arn(account: &str, resource: &str) -> String {
    format!("arn:aws:iam::{account}:{resource}")
}

#[test]
fn a_person_is_found_at_every_target() {
    let mut found = Found::default();
    let ada = arn("111122223333", "user/ada");
    found
        .object("prod", "aws-iam/user", &ada, user(&["virtual", "sms"], &["AKIAEXAMPLE"]))
        .object("code", "github/member", "Ada", json!({"two_factor": "insecure"}))
        .object("cluster", "kubernetes-rbac/subject", "User/ada@northbank.example", json!({}))
        .object("hsm", "pkcs11/token", "a1b2", json!({"protected_authentication_path": true}));
    let holders = format!(
        "  - {{id: kh-1, identities: {{prod: [\"{ada}\"], code: [ada], cluster: [\"User:ada@northbank.example\"], \
         hsm: [user], vault: [CO]}}}}\n"
    );
    let (all, lists) = found.joined(&declared(&holders));
    let person = one(&all, "joined/person", "kh-1");
    assert_eq!(
        each(person, "found", "kind"),
        ["kubernetes-rbac/subject", "github/member", "pkcs11/token", "aws-iam/user"]
    );
    assert_eq!(person.facts["absent"], json!([]));
    assert_eq!(each(person, "elsewhere", "target"), ["hsm", "vault"]);
    let ways = person.facts["ways"].as_array().unwrap();
    let ways: Vec<_> = ways.iter().map(|way| (way["by"].as_str().unwrap(), way["second"].clone())).collect();
    let expected = [
        ("provider", json!(null)),
        ("login", json!(["sms"])),
        ("pin", json!(null)),
        ("password", json!(["sms", "totp"])),
        ("access-key", json!(null)),
    ];
    assert_eq!(ways, expected);
    assert_eq!(unread(person), [] as [&str; 0]);
    assert!(lists.iter().find(|list| list.kind == "joined/person").unwrap().open.is_empty());
}

#[test]
fn absent_is_only_who_was_looked_for_everywhere() {
    let ghost = arn("111122223333", "user/ghost");
    let session = "arn:aws:sts::111122223333:assumed-role/operators/ada";
    let holders = format!(
        "  - {{id: kh-1, identities: {{prod: [\"{ghost}\", \"{session}\"], code: [ghost], cluster: [\"User:ghost\", \"ServiceAccount:x/y\"]}}}}\n"
    );
    let everywhere = |found: &mut Found| {
        found.listed("prod", &["aws-iam/user", "aws-iam/role"]);
        found.listed("code", &["github/member", "github/outside-collaborator"]);
        found.listed("cluster", &["kubernetes-rbac/subject"]);
    };
    let mut found = Found::default();
    everywhere(&mut found);
    let (all, _) = found.joined(&declared(&holders));
    let person = one(&all, "joined/person", "kh-1");
    assert_eq!(each(person, "absent", "target"), ["cluster", "code", "prod", "prod"]);
    // A cluster has no list of its users.
    assert_eq!(each(person, "elsewhere", "identity"), ["User:ghost"]);
    assert_eq!(unread(person), [] as [&str; 0]);

    // A target that was not read leaves its people undetermined, whatever the others say.
    found.denied("prod", "aws-iam/user", None).denied("code", "github/outside-collaborator", None);
    let (all, _) = found.joined(&declared(&holders));
    let person = one(&all, "joined/person", "kh-1");
    assert_eq!(each(person, "absent", "identity"), ["ServiceAccount:x/y", session]);
    assert_eq!(unread(person), ["absent", "elsewhere", "found", "ways"]);
    let gap = person.gaps.iter().find(|gap| gap.part == "found").unwrap();
    assert_eq!(gap.because.len(), 2);
    assert!(gap.detail.contains("aws-iam/user of target `prod`: access denied"), "{}", gap.detail);
}

#[test]
fn a_part_that_was_not_read_leaves_the_ways_open() {
    let ada = arn("111122223333", "user/ada");
    let mut found = Found::default();
    let facts = json!({"login_profile": {"exists": true}, "access_keys": []});
    found.object("prod", "aws-iam/user", &ada, facts).denied("prod", "aws-iam/user", Some((&ada, "mfa_devices")));
    let holders = format!("  - {{id: kh-1, identities: {{prod: [\"{ada}\"]}}}}\n");
    let (all, _) = found.joined(&declared(&holders));
    let person = one(&all, "joined/person", "kh-1");
    assert_eq!(each(person, "found", "identity"), [ada]);
    assert_eq!(person.facts["ways"], json!([]));
    assert_eq!(unread(person), ["elsewhere", "ways"]);
}

#[test]
fn devices_of_the_root_user_that_were_not_read_leave_the_ways_open() {
    let root = arn("111122223333", "root");
    let holders = format!("  - {{id: kh-1, identities: {{prod: [\"{root}\"]}}}}\n");
    let summary = json!({"root_mfa_enabled": true, "root_access_keys_present": false, "root_password_present": true});
    let account = "aws-iam/account";
    let mut found = Found::default();
    let devices = json!([{"serial": "s", "type": "virtual"}]);
    let facts = json!({"summary": summary, "root_virtual_mfa_devices": devices});
    found.object("prod", account, &root, facts).listed("prod", &[account]);
    let (all, _) = found.joined(&declared(&holders));
    let person = one(&all, "joined/person", "kh-1");
    assert_eq!(person.facts["ways"][0]["second"], json!(["mfa", "totp"]));
    assert_eq!(unread(person), [] as [&str; 0]);

    let mut found = Found::default();
    found.object("prod", account, &root, json!({"summary": summary})).listed("prod", &[account]);
    found.denied("prod", account, Some((&root, "root_virtual_mfa_devices")));
    let (all, _) = found.joined(&declared(&holders));
    let person = one(&all, "joined/person", "kh-1");
    // That there is a device is known from the summary; which one it is, not.
    assert_eq!(person.facts["ways"][0]["second"], json!(["mfa"]));
    assert_eq!(unread(person), ["elsewhere", "ways"]);
}

#[test]
fn a_role_says_where_its_people_sign_in() {
    let trust = |conditions: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {{"AWS": "arn:aws:iam::111122223333:user/ada"}}{conditions}}}]}}"#
        );
        let policy = iam_policy::PolicyDocument::parse(&text).unwrap();
        json!({"trust_policy": policy})
    };
    let mfa = r#", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let perhaps = r#", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let role = arn("111122223333", "role/ops/signer");
    let sso = arn("111122223333", "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_ops");
    let holders = format!(
        "  - {{id: kh-1, identities: {{prod: [\"{role}\"]}}}}\n  - {{id: kh-2, identities: {{prod: [\"{sso}\"]}}}}\n"
    );
    for (conditions, second) in [("", json!(null)), (mfa, json!(["mfa"])), (perhaps, json!(null))] {
        let mut found = Found::default();
        found.object("prod", "aws-iam/role", &role, trust(conditions)).object("prod", "aws-iam/role", &sso, trust(""));
        let (all, _) = found.joined(&declared(&holders));
        let person = one(&all, "joined/person", "kh-1");
        assert_eq!(person.facts["found"][0]["shared"], true);
        assert_eq!(person.facts["ways"][0]["second"], second, "{conditions}");
        assert!(each(person, "elsewhere", "because")[0].contains("user/ada"));
        let other = one(&all, "joined/person", "kh-2");
        assert!(each(other, "elsewhere", "because")[0].contains("IAM Identity Center"));
    }
}

/// People, each with identities: target, name, and how it is there: 0 found, 1 absent, 2 not listed.
fn people() -> impl Strategy<Value = Vec<Vec<(bool, u8)>>> {
    prop::collection::vec(prop::collection::vec((any::<bool>(), 0u8..6), 0..4), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Equal user names in two accounts are two identities; one person may have several in one account. Each declared identity of each person
    /// is found, absent or not determined, once, and every person is there once.
    #[test]
    fn nobody_is_lost_or_counted_twice(people in people(), there in prop::collection::btree_set((any::<bool>(), 0u8..6), 0..8), open in any::<bool>()) {
        let place = |second: bool| if second { ("test", "444455556666") } else { ("prod", "111122223333") };
        let name = |(second, n): (bool, u8)| (place(second).0, arn(place(second).1, &format!("user/u{n}")));
        let mut found = Found::default();
        for one in &there {
            let (target, id) = name(*one);
            found.object(target, "aws-iam/user", &id, user(&["passkey"], &[]));
        }
        found.listed("prod", &["aws-iam/user"]);
        if open {
            found.denied("test", "aws-iam/user", None);
        } else {
            found.listed("test", &["aws-iam/user"]);
        }
        let mut holders = String::new();
        for (n, identities) in people.iter().enumerate() {
            let of = |second: bool| -> Vec<String> {
                let mine = identities.iter().filter(|one| one.0 == second);
                mine.map(|one| format!("\"{}\"", name(*one).1)).collect()
            };
            holders += &format!("  - {{id: p{n}, identities: {{prod: [{}], test: [{}]}}}}\n", of(false).join(", "), of(true).join(", "));
        }
        let (all, lists) = found.joined(&declared(&holders));
        let list = lists.iter().find(|list| list.kind == "joined/person").unwrap();
        prop_assert_eq!(list.items, people.len() as u64);
        for (n, identities) in people.iter().enumerate() {
            let person = one(&all, "joined/person", &format!("p{n}"));
            let mut wanted: Vec<(bool, u8)> = identities.clone();
            wanted.sort_unstable();
            wanted.dedup();
            let ids = |keep: &dyn Fn(&(bool, u8)) -> bool| -> Vec<String> { wanted.iter().filter(|one| keep(one)).map(|one| name(*one).1).collect() };
            prop_assert_eq!(each(person, "identities", "identity"), ids(&|_| true));
            prop_assert_eq!(each(person, "found", "identity"), ids(&|one| there.contains(one)));
            prop_assert_eq!(each(person, "absent", "identity"), ids(&|one| !(there.contains(one) || open && one.0)));
            let undetermined = open && wanted.iter().any(|one| one.0 && !there.contains(one));
            prop_assert_eq!(unread(person).contains(&"found"), undetermined);
            prop_assert_eq!(each(person, "ways", "identity"), ids(&|one| there.contains(one)));
        }
    }
}
