//! What denying statements of an organisation's policies guard, and policies that allow only some.

#![expect(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

use serde_json::{Value, json};
use witnessmark_iam_policy::{Guard, PolicyDocument, guard, unallowed};

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

/// What the policies of one level do of one action: `guarded`, for all but whom; `open`; `sometimes`; `unclear`.
fn level(statements: Value, action: &str, partition: &str) -> String {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let document = PolicyDocument::parse(&text).unwrap();
    let guards = unallowed(&document.statements.iter().collect::<Vec<_>>(), partition);
    let of: Vec<&Guard> = guards.iter().filter(|one| one.actions.iter().any(|named| named == action)).collect();
    match of.as_slice() {
        [] => "open".to_owned(),
        [one] if !one.sometimes.is_empty() => "sometimes".to_owned(),
        [one] if !one.unclear.is_empty() => "unclear".to_owned(),
        [one] => format!("guarded{}", one.except.iter().map(|arn| format!(" but {arn}")).collect::<String>()),
        _ => format!("in several guards: {guards:?}"),
    }
}

#[test]
fn what_is_not_allowed() {
    let deletion = "kms:ScheduleKeyDeletion";
    let allow = |action: Value, resource: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let when = |condition: Value| json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    let all = json!("*");
    let recovery = "arn:aws:iam::*:role/key-recovery";
    let list = allow(json!(["kms:Sign", "kms:Describe*"]), all.clone());
    for (statements, action, partition, expected) in [
        (json!([list]), deletion, "aws", "guarded"),
        (json!([list]), "kms:Sign", "aws", "open"),
        (json!([list]), "cloudhsm:DeleteHsm", "aws", "guarded"),
        // What another statement, or another policy of the level, allows is allowed.
        (json!([list, allow(json!("*"), all.clone())]), deletion, "aws", "open"),
        (json!([list, allow(json!("KMS:schedule*"), all)]), deletion, "aws", "open"),
        (json!([list, allow(json!("kms:*"), json!("arn:aws:kms:*:*:key/*"))]), deletion, "aws", "open"),
        (json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), deletion, "aws", "open"),
        (
            json!([{"Effect": "Allow", "NotAction": ["kms:Sched*", "kms:Dis*"], "Resource": "*"}]),
            deletion,
            "aws",
            "guarded",
        ),
        // Allowed, but on no key of this partition; or on some keys.
        (json!([list, allow(json!("kms:*"), json!("arn:aws:kms:*:*:alias/*"))]), deletion, "aws", "guarded"),
        (json!([list, allow(json!("kms:*"), json!("arn:aws-cn:kms:*:*:key/*"))]), deletion, "aws", "guarded"),
        (json!([list, allow(json!("kms:*"), json!("arn:aws:kms:eu-west-1:*:key/*"))]), deletion, "aws", "sometimes"),
        (json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:kms:*"}]), deletion, "aws", "guarded"),
        // Allowed to some, or sometimes.
        (
            json!([when(json!({"ArnLike": {"aws:PrincipalArn": recovery}}))]),
            deletion,
            "aws",
            &format!("guarded but {recovery}"),
        ),
        (
            json!([when(
                json!({"ArnLike": {"aws:PrincipalArn": recovery}, "Bool": {"aws:MultiFactorAuthPresent": "true"}})
            )]),
            deletion,
            "aws",
            &format!("guarded but {recovery}"),
        ),
        (json!([when(json!({"ArnLikeIfExists": {"aws:PrincipalArn": recovery}}))]), deletion, "aws", "sometimes"),
        (json!([when(json!({"ArnNotLike": {"aws:PrincipalArn": recovery}}))]), deletion, "aws", "sometimes"),
        (json!([when(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))]), deletion, "aws", "sometimes"),
        (json!([when(json!({"StringEquals": {"new:Key": "x"}}))]), deletion, "aws", "unclear"),
        // No person ever meets it.
        (json!([when(json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}))]), deletion, "aws", "guarded"),
        // A denial allows nothing.
        (json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]), deletion, "aws", "guarded"),
    ] {
        assert_eq!(level(statements.clone(), action, partition), expected, "{statements}");
    }
}

/// Why what one level does not allow is allowed all the same, in its words.
fn allowed(statement: Value, action: &str) -> (Vec<String>, Vec<String>) {
    let text = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let document = PolicyDocument::parse(&text).unwrap();
    let guards = unallowed(&document.statements.iter().collect::<Vec<_>>(), "aws");
    let mut of = guards.iter().filter(|one| one.actions.iter().any(|named| named == action));
    let (one, other) = (of.next().unwrap(), of.next());
    assert_eq!(other, None);
    (one.sometimes.clone(), one.unclear.clone())
}

#[test]
fn the_words_are_true_of_the_statement() {
    let (deletion, hsm) = ("kms:ScheduleKeyDeletion", "cloudhsm:DeleteHsm");
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let both = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    let open = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"new:Key": "x"}});
    let of = |resource: &str, condition: Option<&Value>| {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": resource});
        if let Some(condition) = condition {
            statement["Condition"] = condition.clone();
        }
        statement
    };
    let some = "arn:aws:kms:eu-west-1:*:key/*";
    let clusters = "arn:aws:cloudhsm:eu-west-1:111122223333:cluster/*";
    let one = |words: String| (vec![words], Vec::new());
    let mfa_words = r#"Bool aws:multifactorauthpresent "true""#;
    for (statement, action, expected) in [
        (of(some, None), deletion, one("allowed on some keys".to_owned())),
        (of(clusters, None), hsm, one("allowed on some resources".to_owned())),
        (of("*", Some(&mfa)), deletion, one(format!("allowed if {mfa_words}"))),
        (of(some, Some(&mfa)), deletion, one(format!("allowed on some keys if {mfa_words}"))),
    ] {
        assert_eq!(allowed(statement.clone(), action), expected, "{statement}");
    }
    // Both at once, and not one or the other.
    let (sometimes, unclear) = allowed(of("*", Some(&both)), deletion);
    assert!(sometimes.len() == 1 && sometimes[0].contains(" and ") && unclear.is_empty(), "{sometimes:?} {unclear:?}");
    let (sometimes, unclear) = allowed(of("*", Some(&open)), deletion);
    assert!(sometimes.is_empty() && unclear.len() == 1 && unclear[0].contains(" and "), "{sometimes:?} {unclear:?}");
    // What denies on no key.
    for (resource, expected) in [(some, "only on some keys"), ("arn:aws:kms:*:*:alias/*", "only on what is no key")] {
        let text = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": resource}]});
        let document = PolicyDocument::parse(&text.to_string()).unwrap();
        assert_eq!(guard(&document.statements[0], "aws").unwrap().sometimes, [expected], "{resource}");
    }
}
