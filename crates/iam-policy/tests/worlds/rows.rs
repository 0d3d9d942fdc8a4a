//! Statements of policies, as rows of tables have them.

use serde_json::{Value, json};

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
