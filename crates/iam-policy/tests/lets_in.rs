//! Whom statements let in: the right value for each kind of statement, as rows of tables.

#![expect(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use witnessmark_iam_policy::{Answer, PolicyDocument, Scope};

const OWN: &str = "111122223333";
const OUTSIDE: &str = "999999999999";
const NOW: i64 = 1_800_000_000;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&n| n.to_owned()).collect()
}

fn scope() -> Scope {
    Scope {
        own: OWN.to_owned(),
        accounts: set(&["444455556666"]),
        organizations: set(&["o-abcdefghij"]),
        services: set(&["ec2.amazonaws.com"]),
        tenants: BTreeMap::from([
            ("github".to_owned(), set(&["northbank", "8150"])),
            ("gitlab".to_owned(), set(&["northbank/platform"])),
            ("terraform".to_owned(), set(&["Northbank"])),
            ("circleci".to_owned(), set(&["6ad5e0a1-0a65-4f3c-a7f4-0f7c3b7d9a11"])),
            ("bitbucket".to_owned(), set(&["northbank"])),
            ("buildkite".to_owned(), set(&["northbank"])),
            ("cognito".to_owned(), set(&["eu-west-1:1234abcd"])),
            ("login.example.org".to_owned(), set(&["robot"])),
            ("idp.example.org/ours".to_owned(), set(&["*"])),
        ]),
        now: NOW,
    }
}

/// The worst answer over all principals of all allowing statements: whether somebody outside is let in.
fn outside(document: &Value) -> Answer {
    let document = PolicyDocument::parse(&document.to_string()).unwrap();
    let mut answers: Vec<Answer> = document
        .statements
        .iter()
        .filter_map(|s| s.lets_in.as_ref())
        .flatten()
        .map(|one| one.outside(&scope()))
        .collect();
    answers.sort_by_key(|answer| match answer {
        Answer::Yes(_) => 0,
        Answer::Undetermined(_) => 1,
        Answer::No(_) => 2,
    });
    answers.into_iter().next().unwrap_or_else(|| Answer::No("nobody is named".to_owned()))
}

fn letter(answer: &Answer) -> char {
    match answer {
        Answer::Yes(_) => 'y',
        Answer::No(_) => 'n',
        Answer::Undetermined(_) => '?',
    }
}

fn allow(principal: &Value, conditions: &Value) -> Value {
    json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": principal, "Condition": conditions})
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Rows of principal, conditions and answer.
fn table(rows: &[(Value, Value, char)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(principal, conditions, expected)| {
            let answer = outside(&policy(&[allow(principal, conditions)]));
            (letter(&answer) != *expected).then(|| format!("{principal} {conditions}: expected {expected}, {answer:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn everyone(conditions: Value, expected: char) -> (Value, Value, char) {
    (json!("*"), conditions, expected)
}

#[test]
fn principals_of_each_partition() {
    let service = |name: &str| json!({"Service": name});
    table(&[
        (json!("*"), json!({}), 'y'),
        (json!({"AWS": "*"}), json!({}), 'y'),
        (json!({"AWS": OWN}), json!({}), 'n'),
        (json!({"AWS": OUTSIDE}), json!({}), 'y'),
        (json!({"AWS": [OWN, OUTSIDE]}), json!({}), 'y'),
        (json!({"AWS": "444455556666"}), json!({}), 'n'),
        (json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({}), 'n'),
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), json!({}), 'n'),
        (json!({"AWS": "arn:aws-us-gov:iam::111122223333:role/a/b"}), json!({}), 'n'),
        (json!({"AWS": "arn:aws-us-gov:iam::999999999999:role/a/b"}), json!({}), 'y'),
        (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}), json!({}), 'n'),
        (json!({"AWS": "arn:aws:iam::999999999999:role/x.amazonaws.com"}), json!({}), 'y'),
        // Deleted: nobody can come as it.
        (json!({"AWS": "AROAEXAMPLEEXAMPLE12"}), json!({}), 'n'),
        (json!({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2"}), json!({}), '?'),
        (json!({"AWS": "arn:aws:iam::*:role/x"}), json!({}), '?'),
        (json!({"AWS": "somebody"}), json!({}), '?'),
        (json!({"CanonicalUser": "79a5"}), json!({}), '?'),
        (service("ec2.amazonaws.com"), json!({}), 'n'),
        (service("ec2.amazonaws.com.cn"), json!({}), 'n'),
        (service("ec2.eu-west-1.amazonaws.com"), json!({}), 'n'),
        (service("cloudtrail.amazonaws.com"), json!({}), 'y'),
        (service("evil-ec2.amazonaws.com"), json!({}), 'y'),
        (json!({"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}), json!({}), 'n'),
        (json!({"Federated": "arn:aws:iam::999999999999:saml-provider/idp"}), json!({}), 'y'),
        (json!({"Federated": "arn:aws:iam::*:saml-provider/idp"}), json!({}), '?'),
        (json!({"Federated": "arn:aws:iam::*:oidc-provider/login.example.org"}), json!({}), '?'),
        (json!({}), json!({}), 'n'),
    ]);
}

// A1
#[test]
fn what_the_caller_chooses_narrows_nobody() {
    let mut rows = Vec::new();
    for key in [
        "kms:EncryptionContext:account",
        "kms:EncryptionContext:aws:logs:arn",
        "kms:ViaService",
        "aws:PrincipalTag/account",
        "aws:RequestTag/account",
        "aws:UserAgent",
        "aws:Referer",
        "aws:username",
        "aws:SourceIdentity",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "aws:PrincipalType",
        "aws:ResourceAccount",
        "aws:CalledViaFirst",
        "s3:prefix",
    ] {
        rows.push(everyone(json!({"StringEquals": {key: OWN}}), 'y'));
        rows.push((json!({"AWS": OUTSIDE}), json!({"StringEquals": {key: OWN}}), 'y'));
    }
    rows.push(everyone(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), 'y'));
    rows.push(everyone(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), 'y'));
    rows.push(everyone(json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}), 'y'));
    table(&rows);
}

#[test]
fn what_only_a_service_sets_narrows_services() {
    let logs = json!({"Service": "logs.eu-west-1.amazonaws.com"});
    let own_arn = "arn:aws:logs:eu-west-1:111122223333:log-group:a";
    table(&[
        (logs.clone(), json!({"StringEquals": {"aws:SourceAccount": OWN}}), 'n'),
        // Nobody says who sets it.
        (logs.clone(), json!({"StringEquals": {"aws:SourceOwner": OWN}}), 'y'),
        (logs.clone(), json!({"StringEquals": {"aws:SourceAccount": [OWN, OUTSIDE]}}), 'y'),
        (logs.clone(), json!({"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}), 'n'),
        (logs.clone(), json!({"StringEqualsIfExists": {"aws:SourceAccount": OWN}}), 'y'),
        (logs.clone(), json!({"ForAllValues:StringEquals": {"aws:SourceAccount": OWN}}), 'y'),
        (logs.clone(), json!({"StringEquals": {"aws:SourceOrgID": "o-abcdefghij"}}), 'n'),
        (logs.clone(), json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-abcdefghij/*"}}), 'n'),
        (logs.clone(), json!({"ForAllValues:StringLike": {"aws:SourceOrgPaths": "o-abcdefghij/*"}}), 'y'),
        (logs.clone(), json!({"ArnLike": {"aws:SourceArn": own_arn}}), 'n'),
        (logs.clone(), json!({"ArnLike": {"aws:SourceArn": "arn:*:logs:*:111122223333:*"}}), 'n'),
        (logs.clone(), json!({"StringLike": {"aws:SourceArn": "arn:*:logs:*:111122223333:*"}}), 'y'),
        (logs.clone(), json!({"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:*:log-group:a"}}), 'y'),
        // No trail's name has a colon, so that a wildcard that stands for colons finds no other account's.
        (
            json!({"Service": "cloudtrail.amazonaws.com"}),
            json!({"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}),
            'n',
        ),
        (
            json!({"Service": "cloudtrail.amazonaws.com"}),
            json!({"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:999999999999:trail/*"}}),
            'y',
        ),
        (
            json!({"Service": "cloudtrail.amazonaws.com"}),
            json!({"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:*:111122223333:trail/*"}}),
            'y',
        ),
        (
            json!({"Service": "cloudtrail.amazonaws.com"}),
            json!({"StringLike": {"aws:SourceArn": "arn:aws:*:*:111122223333:trail/*"}}),
            'y',
        ),
        // The ARN of a bucket names no account.
        (logs.clone(), json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::logs"}}), 'y'),
        (logs.clone(), json!({"ArnLike": {"kms:EncryptionContext:aws:logs:arn": own_arn}}), 'n'),
        (logs.clone(), json!({"ArnLike": {"kms:EncryptionContext:aws:new:arn": own_arn}}), '?'),
        (logs.clone(), json!({"StringEquals": {"kms:EncryptionContext:aws:dynamodb:subscriberId": OWN}}), '?'),
        (logs.clone(), json!({"StringEquals": {"kms:EncryptionContext:account": OWN}}), '?'),
        (logs, json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}), 'y'),
        // Where the service is not the principal, never comfort.
        everyone(json!({"StringEquals": {"aws:SourceAccount": OWN}}), '?'),
        (json!({"AWS": OUTSIDE}), json!({"StringEquals": {"aws:SourceAccount": OWN}}), '?'),
        everyone(json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), '?'),
        everyone(
            json!({"Bool": {"aws:PrincipalIsAWSService": "true"}, "StringEquals": {"aws:SourceAccount": OWN}}),
            'n',
        ),
        everyone(
            json!({"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com", "aws:SourceAccount": OWN}}),
            'n',
        ),
        everyone(json!({"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}}), 'y'),
        (json!({"AWS": OUTSIDE}), json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), 'n'),
    ]);
}

// A2
#[test]
fn the_account_must_stand_literally_under_the_operators_own_matching() {
    let rows: Vec<_> = [
        // `*` of StringLike crosses colons: arn:aws:iam::999999999999:role/x:iam::111122223333:role/y is a role's ARN.
        ("StringLike", "arn:*:iam::111122223333:role/*", 'y'),
        ("StringLike", "arn:aws:*::111122223333:role/*", 'y'),
        ("StringLike", "arn:aws:iam:*:111122223333:role/*", 'y'),
        ("StringLike", "*:111122223333:*", 'y'),
        ("StringLike", "*", 'y'),
        ("StringLike", "arn:aws:iam::111122223333*", 'y'),
        ("StringLike", "arn:aws:iam::11112222333?:role/*", 'y'),
        ("StringLike", "arn:aws:iam::111122223333:role/*", 'n'),
        ("StringLike", "arn:aws:iam::111122223333:*", 'n'),
        ("ArnLike", "arn:*:iam::111122223333:role/*", 'n'),
        ("ArnEquals", "arn:*:*:*:111122223333:*", 'n'),
        ("ArnLike", "arn:aws:iam::*:role/admin", 'y'),
        ("ArnLike", "arn:aws:iam::1111222233??:role/admin", 'y'),
        ("ArnLike", "*", '?'),
        ("StringEquals", "arn:aws:iam::111122223333:role/admin", 'n'),
        // A `*` in StringEquals is a character, which no partition has.
        ("StringEquals", "arn:*:iam::111122223333:role/admin", 'n'),
        ("StringEquals", "arn:aws:iam::999999999999:role/admin", 'y'),
        ("StringEqualsIgnoreCase", "ARN:AWS:iam::111122223333:role/admin", 'n'),
        ("StringEqualsIgnoreCase", "ARN:AWS:iam::999999999999:role/admin", 'y'),
        ("StringNotLike", "arn:aws:iam::111122223333:*", 'y'),
        ("ArnNotLike", "arn:aws:iam::111122223333:*", 'y'),
        ("NumericEquals", "111122223333", '?'),
        ("SomethingNew", "arn:aws:iam::111122223333:*", '?'),
    ]
    .into_iter()
    .map(|(operator, value, expected)| everyone(json!({operator: {"aws:PrincipalArn": value}}), expected))
    .collect();
    table(&rows);
}

#[test]
fn accounts_and_organisations() {
    table(&[
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": OWN}}), 'n'),
        everyone(json!({"StringEquals": {"kms:CallerAccount": [OWN, "444455556666"]}}), 'n'),
        everyone(json!({"StringEquals": {"kms:CallerAccount": [OWN, OUTSIDE]}}), 'y'),
        everyone(json!({"StringLike": {"aws:PrincipalAccount": "1111*"}}), 'y'),
        everyone(json!({"StringLike": {"aws:PrincipalAccount": OWN}}), 'n'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": "1111*"}}), 'n'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}), 'y'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}), 'n'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}), '?'),
        everyone(json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}), '?'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalTag/account, '111122223333'}"}}), '?'),
        everyone(json!({"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}}), 'y'),
        everyone(json!({"StringNotEquals": {"aws:PrincipalAccount": OUTSIDE}}), 'y'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": []}}), '?'),
        everyone(json!({"StringEqualsIfExists": {"aws:PrincipalAccount": []}}), '?'),
        // In which case it is written does not change whose it is.
        everyone(json!({"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-ABCDEFGHIJ"}}), 'n'),
        everyone(json!({"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-ZZZZZZZZZZ"}}), 'y'),
        everyone(json!({"stringequals": {"AWS:principalaccount": OUTSIDE}}), 'y'),
        everyone(json!({"StringEquals": {"sts:CallerAccount": OWN}}), '?'),
        // A bound beside what is wide stays a bound, and a wide one beside a bound adds nobody.
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": OWN}, "StringLike": {"aws:PrincipalArn": "*"}}), 'n'),
        everyone(
            json!({"StringLike": {"aws:PrincipalAccount": "*"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            'y',
        ),
        everyone(json!({"StringLike": {"aws:PrincipalAccount": ["111122223333", "9*"]}}), 'y'),
        everyone(json!({"ForAnyValue:StringLike": {"aws:PrincipalAccount": "????????????"}}), 'y'),
        everyone(json!({"ForAnyValue:StringNotEquals": {"aws:PrincipalAccount": OWN}}), 'y'),
        everyone(
            json!({"StringEquals": {"aws:PrincipalTag/account": OWN, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            'y',
        ),
        everyone(json!({"Bool": {"aws:ViaAWSService": "true"}}), 'y'),
        everyone(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}}), '?'),
        everyone(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/${aws:PrincipalTag/x}"}}), '?'),
        // A star that stands for itself is in nobody's ARN.
        everyone(json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::${*}:role/x"}}), 'n'),
        (json!({"AWS": ["*", OWN]}), json!({}), 'y'),
        (
            json!({"AWS": ["arn:aws:iam::999999999999:root", OWN]}),
            json!({"StringEquals": {"aws:PrincipalTag/a": "b"}}),
            'y',
        ),
        everyone(json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'n'),
        everyone(json!({"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'n'),
        everyone(json!({"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}}), 'y'),
        everyone(json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), 'y'),
        everyone(json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'y'),
        everyone(json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'y'),
        everyone(json!({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'n'),
        everyone(json!({"Null": {"aws:PrincipalOrgID": "false"}}), 'y'),
        // Beside a key that must be there, what would hold without it narrows.
        everyone(
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}, "Null": {"aws:PrincipalOrgID": "false"}}),
            'n',
        ),
        everyone(
            json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}, "Null": {"aws:PrincipalOrgPaths": false}}),
            'n',
        ),
        everyone(
            json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-zzzzzzzzzz/*"}, "Null": {"aws:PrincipalOrgPaths": false}}),
            'y',
        ),
        everyone(
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}, "Null": {"aws:PrincipalOrgID": "true"}}),
            'y',
        ),
        everyone(
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}, "Null": {"aws:PrincipalAccount": "false"}}),
            'y',
        ),
        everyone(
            json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}, "Null": {"aws:PrincipalOrgID": "false"}}),
            'y',
        ),
        (json!({"AWS": OUTSIDE}), json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'n'),
        (json!({"AWS": OUTSIDE}), json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}), 'y'),
    ]);
}

// A13
#[test]
fn organisation_paths() {
    let paths = |operator: &str, value: &str| json!({operator: {"aws:PrincipalOrgPaths": value}});
    table(&[
        everyone(paths("ForAnyValue:StringLike", "o-abcdefghij/*"), 'n'),
        everyone(paths("ForAnyValue:StringLike", "o-abcdefghij/r-ab12/ou-ab12-11111111/*"), 'n'),
        everyone(paths("ForAnyValue:StringEquals", "o-abcdefghij/r-ab12/ou-ab12-11111111/"), 'n'),
        everyone(paths("StringLike", "o-abcdefghij/*"), 'n'),
        // Another organisation's id may begin with ours.
        everyone(paths("ForAnyValue:StringLike", "o-abcdefghij*"), 'y'),
        everyone(paths("ForAnyValue:StringLike", "o-*/r-ab12/*"), 'y'),
        everyone(paths("ForAnyValue:StringLike", "o-zzzzzzzzzz/*"), 'y'),
        everyone(paths("ForAllValues:StringLike", "o-abcdefghij/*"), 'y'),
        everyone(paths("ForAnyValue:StringLikeIfExists", "o-abcdefghij/*"), '?'),
        everyone(paths("StringLikeIfExists", "o-abcdefghij/*"), 'y'),
        everyone(paths("ForAnyValue:StringNotLike", "o-zzzzzzzzzz/*"), 'y'),
    ]);
}

#[test]
fn variables_in_older_policies_are_not_understood() {
    for (version, expected) in [(json!("2012-10-17"), 'n'), (json!("2008-10-17"), '?'), (Value::Null, '?')] {
        let mut document =
            policy(&[allow(&json!("*"), &json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}))]);
        if version.is_null() {
            document.as_object_mut().unwrap().remove("Version");
        } else {
            document["Version"] = version.clone();
        }
        let answer = outside(&document);
        assert_eq!(letter(&answer), expected, "{version} {answer:?}");
    }
}

#[test]
fn what_is_not_understood_is_said_in_its_own_words() {
    let answer = outside(&policy(&[allow(&json!("*"), &json!({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}))]));
    let Answer::Undetermined(why) = answer else { panic!("{answer:?}") };
    assert!(why.contains("StringEquals aws:sourcevpce \"vpce-1a2b3c4d\""), "{why}");
    for key in
        ["aws:SourceVpc", "aws:VpceAccount", "s3:DataAccessPointAccount", "kms:RecipientAttestation:PCR0", "new:Key"]
    {
        table(&[everyone(json!({"StringEquals": {key: "x"}}), '?')]);
    }
}

#[test]
fn statements_that_can_never_apply() {
    let past = json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}});
    table(&[
        everyone(past, 'n'),
        everyone(json!({"DateLessThan": {"aws:CurrentTime": "2040-01-01T00:00:00Z"}}), 'y'),
        everyone(json!({"NumericLessThan": {"aws:EpochTime": "1500000000"}}), 'n'),
        everyone(json!({"DateGreaterThan": {"aws:CurrentTime": "2040-01-01"}}), 'y'),
        everyone(json!({"DateLessThan": {"aws:CurrentTime": "soon"}}), '?'),
        // What AWS makes of no value at all is not documented, whatever the key.
        everyone(json!({"DateLessThan": {"aws:CurrentTime": []}}), '?'),
        everyone(json!({"NumericLessThanEquals": {"aws:EpochTime": []}}), '?'),
        everyone(json!({"DateGreaterThan": {"aws:CurrentTime": []}}), '?'),
        everyone(json!({"StringEquals": {"aws:PrincipalAccount": []}}), '?'),
        everyone(json!({"Null": {"sts:ExternalId": "true"}, "StringEquals": {"sts:ExternalId": "x"}}), 'n'),
        (json!({"AWS": OUTSIDE}), json!({"StringEquals": {"aws:PrincipalAccount": "888888888888"}}), 'n'),
        (json!({"AWS": OUTSIDE}), json!({"StringEquals": {"aws:PrincipalAccount": OUTSIDE}}), 'y'),
    ]);
    let none = json!({"Effect": "Allow", "Action": [], "Resource": "*", "Principal": "*"});
    assert_eq!(letter(&outside(&policy(&[none]))), 'n');
    let beside = json!({"Effect": "Allow", "Action": ["sts:TagSession"], "Principal": "*"});
    assert_eq!(letter(&outside(&policy(&[beside]))), 'n');
}

#[test]
fn everyone_except_some() {
    let except = |conditions: Value| json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "NotPrincipal": {"AWS": OUTSIDE}, "Condition": conditions});
    for (conditions, expected) in [
        (json!({}), 'y'),
        (json!({"StringEquals": {"aws:PrincipalAccount": OWN}}), 'n'),
        (json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}}), '?'),
    ] {
        let answer = outside(&policy(&[except(conditions.clone())]));
        assert_eq!(letter(&answer), expected, "{conditions} {answer:?}");
    }
}

// A13
#[test]
fn what_denies_is_weighed() {
    let deny = |principal: Value, conditions: Value| json!({"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Principal": principal, "Condition": conditions});
    let perimeter = json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}});
    let rows = [
        (json!({"AWS": OUTSIDE}), deny(json!("*"), json!({})), 'n'),
        (json!({"AWS": OUTSIDE}), deny(json!("*"), perimeter.clone()), 'n'),
        // Services remain, on whosever behalf.
        (json!("*"), deny(json!("*"), perimeter), '?'),
        (json!("*"), deny(json!("*"), json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})), 'n'),
        (json!("*"), deny(json!("*"), json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}})), 'y'),
        (
            json!("*"),
            deny(json!({"AWS": "*"}), json!({"StringNotEquals": {"aws:PrincipalAccount": [OWN, "444455556666"]}})),
            'n',
        ),
        (
            json!("*"),
            deny(json!("*"), json!({"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:*"}})),
            'n',
        ),
        (
            json!("*"),
            deny(json!("*"), json!({"StringNotLike": {"aws:PrincipalArn": "arn:*:iam::111122223333:*"}})),
            'y',
        ),
        (json!("*"), deny(json!("*"), json!({"ArnNotLike": {"aws:PrincipalArn": "arn:*:iam::111122223333:*"}})), 'n'),
        // Without the key, ForAnyValue does not hold: who has none keeps it.
        (
            json!("*"),
            deny(json!("*"), json!({"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}})),
            'y',
        ),
        (
            json!("*"),
            deny(json!("*"), json!({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}})),
            'n',
        ),
        // For a key with several values, an operator without set qualifier is not documented.
        (json!("*"), deny(json!("*"), json!({"StringNotLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}})), '?'),
        // What anybody gets around takes nothing back.
        (json!("*"), deny(json!("*"), json!({"Bool": {"aws:SecureTransport": "false"}})), 'y'),
        (json!("*"), deny(json!("*"), json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})), 'y'),
        (
            json!("*"),
            deny(json!("*"), json!({"StringNotEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})),
            'y',
        ),
        (
            json!("*"),
            deny(
                json!("*"),
                json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}, "Bool": {"aws:SecureTransport": "false"}}),
            ),
            'y',
        ),
        // Not understood: neither comfort nor a false sentence.
        (json!("*"), deny(json!("*"), json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})), '?'),
        (json!("*"), deny(json!("*"), json!({"SomethingNew": {"aws:PrincipalOrgID": "o-abcdefghij"}})), '?'),
        (json!("*"), deny(json!("*"), json!({"StringNotEquals": {"aws:PrincipalOrgID": []}})), '?'),
        (
            json!("*"),
            deny(json!("*"), json!({"StringNotEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-ZZZZZZZZZZ"}})),
            'y',
        ),
        (json!("*"), deny(json!("*"), json!({"StringEquals": {"aws:ResourceAccount": OWN}})), '?'),
        (json!("*"), deny(json!("*"), json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}})), '?'),
        // Others are denied.
        (json!({"AWS": OUTSIDE}), deny(json!({"AWS": "888888888888"}), json!({})), 'y'),
        (json!({"AWS": OUTSIDE}), deny(json!({"AWS": OUTSIDE}), json!({})), 'n'),
        (json!({"AWS": "arn:aws:iam::999999999999:role/x"}), deny(json!({"AWS": OUTSIDE}), json!({})), '?'),
        // One of them: the others of the account keep it.
        (json!({"AWS": OUTSIDE}), deny(json!({"AWS": "arn:aws:iam::999999999999:role/x"}), json!({})), 'y'),
        (json!({"AWS": OUTSIDE}), deny(json!({"AWS": ["arn:aws:iam::999999999999:role/x", OUTSIDE]}), json!({})), 'n'),
        (json!({"AWS": OUTSIDE}), deny(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": OUTSIDE}})), 'n'),
        (
            json!({"AWS": OUTSIDE}),
            deny(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": "888888888888"}})),
            'y',
        ),
        (json!("*"), deny(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": OUTSIDE}})), 'y'),
    ];
    for (principal, denial, expected) in &rows {
        let answer = outside(&policy(&[denial.clone(), allow(principal, &json!({}))]));
        assert_eq!(letter(&answer), *expected, "{principal} {denial} {answer:?}");
    }
    let spared =
        |spared: Value| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": spared}});
    for (principal, spares, expected) in [
        (json!("*"), json!(OWN), 'n'),
        (json!("*"), json!([OWN, OUTSIDE]), 'y'),
        (json!({"AWS": OUTSIDE}), json!(OWN), 'n'),
        (json!({"AWS": OUTSIDE}), json!(OUTSIDE), '?'),
        (json!({"AWS": OUTSIDE}), json!("arn:aws:iam::999999999999:role/x"), '?'),
    ] {
        let answer = outside(&policy(&[allow(&principal, &json!({})), spared(spares.clone())]));
        assert_eq!(letter(&answer), expected, "{principal} {spares} {answer:?}");
    }
}

#[test]
fn a_denial_counts_only_for_what_it_covers() {
    let given = |actions: Value, resources: Value| json!({"Effect": "Allow", "Action": actions, "Resource": resources, "Principal": {"AWS": OUTSIDE}});
    let deny = |key: &str, actions: Value, resource: &str| json!({"Effect": "Deny", key: actions, "Resource": resource, "Principal": "*"});
    for (allowed, denials, expected) in [
        (given(json!("kms:Decrypt"), json!("*")), vec![deny("Action", json!("kms:*"), "*")], 'n'),
        (given(json!("kms:D*"), json!("*")), vec![deny("Action", json!("kms:De*"), "*")], 'y'),
        (given(json!("kms:De*"), json!("*")), vec![deny("Action", json!("kms:D?*"), "*")], 'n'),
        (given(json!("kms:*"), json!("*")), vec![deny("Action", json!("kms:Decrypt"), "*")], 'y'),
        (given(json!("kms:*"), json!("*")), vec![deny("NotAction", json!("iam:*"), "*")], 'n'),
        (given(json!("kms:*"), json!("*")), vec![deny("NotAction", json!("kms:Decrypt"), "*")], 'y'),
        (
            given(json!("s3:GetObject"), json!("arn:aws:s3:::a/*")),
            vec![deny("Action", json!("s3:*"), "arn:aws:s3:::a/*")],
            'n',
        ),
        (
            given(json!("s3:GetObject"), json!("arn:aws:s3:::a/*")),
            vec![deny("Action", json!("s3:*"), "arn:aws:s3:::a/b/*")],
            'y',
        ),
        // Two that only together take all back.
        (
            given(json!(["kms:Sign", "kms:Decrypt"]), json!("*")),
            vec![deny("Action", json!("kms:Sign"), "*"), deny("Action", json!("kms:Decrypt"), "*")],
            '?',
        ),
    ] {
        let mut statements = denials.clone();
        statements.push(allowed.clone());
        let answer = outside(&policy(&statements));
        assert_eq!(letter(&answer), expected, "{allowed} {denials:?} {answer:?}");
    }
}

#[test]
fn an_external_id_must_be_exact() {
    let demands = |conditions: Value| {
        let document =
            PolicyDocument::parse(&policy(&[allow(&json!({"AWS": OUTSIDE}), &conditions)]).to_string()).unwrap();
        document.statements[0].lets_in.as_ref().unwrap()[0].external_id
    };
    assert!(demands(json!({"StringEquals": {"sts:ExternalId": "4711"}})));
    assert!(demands(json!({"StringLike": {"sts:ExternalId": "4711"}})));
    for conditions in [
        json!({}),
        json!({"StringLike": {"sts:ExternalId": "47*"}}),
        json!({"StringEquals": {"sts:ExternalId": ""}}),
        json!({"StringEquals": {"sts:ExternalId": []}}),
        json!({"StringEqualsIfExists": {"sts:ExternalId": "4711"}}),
        json!({"ForAllValues:StringEquals": {"sts:ExternalId": "4711"}}),
        json!({"StringNotEquals": {"sts:ExternalId": "4711"}}),
        json!({"StringEquals": {"sts:ExternalId": "${aws:PrincipalAccount}"}}),
    ] {
        assert!(!demands(conditions.clone()), "{conditions}");
    }
}

/// `aws:PrincipalIsAWSService` comes with every request that is signed, and with no other one: without `IfExists` a denial that asks for it
/// spares guests, and its words say so. KMS has none.
#[test]
fn a_denial_that_asks_whether_a_service_comes_spares_who_does_not_sign() {
    let of = |action: &str, operator: &str| {
        let mut statements = vec![allow(&json!("*"), &json!({}))];
        let condition = json!({operator: {"aws:PrincipalIsAWSService": "false"}});
        statements.push(json!({"Effect": "Deny", "Resource": "*", "Principal": "*", "Condition": condition}));
        for statement in &mut statements {
            statement["Action"] = action.into();
        }
        outside(&policy(&statements))
    };
    let Answer::Yes(words) = of("s3:GetObject", "Bool") else { panic!("{:?}", of("s3:GetObject", "Bool")) };
    assert!(words.contains("callers who do not sign"), "{words}");
    assert!(matches!(of("s3:GetObject", "BoolIfExists"), Answer::Undetermined(_)), "services remain");
    for operator in ["Bool", "BoolIfExists"] {
        let answer = of("kms:Decrypt", operator);
        assert!(matches!(answer, Answer::Undetermined(_)), "{operator} {answer:?}");
    }
}

/// A text that is compared as it stands: a star in it is a star, which is in nobody's ARN.
#[test]
fn a_star_that_is_compared_as_it_stands_lets_in_nobody() {
    let rows = [
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/signer", 'n'),
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::999999999999*:role/signer", 'n'),
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam:::role/signer", 'n'),
        ("StringEqualsIgnoreCase", "aws:PrincipalArn", "arn:aws:iam::*:role/signer", 'n'),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/signer", 'y'),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/signer", 'y'),
        // Whose name has a star is still of that account.
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::999999999999:role/*", 'y'),
        ("StringEquals", "aws:PrincipalAccount", "*", 'n'),
        ("StringEquals", "aws:PrincipalOrgID", "o-*", 'n'),
    ];
    for (operator, key, value, expected) in rows {
        let answer = outside(&policy(&[allow(&json!("*"), &json!({operator: {key: value}}))]));
        assert_eq!(letter(&answer), expected, "{operator} {key} {value} {answer:?}");
        if expected == 'n' {
            let Answer::No(words) = &answer else { continue };
            assert!(words.contains("holds for nobody") && !words.contains("whoever"), "{words}");
        }
    }
    let token = |operator: &str, subject: &str| {
        let github = "token.actions.githubusercontent.com";
        let provider = format!("arn:aws:iam::{OWN}:oidc-provider/{github}");
        let condition = json!({operator: {format!("{github}:sub"): subject}});
        let mut statement = allow(&json!({"Federated": provider}), &condition);
        statement["Action"] = "sts:AssumeRoleWithWebIdentity".into();
        letter(&outside(&policy(&[statement])))
    };
    assert_eq!(token("StringEquals", "repo:*/app:ref:refs/heads/main"), 'n');
    assert_eq!(token("StringLike", "repo:*/app:ref:refs/heads/main"), 'y');
    assert_eq!(token("StringEquals", "repo:elsewhere/app:ref:refs/heads/*"), 'y', "whose it would be is said");
    let service = |value: &str| {
        let condition = json!({"StringEquals": {"aws:SourceArn": value}});
        outside(&policy(&[allow(&json!({"Service": "s3.amazonaws.com"}), &condition)]))
    };
    assert_eq!(letter(&service("arn:aws:s3:::*")), 'n');
    assert_eq!(letter(&service("arn:aws:s3:::theirs")), 'y', "whose bucket of that name it is may change");
    // The ARN of a group of logs does end in a star.
    assert_eq!(letter(&service("arn:aws:logs:eu-west-1:999999999999:log-group:x:*")), 'y');
}
