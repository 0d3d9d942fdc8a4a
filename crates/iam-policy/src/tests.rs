use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    ForValues, MalformedPolicy, PolicyDocument, PrincipalForm, action_matches, is_percent_encoded, wildcard_matches,
};

fn parse(value: &Value) -> Result<PolicyDocument, MalformedPolicy> {
    PolicyDocument::parse(&value.to_string())
}

/// The normal form without the source's text, and without what is computed from it.
fn normal(value: &Value) -> Value {
    let mut form = serde_json::to_value(parse(value).unwrap()).unwrap();
    form.as_object_mut().unwrap().remove("text");
    for statement in form["statements"].as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("lets_in");
    }
    form
}

#[test]
fn spellings_of_one_policy_have_one_form() {
    let form = json!({
        "version": "2012-10-17",
        "statements": [{
            "effect": "Allow",
            "actions": ["kms:decrypt"],
            "resources": ["*"],
            "principals": [{"type": "AWS", "form": "account", "value": "111122223333", "account": "111122223333"}],
            "conditions": [{
                "operator": "Bool", "base": "bool", "if_exists": false,
                "key": "aws:multifactorauthpresent", "values": ["true"],
            }],
        }],
    });
    for source in [
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
            "Principal": {"AWS": "111122223333"},
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": true}}}}),
        json!({"Statement": [{
            "Condition": {"Bool": {"AWS:multifactorauthpresent": ["true"]}},
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root"]},
            "Resource": ["*", "*"], "Action": ["KMS:Decrypt"], "Effect": "Allow"}],
            "Version": "2012-10-17"}),
        json!({"version": "2012-10-17", "id": "x", "statement": [{
            "effect": "Allow", "action": ["kms:decrypt", "kms:Decrypt"], "resource": ["*"],
            "principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:root"]},
            "condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}),
    ] {
        assert_eq!(normal(&source), form, "{source}");
    }
}

#[test]
fn negated_forms_stay_apart() {
    let form = normal(&json!({"Statement": {
        "Sid": "", "Effect": "Deny", "NotAction": ["iam:*", "sts:?etSessionToken"], "NotResource": [],
        "NotPrincipal": {"Service": "ec2.amazonaws.com", "Federated": "arn:aws:iam::111122223333:saml-provider/adfs"}}}));
    assert_eq!(
        form,
        json!({"statements": [{
            "sid": "", "effect": "Deny",
            "not_actions": ["iam:*", "sts:?etsessiontoken"],
            "not_resources": [],
            "not_principals": [
                {"type": "Service", "form": "service", "value": "ec2.amazonaws.com"},
                {"type": "Federated", "form": "identity-provider",
                 "value": "arn:aws:iam::111122223333:saml-provider/adfs", "account": "111122223333"},
            ],
            "conditions": [],
        }]})
    );
}

#[test]
fn tells_principals_apart() {
    let one = |principal: Value| {
        let document = parse(&json!({"Statement": {"Effect": "Allow", "Action": "*", "Principal": principal}}));
        let statement = document.unwrap().statements.remove(0);
        let mut principals = statement.principals.unwrap();
        assert_eq!(principals.len(), 1);
        principals.remove(0)
    };
    for (principal, form, account) in [
        (json!("*"), PrincipalForm::Everyone, None),
        (json!({"AWS": "*"}), PrincipalForm::Everyone, None),
        (json!({"AWS": "111122223333"}), PrincipalForm::Account, Some("111122223333")),
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), PrincipalForm::Account, Some("111122223333")),
        (json!({"AWS": "arn:aws:iam::111122223333:user/a/b"}), PrincipalForm::User, Some("111122223333")),
        (json!({"AWS": "arn:aws:iam::111122223333:role/r"}), PrincipalForm::Role, Some("111122223333")),
        (
            json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}),
            PrincipalForm::AssumedRole,
            Some("111122223333"),
        ),
        (
            json!({"AWS": "arn:aws:sts::111122223333:federated-user/f"}),
            PrincipalForm::FederatedUser,
            Some("111122223333"),
        ),
        (json!({"AWS": "AROAEXAMPLEEXAMPLE12"}), PrincipalForm::UniqueId, None),
        (json!({"AWS": "arn:aws:iam::*:root"}), PrincipalForm::Other, None),
        (json!({"AWS": "arn:"}), PrincipalForm::Other, None),
        (json!({"AWS": ""}), PrincipalForm::Other, None),
        (json!({"Federated": "accounts.google.com"}), PrincipalForm::IdentityProvider, None),
        (json!({"CanonicalUser": "79a5"}), PrincipalForm::CanonicalUser, None),
    ] {
        let found = one(principal.clone());
        assert_eq!((found.form, found.account.as_deref()), (form, account), "{principal}");
    }
}

#[test]
fn takes_operators_apart() {
    let document = parse(&json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
        "ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": ["o-1/*"]},
        "forallvalues:stringequals": {"aws:TagKeys": ["b", "a"]},
        "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
        "Null": {"aws:TokenIssueTime": false}}}}))
    .unwrap();
    let conditions: Vec<_> = document.statements[0]
        .conditions
        .iter()
        .map(|c| (c.base.as_str(), c.if_exists, c.for_values, c.key.as_str(), c.values.join(" ")))
        .collect();
    assert_eq!(
        conditions,
        [
            ("stringlike", true, Some(ForValues::Any), "aws:principalorgpaths", "o-1/*".to_owned()),
            ("null", false, None, "aws:tokenissuetime", "false".to_owned()),
            ("numericlessthan", false, None, "aws:multifactorauthage", "3600".to_owned()),
            ("stringequals", false, Some(ForValues::All), "aws:tagkeys", "a b".to_owned()),
        ]
    );
}

#[test]
fn reads_raw_and_percent_encoded_text() {
    let raw = "\n {\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::a%20b\"}]}";
    let encoded: String = raw.bytes().map(|b| format!("%{b:02X}")).collect();
    assert!(is_percent_encoded(&encoded) && !is_percent_encoded(raw));
    let (from_raw, from_encoded) = (PolicyDocument::parse(raw).unwrap(), PolicyDocument::parse(&encoded).unwrap());
    assert_eq!(from_raw, from_encoded);
    assert_eq!(from_raw.text, raw);
    assert_eq!(from_raw.statements[0].resources.as_deref().unwrap(), ["arn:aws:s3:::a%20b"]);
}

#[test]
fn refuses_what_is_ambiguous_or_unknown() {
    for text in [
        "",
        "null",
        "[]",
        "%FF",
        "{}",
        r#"{"Statement":[]} x"#,
        r#"{"Statement":[],"Statement":[]}"#,
        r#"{"Statement":[],"statement":[]}"#,
        r#"{"Statement":[],"Other":1}"#,
        r#"{"Statement":["x"]}"#,
        r#"{"Statement":[[]]}"#,
        r#"{"Version":2012,"Statement":[]}"#,
        r#"{"Statement":{"Action":"*"}}"#,
        r#"{"Statement":{"Effect":"Permit","Action":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":1}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":null}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"*","NotPrincipal":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"111122223333"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":["*"]}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Robot":"*"}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"*","aws":"*"}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Sid":"a","Sid":"b"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":[]}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":"x"}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"IfExists":{"a":"b"}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":null}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":{"b":1}}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"1","A":"2"}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a":"1"},"Bool":{"b":"2"}}}}"#,
    ] {
        assert!(PolicyDocument::parse(text).is_err(), "{text}");
    }
    let error = parse(&json!({"Statement": [{"Effect": "Allow", "Action": "*", "Principal": {"Robot": "r"}}]}));
    assert_eq!(
        error.unwrap_err().to_string(),
        "`Statement[0].Principal.Robot` of the policy document: a type of principal that AWS does not document"
    );
}

#[test]
fn a_deep_document_is_refused() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(PolicyDocument::parse(&deep).is_err());
}

#[test]
fn matches_wildcards() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("?", "", false),
        ("a?c", "abc", true),
        ("a*c*e", "abcde", true),
        ("a*c*e", "abcdef", false),
        ("*b", "ab", true),
        ("*ab", "aab", true),
        ("a**", "a", true),
        ("kms:*", "kms:", true),
        ("K", "k", false),
        ("?", "é", true),
    ] {
        assert_eq!(wildcard_matches(pattern, text), expected, "{pattern} {text}");
    }
    assert!(action_matches("KMS:de*", "kms:Decrypt"));
}

/// The definition, by the rest of the pattern and the rest of the text. Only for short ones.
fn matches_as_defined(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['*', rest @ ..], _) => (0..=text.len()).any(|n| matches_as_defined(rest, &text[n..])),
        (['?', rest @ ..], [_, after @ ..]) => matches_as_defined(rest, after),
        ([p, rest @ ..], [t, after @ ..]) => p == t && matches_as_defined(rest, after),
        (_, []) => false,
    }
}

#[test]
fn not_action_covers_the_rest() {
    let document = parse(&json!({"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}})).unwrap();
    let statement = document.allows().next().unwrap();
    assert!(statement.covers_action("kms:Decrypt") && !statement.covers_action("IAM:CreateUser"));
}

#[test]
fn the_schema_is_closed() {
    let schema = schemars::schema_for!(PolicyDocument).to_value();
    assert_eq!(schema["additionalProperties"], json!(false));
    for definition in ["Statement", "Principal", "Condition"] {
        assert_eq!(schema["$defs"][definition]["additionalProperties"], json!(false));
    }
}

/// A policy in any of the forms AWS accepts, biased towards the documented shape.
fn any_policy() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z*?:]{0,8}", "arn:aws:iam::[0-9]{12}:(root|user/[a-z]{1,3})", "[0-9]{12}"];
    let texts = prop_oneof![
        text.clone().prop_map(Value::from),
        prop::collection::vec(text.clone(), 0..4).prop_map(Value::from),
    ];
    let principal = prop_oneof![
        Just(json!("*")),
        (prop::sample::select(vec!["AWS", "Service", "Federated"]), texts.clone()).prop_map(|(k, v)| json!({k: v})),
    ];
    let action = (prop::sample::select(vec!["Action", "NotAction"]), texts.clone());
    let statement =
        (action, prop::option::of(principal), prop::option::of(texts)).prop_map(|((name, actions), p, r)| {
            let mut statement = json!({"Effect": "Allow", name: actions});
            if let Some(p) = p {
                statement["Principal"] = p;
            }
            if let Some(r) = r {
                statement["Condition"] = json!({"StringLike": {"aws:SourceArn": r}});
            }
            statement
        });
    prop_oneof![
        statement.clone().prop_map(|s| json!({"Statement": s})),
        prop::collection::vec(statement, 0..3).prop_map(|s| json!({"Version": "2012-10-17", "Statement": s})),
    ]
}

/// The shortest matcher that is obviously right, for short texts.
fn matches_slowly(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|n| matches_slowly(rest, &text[n..])),
        [p, rest @ ..] => text.first().is_some_and(|t| *p == '?' || p == t) && matches_slowly(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn wildcards_match_as_defined(pattern in "[ab*?]{0,6}", text in "[ab]{0,6}") {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        prop_assert_eq!(wildcard_matches(&pattern, &text), matches_as_defined(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn never_panics(text in ".{0,200}") {
        let _ = PolicyDocument::parse(&text);
    }

    #[test]
    fn never_panics_on_mutations(policy in any_policy(), at in 0usize..200, byte in any::<u8>()) {
        let mut bytes = policy.to_string().into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        let _ = PolicyDocument::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn encoding_and_lists_change_nothing(policy in any_policy()) {
        let raw = policy.to_string();
        let encoded: String = raw.bytes().map(|b| format!("%{b:02x}")).collect();
        let form = PolicyDocument::parse(&raw).unwrap();
        prop_assert_eq!(&PolicyDocument::parse(&encoded).unwrap(), &form);
        let mut listed = policy;
        let statements = &mut listed["Statement"];
        if !statements.is_array() {
            *statements = json!([statements.clone()]);
        }
        for statement in statements.as_array_mut().unwrap() {
            for name in ["Action", "NotAction"] {
                if let Some(Value::String(one)) = statement.get(name).cloned() {
                    statement[name] = json!([one.to_uppercase(), one]);
                }
            }
        }
        let again = PolicyDocument::parse(&listed.to_string()).unwrap();
        prop_assert_eq!(again.statements, form.statements);
    }

    #[test]
    fn the_form_survives_json(policy in any_policy()) {
        let form = PolicyDocument::parse(&policy.to_string()).unwrap();
        let text = serde_json::to_string(&form).unwrap();
        prop_assert_eq!(serde_json::from_str::<PolicyDocument>(&text).unwrap(), form);
    }

    #[test]
    fn wildcards_agree_with_the_slow_matcher(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(wildcard_matches(&pattern, &text), matches_slowly(&p, &t));
    }
}
