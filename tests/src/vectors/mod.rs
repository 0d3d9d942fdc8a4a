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
mod records;
mod statements;

use bundle::statement::Summary;
use model::{ExitStatus, RecordType};
use serde_json::{Value, json};
use verify::{Class, Level};

use crate::sealed::{Book, Story};

/// A bundle and what a verifier with the trust file beside it must say, requiring L2 and allowing nothing.
#[derive(Debug, Clone)]
pub struct Vector {
    pub name: &'static str,
    /// The label of the rule in `docs/spec/bundle.md` or `ledger.md`; empty for what is accepted.
    pub rule: &'static str,
    /// What is special about it.
    pub about: &'static str,
    /// `None`: accepted.
    pub class: Option<Class>,
    /// How far it holds; `None`: not even its contents.
    pub level: Option<Level>,
    pub tar: Vec<u8>,
}

/// Gathers vectors.
#[derive(Debug, Default)]
struct Vectors(Vec<Vector>);

impl Vectors {
    fn good(&mut self, name: &'static str, about: &'static str, tar: Vec<u8>) {
        self.0.push(Vector { name, rule: "", about, class: None, level: Some(Level::Position), tar });
    }

    /// Breaks a rule; the file has the rule's name.
    fn bad(&mut self, rule: &'static str, about: &'static str, class: Class, level: Option<Level>, tar: Vec<u8>) {
        self.named(rule, rule, about, class, level, tar);
    }

    /// Breaks a rule that other vectors break too.
    fn named(
        &mut self,
        name: &'static str,
        rule: &'static str,
        about: &'static str,
        class: Class,
        level: Option<Level>,
        tar: Vec<u8>,
    ) {
        self.0.push(Vector { name, rule, about, class: Some(class), level, tar });
    }
}

/// Few records of few types, so that the files stay small.
#[must_use]
pub fn small(index: u64) -> Story {
    let mut story = Story::usual(index);
    let keep =
        [RecordType::Run, RecordType::Host, RecordType::Route, RecordType::Peer, RecordType::Gap, RecordType::Finding];
    story.records.retain(|(kind, body)| match kind {
        RecordType::Exchange => body["operation"] == "kms:ListKeys",
        RecordType::Body => body["exchange"] == "exchange:0",
        RecordType::Assignment => body["control"] == "AC-ROT",
        RecordType::Control => body["id"] == "AC-ROT",
        kind => keep.contains(kind),
    });
    story.raw.retain(|ordinal, _| *ordinal == 1);
    let bytes = story.raw.remove(&1).unwrap();
    story.raw.insert(0, bytes);
    story.change(RecordType::Body, 0, |v| v["raw"] = json!(0));
    story.change(RecordType::Gap, 0, |v| v["exchange"] = json!("exchange:0"));
    story.records.retain(|(kind, body)| *kind != RecordType::Finding || body["outcome"] == "undetermined");
    story.change(RecordType::Finding, 0, |v| v["rests_on"] = json!(["gap:0"]));
    story.change(RecordType::Control, 0, |v| {
        v["counts"] = json!({"conforms": 0, "deviates": 0, "undetermined": 1, "not_applicable": 0, "accepted": 0});
    });
    story.metadata.summary = Summary { undetermined: 1, gaps: 1, ..Summary::default() };
    story
}

/// Three bundles, two small ones and the last one as given.
#[must_use]
pub fn book(last: Story) -> Book {
    let mut book = Book::new();
    book.seal(small(0));
    book.seal(small(1));
    book.seal(last);
    book
}

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
