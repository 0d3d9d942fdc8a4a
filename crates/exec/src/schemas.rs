//! The JSON Schemas of the protocol, from its types.

use schemars::schema_for;
use serde_json::Value;

use crate::protocol::{Answer, Request};

/// What is asked and what is answered, as JSON Schemas of one line each.
#[must_use]
pub fn schemas() -> [(&'static str, Value); 2] {
    [("request", schema_for!(Request).to_value()), ("answer", schema_for!(Answer).to_value())]
}
