//! Tests of the declaration through the crate's public functions, in one program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a fixture that cannot be read fails its test"
)]

mod catalogue;
mod common;
mod diagnostics;
mod mutated;
mod northbank;
mod operated;
mod parameters;
mod person;
mod places;
mod plan;
mod references;
mod registers;
mod schema;
mod seen;
mod specification;
mod systems;
mod templates;
mod things;
