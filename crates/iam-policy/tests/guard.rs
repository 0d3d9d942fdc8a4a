//! What denying statements of an organisation's policies guard.

#![expect(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

use serde_json::{Value, json};
use witnessmark_iam_policy::{Guard, PolicyDocument, guard};

fn of(statement: Value, partition: &str) -> Option<Guard> {
    let document =
        PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statement}).to_string()).unwrap();
    guard(document.statements.first().unwrap(), partition)
}

fn deny(action: Value, resource: Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

#[test]
fn actions_and_resources() {
    let all = json!("*");
    for (statement, partition, guarded) in [
        (deny(json!("kms:ScheduleKeyDeletion"), all.clone()), "aws", true),
        (deny(json!("KMS:schedulekeydeletion"), all.clone()), "aws", true),
        (deny(json!("kms:Schedule*"), all.clone()), "aws", true),
        (deny(json!("kms:S??eduleKeyDeletion"), all.clone()), "aws", true),
        (deny(json!("*"), all.clone()), "aws", true),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:*:*:key/*")), "aws", true),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:*")), "aws", true),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws-cn:kms:*:*:key/*")), "aws-cn", true),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:*:kms:*:*:key/*")), "aws-us-gov", true),
        (json!({"Effect": "Deny", "NotAction": ["kms:Describe*"], "Resource": "*"}), "aws", true),
        (json!({"Effect": "Deny", "Action": "kms:*", "NotResource": "arn:aws:s3:::*"}), "aws", true),
        // Keys of another partition, of one region, of one account, or no keys at all.
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:*:*:key/*")), "aws-cn", false),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:eu-west-1:*:key/*")), "aws", false),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:*:111122223333:key/*")), "aws", false),
        (deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:*:*:alias/*")), "aws", false),
        (json!({"Effect": "Deny", "Action": "kms:*", "NotResource": "arn:aws:kms:*:*:key/a"}), "aws", false),
        (json!({"Effect": "Deny", "NotAction": ["kms:*"], "Resource": "*"}), "aws", false),
        (deny(json!("kms:EnableKey"), all.clone()), "aws", false),
        (json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}), "aws", false),
    ] {
        let found = of(statement.clone(), partition);
        let whole = found.as_ref().is_some_and(|one| {
            one.actions.iter().any(|action| action == "kms:ScheduleKeyDeletion")
                && one.except.is_empty()
                && one.sometimes.is_empty()
                && one.unclear.is_empty()
        });
        assert_eq!(whole, guarded, "{statement} {partition} {found:?}");
    }
    // What has no resource of its own is denied on everything only.
    let whole = of(deny(json!("kms:*"), all), "aws").unwrap();
    assert!(whole.actions.iter().any(|action| action == "kms:DeleteCustomKeyStore"), "{whole:?}");
    let keys = of(deny(json!("kms:*"), json!("arn:aws:kms:*:*:key/*")), "aws").unwrap();
    assert!(!keys.actions.iter().any(|action| action == "kms:DeleteCustomKeyStore"), "{keys:?}");
}

#[test]
fn principals_and_conditions() {
    let with = |members: Value| {
        let mut statement = deny(json!("kms:ScheduleKeyDeletion"), json!("*"));
        for (name, value) in members.as_object().unwrap() {
            statement[name] = value.clone();
        }
        of(statement, "aws").unwrap()
    };
    let conditions = |condition: Value| with(json!({"Condition": condition}));
    let recovery = "arn:aws:iam::*:role/key-recovery";
    for operator in ["ArnNotLike", "ArnNotEquals", "StringNotLike", "StringNotEquals", "ArnNotLikeIfExists"] {
        let found = conditions(json!({operator: {"aws:PrincipalArn": recovery}}));
        assert_eq!(
            (found.except, found.sometimes.len() + found.unclear.len()),
            (vec![recovery.to_owned()], 0),
            "{operator}"
        );
    }
    // It binds people, whatever services may.
    let people = conditions(json!({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}));
    assert_eq!(people.sometimes.len() + people.unclear.len(), 0, "{people:?}");
    assert_eq!(with(json!({"Principal": "*"})).sometimes.len(), 0);
    for members in [
        json!({"Principal": {"AWS": "999999999999"}}),
        json!({"NotPrincipal": {"AWS": "999999999999"}}),
        json!({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}),
        json!({"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}),
        json!({"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}),
    ] {
        let found = with(members.clone());
        assert!(!found.sometimes.is_empty() && found.unclear.is_empty(), "{members} {found:?}");
    }
    for condition in [
        json!({"ArnLike": {"aws:PrincipalArn": recovery}}),
        json!({"ForAllValues:ArnNotLike": {"aws:PrincipalArn": recovery}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${aws:PrincipalTag/role}"}}),
        json!({"StringNotEquals": {"new:Key": "x"}}),
        json!({"StringEquals": {"aws:ResourceTag/kept": "true"}}),
    ] {
        let found = conditions(condition.clone());
        assert!(!found.sometimes.is_empty() || !found.unclear.is_empty(), "{condition} {found:?}");
    }
}
