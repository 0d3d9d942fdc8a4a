//! The format's own vectors: small exported bundles, each with the class that a verifier must give. Made by code, kept as
//! files in `tests/vectors/` for whoever writes another verifier; `cargo run -p workspace-tests --example write_vectors` writes
//! them. Each breaks one rule of `docs/spec`, which is named by its label there (`[[label]]`), and nothing else; what it takes
//! to reach that rule is signed anew.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "what a test is built from stops at the first surprise"
)]

mod files;
mod gather;
mod records;
mod statements;

use gather::Vectors;
pub use gather::{Vector, book, small};
use model::ExitStatus;
use serde_json::{Value, json};
use verify::Class;

/// All vectors.
#[must_use]
pub fn all() -> Vec<Vector> {
    let mut vectors = Vectors::default();
    files::add(&mut vectors);
    statements::add(&mut vectors);
    records::add(&mut vectors);
    vectors.0
}

/// The labels of rules in a page: `[[label]]`.
#[must_use]
pub fn labels(page: &str) -> Vec<&str> {
    page.split("[[").skip(1).filter_map(|rest| rest.split_once("]]")).map(|(label, _)| label).collect()
}

/// What stands beside the vectors.
pub const README: &str = "# Vectors of the sealed format

Small exported bundles (`*.tar`), the trust file for all of them, and in `expected.json` what a verifier that requires level L2 and allows
neither rehearsals, failed runs nor unsigned redactions must say of each: the class of `docs/spec/verify-classes.md` (`null`: accepted), the exit code, the
level to which it holds (`null`: not even its contents), and the rule that it breaks, by its label in `docs/spec` (`[[label]]` there). It
breaks no other. Made by `cargo run -p workspace-tests --example write_vectors` with fixed keys, times and salts, and held against
the verifier by `tests/tests/alone/format_vectors.rs`. The keys are known to everybody.
";

/// The text of `expected.json`.
#[must_use]
pub fn expected(vectors: &[Vector]) -> String {
    let all: Vec<Value> = vectors
        .iter()
        .map(|vector| {
            json!({
                "file": format!("{}.tar", vector.name), "rule": Some(vector.rule).filter(|rule| !rule.is_empty()),
                "about": vector.about, "class": vector.class, "exit": vector.class.map_or(ExitStatus::Success, Class::exit_status),
                "level": vector.level,
            })
        })
        .collect();
    serde_json::to_string_pretty(&all).unwrap() + "\n"
}
