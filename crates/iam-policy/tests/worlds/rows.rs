//! Statements of policies, and who has them, as rows of tables have them.

use serde_json::{Value, json};

use crate::scene::{Scene, policy};

pub fn allow(action: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": "*"})
}

pub fn deny(action: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*"})
}

pub fn with(mut statement: Value, member: &str, value: Value) -> Value {
    statement[member] = value;
    statement
}

impl Scene {
    pub fn user(self, name: &str, statements: Value) -> Self {
        self.entity("user", name, statements, json!({}))
    }

    pub fn role(self, name: &str, statements: Value, trust: Value) -> Self {
        let trust = policy(&trust);
        self.entity("role", name, statements, json!({"trust_policy": trust}))
    }
}
