//! One question at a time: each operator by itself, with keys that are there, missing and unknown.

#![expect(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use witnessmark_iam_policy::{Answer, Caller, PolicyDocument, Request};

fn letter(answer: &Answer) -> char {
    match answer {
        Answer::Yes(_) => 'y',
        Answer::No(_) => 'n',
        Answer::Undetermined(_) => '?',
    }
}

fn request(context: &Value, complete: bool) -> Request {
    let context: BTreeMap<String, Vec<String>> = serde_json::from_value(context.clone()).unwrap();
    Request {
        caller: Caller::Principal { arn: "arn:aws:iam::111122223333:role/r".to_owned(), session: None },
        action: "kms:Decrypt".to_owned(),
        resource: Some("arn:aws:kms:eu-west-1:111122223333:key/k".to_owned()),
        context,
        complete,
    }
}

fn policy(statement: &Value) -> PolicyDocument {
    let mut whole = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"});
    whole.as_object_mut().unwrap().extend(statement.as_object().unwrap().clone());
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": whole}).to_string()).unwrap()
}

#[test]
fn operators() {
    for (operator, wanted, given, expected) in [
        ("StringEquals", json!("a"), json!(["a"]), 'y'),
        ("StringEquals", json!("A"), json!(["a"]), 'n'),
        ("StringEquals", json!("a*"), json!(["ab"]), 'n'),
        ("StringEquals", json!("a*"), json!(["a*"]), 'y'),
        ("StringEquals", json!(["b", "a"]), json!(["a"]), 'y'),
        ("StringEquals", json!([]), json!(["a"]), '?'),
        ("StringEqualsIgnoreCase", json!("A"), json!(["a"]), 'y'),
        ("StringNotEquals", json!("a"), json!(["a"]), 'n'),
        ("StringNotEquals", json!(["a", "b"]), json!(["c"]), 'y'),
        ("StringNotEquals", json!("a"), json!([]), 'y'),
        ("StringLike", json!("a*c:?"), json!(["ab:c:d"]), 'y'),
        ("StringLike", json!("a${*}"), json!(["ab"]), 'n'),
        ("StringLike", json!("a${*}"), json!(["a*"]), 'y'),
        ("StringNotLike", json!("a*"), json!(["b"]), 'y'),
        ("ArnLike", json!("arn:aws:iam::*:role/x"), json!(["arn:aws:iam::1:role/x"]), 'y'),
        ("ArnLike", json!("arn:*:role/x"), json!(["arn:aws:iam::1:role/x"]), '?'),
        ("ArnEquals", json!("arn:*:iam::1:role/*"), json!(["arn:aws:iam::1:role/a:b"]), 'y'),
        ("ArnEquals", json!("arn:*:iam::1:role/*"), json!(["arn:aws:iam::2:role/x:iam::1:role/y"]), 'n'),
        ("StringLike", json!("arn:*:iam::1:role/*"), json!(["arn:aws:iam::2:role/x:iam::1:role/y"]), 'y'),
        ("ArnNotLike", json!("arn:aws:iam::1:*"), json!(["arn:aws:iam::2:role/x"]), 'y'),
        ("NumericLessThan", json!("10"), json!(["9"]), 'y'),
        ("NumericLessThan", json!("10"), json!(["10"]), 'n'),
        ("NumericLessThanEquals", json!("10"), json!(["10.0"]), 'y'),
        ("NumericEquals", json!("10"), json!(["ten"]), '?'),
        ("NumericNotEquals", json!("10"), json!(["11"]), 'y'),
        ("NumericGreaterThan", json!("10"), json!([]), 'n'),
        ("DateGreaterThan", json!("2026-01-01T00:00:00Z"), json!(["2026-01-01T01:00:00+00:30"]), 'y'),
        ("DateLessThan", json!("2026-01-01"), json!(["1767225599"]), 'y'),
        ("DateLessThan", json!("2026-01-01"), json!(["1767225600"]), 'n'),
        ("DateEquals", json!("2024-02-29"), json!(["1709164800"]), 'y'),
        ("DateEquals", json!("soon"), json!(["1709164800"]), '?'),
        ("Bool", json!("true"), json!(["TRUE"]), 'y'),
        ("Bool", json!("true"), json!([]), 'n'),
        ("Bool", json!("perhaps"), json!(["true"]), '?'),
        ("IpAddress", json!("203.0.113.0/24"), json!(["203.0.113.77"]), 'y'),
        ("IpAddress", json!("203.0.113.0/24"), json!(["203.0.114.77"]), 'n'),
        ("IpAddress", json!("0.0.0.0/0"), json!(["203.0.114.77"]), 'y'),
        ("IpAddress", json!("203.0.113.7"), json!(["203.0.113.7"]), 'y'),
        ("IpAddress", json!("2001:db8::/32"), json!(["2001:db8:1::1"]), 'y'),
        ("IpAddress", json!("2001:db8::/32"), json!(["203.0.113.7"]), 'n'),
        ("IpAddress", json!("203.0.113.0/33"), json!(["203.0.113.7"]), '?'),
        ("NotIpAddress", json!("203.0.113.0/24"), json!(["203.0.113.77"]), 'n'),
        ("NotIpAddress", json!("203.0.113.0/24"), json!([]), 'y'),
        ("Null", json!("true"), json!([]), 'y'),
        ("Null", json!("false"), json!([]), 'n'),
        ("Null", json!("false"), json!(["x"]), 'y'),
        ("StringEqualsIfExists", json!("a"), json!([]), 'y'),
        ("StringEqualsIfExists", json!("a"), json!(["b"]), 'n'),
        ("ForAllValues:StringEquals", json!(["a", "b"]), json!(["a", "b"]), 'y'),
        ("ForAllValues:StringEquals", json!(["a", "b"]), json!(["a", "c"]), 'n'),
        ("ForAllValues:StringEquals", json!("a"), json!([]), 'y'),
        ("ForAllValues:StringNotEquals", json!("a"), json!(["b", "c"]), 'y'),
        ("ForAllValues:StringNotEquals", json!("a"), json!(["a", "c"]), 'n'),
        ("ForAnyValue:StringEquals", json!("a"), json!(["b", "a"]), 'y'),
        ("ForAnyValue:StringEquals", json!("a"), json!([]), 'n'),
        ("ForAnyValue:StringEqualsIfExists", json!("a"), json!([]), '?'),
        ("ForAnyValue:StringNotEquals", json!("a"), json!(["a", "c"]), 'y'),
        ("ForAnyValue:StringNotEquals", json!("a"), json!([]), 'n'),
        // How several values are compared by an operator for one is not documented.
        ("StringEquals", json!("a"), json!(["a", "b"]), '?'),
        ("BinaryEquals", json!("QQ=="), json!(["QQ=="]), 'y'),
        ("BinaryEquals", json!("QQ=="), json!(["QR=="]), '?'),
        ("SomethingNew", json!("a"), json!(["a"]), '?'),
        ("StringEquals", json!("${aws:username}"), json!(["jane"]), 'y'),
        ("StringEquals", json!("${aws:PrincipalTag/x, 'jane'}"), json!(["jane"]), 'y'),
        ("StringEquals", json!("${aws:PrincipalTag/x}"), json!(["jane"]), '?'),
        ("StringEquals", json!("${aws:PrincipalTag/star}"), json!(["jane"]), '?'),
    ] {
        let document = policy(&json!({"Condition": {operator: {"test:key": wanted}}}));
        let context = json!({"test:key": given, "aws:username": ["jane"], "aws:principaltag/star": ["*"]});
        let answer = document.lets(&request(&context, true));
        assert_eq!(letter(&answer), expected, "{operator} {wanted} {given}: {answer:?}");
    }
}

#[test]
fn what_is_not_known_is_not_clean() {
    let document = policy(&json!({"Condition": {"StringEquals": {"test:key": "a"}}}));
    assert_eq!(letter(&document.lets(&request(&json!({}), false))), '?');
    assert_eq!(letter(&document.lets(&request(&json!({}), true))), 'n');
    let both = policy(&json!({"Condition": {"StringEquals": {"test:key": "a", "other:key": "b"}}}));
    assert_eq!(letter(&both.lets(&request(&json!({"other:key": ["c"]}), false))), 'n');
}

#[test]
fn actions_resources_and_callers() {
    for (statement, expected) in [
        (json!({"Action": "KMS:de*"}), 'y'),
        (json!({"Action": "kms:Encrypt"}), 'n'),
        (json!({"NotAction": "kms:Decrypt"}), 'n'),
        (json!({"NotAction": "kms:Encrypt"}), 'y'),
        (json!({"Resource": "arn:aws:kms:*:111122223333:key/*"}), 'y'),
        (json!({"Resource": "arn:aws:kms:eu-west-1:111122223333:key/other"}), 'n'),
        // Only if the wildcard crosses colons.
        (json!({"Resource": "arn:aws:*:111122223333:key/*"}), 'y'),
        (json!({"Resource": "arn:aws:kms:*:*:111122223333:key/*"}), 'n'),
        (json!({"NotResource": "arn:aws:kms:eu-west-1:111122223333:key/k"}), 'n'),
        (json!({"NotResource": "arn:aws:kms:eu-west-1:111122223333:key/other"}), 'y'),
        (json!({"Principal": {"AWS": "111122223333"}}), 'y'),
        (json!({"Principal": {"AWS": "444455556666"}}), 'n'),
        (json!({"Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}}), 'y'),
        (json!({"Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}}), 'n'),
        (json!({"Principal": {"AWS": "AROAEXAMPLEEXAMPLE12"}}), 'n'),
        (json!({"Principal": {"Service": "ec2.amazonaws.com"}}), 'n'),
        (json!({"Principal": {"CanonicalUser": "79a5"}}), '?'),
    ] {
        let mut statement = statement;
        let object = statement.as_object_mut().unwrap();
        // The negated form stands in place of the other.
        let whole = if object.contains_key("NotAction") || object.contains_key("NotResource") {
            let mut whole = json!({"Effect": "Allow", "Principal": "*"});
            if !object.contains_key("NotAction") {
                whole["Action"] = json!("*");
            }
            if !object.contains_key("NotResource") {
                whole["Resource"] = json!("*");
            }
            whole.as_object_mut().unwrap().extend(object.clone());
            PolicyDocument::parse(&json!({"Statement": whole}).to_string()).unwrap()
        } else {
            policy(&statement)
        };
        let answer = whole.lets(&request(&json!({}), true));
        assert_eq!(letter(&answer), expected, "{statement}: {answer:?}");
    }
}

#[test]
fn not_principal_spares_those_it_names() {
    let spares = |spared: Value| {
        let document = json!({"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": spared}}]});
        letter(&PolicyDocument::parse(&document.to_string()).unwrap().lets(&request(&json!({}), true)))
    };
    assert_eq!(spares(json!("444455556666")), 'n');
    assert_eq!(spares(json!("*")), 'y');
    assert_eq!(spares(json!("111122223333")), '?');
    assert_eq!(spares(json!("arn:aws:iam::111122223333:role/other")), '?');
}
