//! An environment like the real one, small enough to see whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use witnessmark_declaration::{CheckCatalogue, CheckMeta, CheckSubject, CollectorInfo, Environment, Loaded, Standard};

pub const NORTHBANK: &str = include_str!("fixtures/northbank.yaml");

pub fn load_one(text: &str) -> Loaded {
    load_files(&[("witnessmark.yaml", text)])
}

pub fn load_files(files: &[(&str, &str)]) -> Loaded {
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    witnessmark_declaration::load("witnessmark.yaml", &|path: &str| {
        files.get(path).cloned().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
    })
}

pub fn environment() -> Environment {
    let mut environment = Environment {
        standards: Standard::shipped().unwrap(),
        now: Some("2026-11-21T10:00:00.000Z".parse().unwrap()),
        ..Environment::default()
    };
    for (name, settings, kinds, rights) in collectors() {
        environment.collectors.insert(
            name.to_owned(),
            CollectorInfo {
                name: name.to_owned(),
                settings,
                kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
                rights: rights.iter().map(|r| (*r).to_owned()).collect(),
            },
        );
    }
    environment.checks = CheckCatalogue { checks: checks().into_iter().map(|c| (c.id.clone(), c)).collect() };
    environment
}

type Described = (&'static str, Value, &'static [&'static str], &'static [&'static str]);

fn collectors() -> Vec<Described> {
    let aws = json!({
        "type": "object",
        "properties": {
            "account": {"type": "string", "pattern": "^[0-9]{12}$"},
            "regions": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "assume_role": {"type": "string"},
            "external_id": {"type": "string"},
            "profile": {"type": "string"},
        },
        "required": ["account"],
        "additionalProperties": false,
    });
    vec![
        ("aws-iam", aws.clone(), &["aws-iam/user", "aws-iam/role"], &["iam:GetAccountAuthorizationDetails"]),
        ("aws-kms", aws, &["aws-kms/key", "aws-kms/alias"], &["kms:ListKeys", "kms:ListGrants"]),
        ("pkcs11", json!({"type": "object", "properties": {"module": {}, "token": {}, "serial": {}}}), &[], &[]),
        (
            "kubernetes-rbac",
            json!({"type": "object", "properties": {"context": {}, "uid": {}, "namespaces": {}, "authorizers": {}}}),
            &[],
            &[],
        ),
        (
            "github",
            json!({"type": "object", "properties": {"organization": {"type": "string"}, "organization_id": {"type": "integer"}}}),
            &[],
            &[],
        ),
    ]
}

fn checks() -> Vec<CheckMeta> {
    let check = |id: &str, kind: &str, parameters: Value| CheckMeta {
        id: id.to_owned(),
        title: format!("title of {id}"),
        collector: id.split('/').next().unwrap().to_owned(),
        subject: CheckSubject::Resource(kind.to_owned()),
        parts: BTreeSet::new(),
        declares: Vec::new(),
        parameters: parameters.as_object().unwrap().clone(),
    };
    vec![
        check(
            "aws-iam/console-users-have-mfa",
            "aws-iam/user",
            json!({"accept": {"type": "array", "items": {"enum": ["hardware", "passkey", "virtual"]}, "minItems": 1, "default": ["hardware", "passkey"], "x-stricter": "fewer"}}),
        ),
        check(
            "aws-kms/key-rotates",
            "aws-kms/key",
            json!({"max_days": {"type": "integer", "minimum": 90, "default": 365, "x-stricter": "lower"}}),
        ),
        check(
            "aws-kms/key-origin-is-declared",
            "aws-kms/key",
            json!({"allowed": {"type": "array", "items": {"type": "string"}}}),
        ),
        check("github/org-requires-2fa", "github/organization", json!({})),
    ]
}
