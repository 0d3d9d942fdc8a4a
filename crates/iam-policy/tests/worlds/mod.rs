//! Generated key policies: the same ones each time.

pub mod dice;

use serde_json::{Value, json};

pub use dice::Dice;

pub const OWN: &str = "111122223333";
pub const OUTSIDE: &str = "999999999999";
pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn principal(dice: &mut Dice) -> Value {
    let aws = [
        "*",
        OWN,
        OUTSIDE,
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:role/signer",
        "arn:aws:iam::999999999999:role/stranger",
        "arn:aws:iam::999999999999:user/stranger",
        "AROAEXAMPLEEXAMPLE12",
    ];
    match dice.below(8) {
        0 => json!("*"),
        1 => json!({"Service": dice.pick(&["cloudtrail.amazonaws.com", "logs.eu-west-1.amazonaws.com"])}),
        2 => json!({"AWS": [dice.pick(&aws), dice.pick(&aws)]}),
        3 => json!({"AWS": dice.pick(&aws), "Service": "cloudtrail.amazonaws.com"}),
        _ => json!({"AWS": dice.pick(&aws)}),
    }
}

fn operator(dice: &mut Dice, of: &[&str]) -> String {
    let base = dice.pick(of);
    let set = *dice.pick(&["", "", "", "", "ForAnyValue:", "ForAllValues:"]);
    format!("{set}{base}{}", if dice.one_in(5) { "IfExists" } else { "" })
}

fn conditions(dice: &mut Dice) -> Value {
    let strings = [
        "StringEquals",
        "StringLike",
        "StringNotEquals",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ];
    let arns = ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike", "StringEquals", "StringNotLike"];
    let mut made = serde_json::Map::new();
    for _ in 0..dice.below(3) {
        let (operator, key, values): (String, &str, &[&str]) = match dice.below(14) {
            0 => (
                operator(dice, &strings),
                "aws:PrincipalAccount",
                &[OWN, OUTSIDE, "1111*", "*", "${aws:ResourceAccount}"],
            ),
            1 => (operator(dice, &strings), "kms:CallerAccount", &[OWN, OUTSIDE]),
            2 | 3 => (
                operator(dice, &arns),
                "aws:PrincipalArn",
                &[
                    "arn:aws:iam::111122223333:role/*",
                    "arn:*:iam::111122223333:role/*",
                    "arn:aws:iam::*:role/*",
                    "arn:aws:iam::999999999999:role/stranger",
                    "arn:aws:*::111122223333:role/?igner",
                ],
            ),
            4 => (operator(dice, &strings), "aws:PrincipalOrgID", &["o-abcdefghij", "o-zzzzzzzzzz", "o-*"]),
            5 => (
                operator(dice, &["StringLike", "StringEquals", "StringNotLike"]),
                "aws:PrincipalOrgPaths",
                &["o-abcdefghij/*", "o-abcdefghij*", "o-*/r-ab12/*", "o-zzzzzzzzzz/*", "o-abcdefghij/r-ab12/"],
            ),
            6 => (operator(dice, &strings), "aws:SourceAccount", &[OWN, OUTSIDE]),
            7 => (
                operator(dice, &arns),
                "aws:SourceArn",
                &[
                    "arn:aws:cloudtrail:*:111122223333:*",
                    "arn:*:cloudtrail:*:111122223333:*",
                    "arn:aws:cloudtrail:*:*:trail/main",
                ],
            ),
            8 => ("Bool".to_owned(), "aws:SecureTransport", &["true", "false"]),
            9 => (
                operator(dice, &["IpAddress", "NotIpAddress"]),
                "aws:SourceIp",
                &["203.0.113.0/24", "0.0.0.0/0", "198.51.100.7/32"],
            ),
            10 => ("Null".to_owned(), dice.text(&["aws:PrincipalOrgID", "aws:SourceAccount"]), &["true", "false"]),
            11 => (operator(dice, &["Bool"]), "aws:PrincipalIsAWSService", &["true", "false"]),
            12 => (operator(dice, &strings), "kms:EncryptionContext:account", &[OWN, "*"]),
            _ => (
                operator(dice, &["DateLessThan", "DateGreaterThan"]),
                "aws:CurrentTime",
                &["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"],
            ),
        };
        let value =
            if dice.one_in(5) { json!([dice.pick(values), dice.pick(values)]) } else { json!(dice.pick(values)) };
        let keys = made.entry(operator).or_insert_with(|| json!({}));
        keys.as_object_mut().unwrap().insert(key.to_owned(), value);
    }
    Value::Object(made)
}

/// A key's policy of one to four statements.
pub fn policy(dice: &mut Dice) -> Value {
    let statements: Vec<Value> = (0..=dice.below(3))
        .map(|n| {
            let deny = n > 0 && dice.one_in(2);
            let mut statement = json!({
                "Effect": if deny { "Deny" } else { "Allow" },
                "Condition": conditions(dice),
            });
            let actions =
                dice.pick(&[json!("kms:*"), json!("*"), json!("kms:De*"), json!(["kms:Decrypt", "kms:Sign"])]).clone();
            statement[if dice.one_in(8) { "NotAction" } else { "Action" }] =
                if dice.one_in(8) { json!("kms:Sign") } else { actions };
            statement[if deny && dice.one_in(8) { "NotResource" } else { "Resource" }] =
                dice.pick(&[json!("*"), json!(KEY), json!("arn:aws:kms:eu-west-1:111122223333:key/*")]).clone();
            statement[if deny && dice.one_in(6) { "NotPrincipal" } else { "Principal" }] =
                if deny && dice.one_in(2) { json!("*") } else { principal(dice) };
            statement
        })
        .collect();
    let mut whole = json!({"Statement": statements});
    if !dice.one_in(6) {
        whole["Version"] = json!("2012-10-17");
    }
    whole
}
