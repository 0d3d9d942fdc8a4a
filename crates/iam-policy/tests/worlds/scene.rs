#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]
//! Sealed facts of users, groups, roles and keys, as collectors record them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use witnessmark_iam_policy::PolicyDocument;
use witnessmark_iam_policy::access::{Sealed, World};

pub const OWN: &str = "111122223333";
pub const OTHER: &str = "444455556666";

/// A policy as it is sealed: in normal form.
pub fn policy(statements: &Value) -> Value {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    serde_json::to_value(PolicyDocument::parse(&text).unwrap()).unwrap()
}

/// Resources with their gaps.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Of each its kind, its id, its facts, and the parts of it that were not read.
    pub resources: Vec<(String, String, Value, Vec<String>)>,
    /// Accounts.
    pub whole: BTreeSet<String>,
}

impl Scene {
    /// Both accounts were listed to their ends.
    pub fn new() -> Self {
        Self { resources: Vec::new(), whole: [OWN, OTHER].map(str::to_owned).into() }
    }

    /// `kind`: `user`, `group` or `role`, of the account whose number comes with the name: `jane`, `444455556666:jane`.
    pub fn entity(mut self, kind: &str, name: &str, statements: Value, more: Value) -> Self {
        let id = arn(kind, name);
        let mut facts = json!({
            "identity": {"arn": id, "name": id.rsplit('/').next()},
            "inline_policies": [{"name": "own", "document": policy(&statements)}],
            "attached_policies": [],
            "permissions_boundary": {"exists": false},
        });
        if kind == "user" {
            facts["groups"] = json!([]);
        }
        for (part, value) in more.as_object().unwrap() {
            facts[part] = value.clone();
        }
        self.resources.push((format!("aws-iam/{kind}"), id, facts, Vec::new()));
        self
    }

    pub fn managed(mut self, id: &str, statements: Value) -> Self {
        let facts = json!({"document": policy(&statements)});
        self.resources.push(("aws-iam/policy".to_owned(), id.to_owned(), facts, Vec::new()));
        self
    }

    pub fn key(mut self, statements: Value, more: Value) -> Self {
        let mut facts = json!({"policy": policy(&statements), "grants": [], "spec": "SYMMETRIC_DEFAULT"});
        for (part, value) in more.as_object().unwrap() {
            facts[part] = value.clone();
        }
        self.resources.push(("aws-kms/key".to_owned(), KEY.to_owned(), facts, Vec::new()));
        self
    }

    pub fn world(&self) -> World {
        let sealed = self.resources.iter().map(|(kind, id, facts, unread)| Sealed { kind, id, facts, unread });
        World::read(sealed, &self.whole, 1_795_982_400).unwrap()
    }
}

pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub fn arn(kind: &str, name: &str) -> String {
    let (account, name) = name.split_once(':').unwrap_or((OWN, name));
    format!("arn:aws:iam::{account}:{kind}/{name}")
}
