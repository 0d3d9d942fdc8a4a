//! Identities that may reach a key, and whose they are.

use serde_json::{Value, json};

use crate::world::{Found, each, one, unread};

const HEAD: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets:
  - {id: prod, collector: [aws-iam, aws-kms], account: "111122223333"}
  - {id: test, collector: aws-iam, account: "444455556666"}
key_holders:
  - {id: kh-1, identities: {prod: ["arn:aws:iam::111122223333:user/ada", "arn:aws:sts::111122223333:assumed-role/ops/ada"]}}
  - {id: kh-2, identities: {prod: ["arn:aws:iam::111122223333:user/ada"], test: ["arn:aws:iam::444455556666:user/bo"]}}
"#;

fn permissions(found: &mut Found, target: &str, arn: &str, may: &[&str]) {
    let powers: Vec<Value> =
        may.iter().map(|may| json!({"action": "kms:Sign", "may": may, "sentence": "kms:Sign is allowed"})).collect();
    let kind = if arn.contains(":user/") { "user" } else { "role" };
    let principal = json!({"arn": arn, "type": kind, "of_service": arn.contains("aws-service-role")});
    found.object(
        target,
        "aws-iam/permissions",
        arn,
        json!({"principal": principal, "keys": powers, "administers": []}),
    );
}

fn role(found: &mut Found, arn: &str, principal: &str) {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {principal}}}]}}"#
    );
    let policy = iam_policy::PolicyDocument::parse(&text).unwrap();
    found.object("prod", "aws-iam/role", arn, json!({"trust_policy": policy}));
    permissions(found, "prod", arn, &["yes"]);
}

#[test]
fn each_identity_that_may_reach_a_key_is_somebodys_or_nobodys() {
    let mut found = Found::default();
    let arn = |account: &str, resource: &str| format!("arn:aws:iam::{account}:{resource}");
    permissions(&mut found, "prod", &arn("111122223333", "user/ada"), &["yes"]);
    // The same name in another account is somebody else.
    permissions(&mut found, "test", &arn("444455556666", "user/ada"), &["undetermined"]);
    permissions(&mut found, "test", &arn("444455556666", "user/bo"), &["undetermined", "yes"]);
    permissions(&mut found, "prod", &arn("111122223333", "user/reader"), &[]);
    permissions(&mut found, "prod", &arn("111122223333", "role/aws-service-role/x.amazonaws.com/X"), &["yes"]);
    role(&mut found, &arn("111122223333", "role/path/ops"), r#"{"AWS": "111122223333"}"#);
    role(&mut found, &arn("111122223333", "role/lambda"), r#"{"Service": "lambda.amazonaws.com"}"#);
    role(
        &mut found,
        &arn("111122223333", "role/staff"),
        r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/staff"}"#,
    );
    found.listed("prod", &["aws-iam/permissions", "aws-iam/role"]).listed("test", &["aws-iam/permissions"]);
    let (all, _) = found.joined(HEAD);
    let said: Vec<String> = all
        .iter()
        .filter(|((kind, _), _)| kind == "joined/reaching-identity")
        .map(|((_, id), one)| {
            let owners: Vec<&str> =
                one.facts["owners"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            let short = id.trim_start_matches("arn:aws:iam::");
            format!(
                "{short} {} sure {} [{}]",
                one.facts["taken_on_by"].as_str().unwrap(),
                *one.facts["sure"],
                owners.join(", ")
            )
        })
        .collect();
    let expected = [
        "111122223333:role/lambda workload sure true []",
        "111122223333:role/path/ops principals sure true [kh-1]",
        "111122223333:role/staff elsewhere sure true []",
        "111122223333:user/ada person sure true [kh-1, kh-2]",
        "444455556666:user/ada person sure false []",
        "444455556666:user/bo person sure true [kh-2]",
    ];
    assert_eq!(said, expected);
    let ada = one(&all, "joined/reaching-identity", "arn:aws:iam::444455556666:user/ada");
    assert_eq!(ada.facts["among"], json!({"reaching": 6, "users_of_nobody": 1}));
}

#[test]
fn who_was_not_read_may_reach_a_key() {
    let mut found = Found::default();
    let arn = "arn:aws:iam::111122223333:user/cy";
    let principal = json!({"arn": arn, "type": "user", "of_service": false});
    found
        .object("prod", "aws-iam/permissions", arn, json!({"principal": principal, "administers": []}))
        .denied("prod", "aws-iam/permissions", Some((arn, "keys")))
        .listed("prod", &["aws-iam/permissions"])
        .denied("test", "aws-iam/permissions", None);
    let (all, lists) = found.joined(HEAD);
    let cy = one(&all, "joined/reaching-identity", arn);
    assert_eq!(unread(cy), ["among", "powers", "sure"]);
    assert_eq!(each(cy, "powers", "action"), [] as [&str; 0]);
    let list = lists.iter().find(|list| list.kind == "joined/reaching-identity").unwrap();
    assert_eq!((list.items, list.open.len()), (1, 1));
}

#[test]
fn two_targets_of_one_account_know_the_same_people() {
    let head = HEAD.replace(
        "  - {id: test,",
        "  - {id: prod-users, collector: aws-iam, account: \"111122223333\"}\n  - {id: test,",
    );
    let mut found = Found::default();
    let arn = |account: &str, resource: &str| format!("arn:aws:iam::{account}:{resource}");
    let targets = ["prod", "prod-users"];
    for target in targets {
        permissions(&mut found, target, &arn("111122223333", "user/ada"), &["yes"]);
        permissions(&mut found, target, &arn("111122223333", "role/ops"), &["yes"]);
        found.listed(target, &["aws-iam/permissions"]);
    }
    // A role of the same name in another account is another one.
    permissions(&mut found, "test", &arn("444455556666", "role/ops"), &["yes"]);
    found.listed("test", &["aws-iam/permissions"]);
    let (all, _) = found.joined(&head);
    let owners = |target: &str, account: &str, resource: &str| {
        let id = format!("{target} {}", arn(account, resource));
        one(&all, "joined/reaching-identity", &id).facts["owners"].clone()
    };
    for target in targets {
        assert_eq!(owners(target, "111122223333", "user/ada"), json!(["kh-1", "kh-2"]), "{target}");
        assert_eq!(owners(target, "111122223333", "role/ops"), json!(["kh-1"]), "{target}");
    }
    assert_eq!(owners("test", "444455556666", "role/ops"), json!([]));
}
