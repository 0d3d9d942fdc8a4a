//! What a vector is, and the bundles that vectors start from.

use bundle::statement::Summary;
use model::RecordType;
use serde_json::json;
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
pub(super) struct Vectors(pub(super) Vec<Vector>);

impl Vectors {
    pub(super) fn good(&mut self, name: &'static str, about: &'static str, tar: Vec<u8>) {
        self.0.push(Vector { name, rule: "", about, class: None, level: Some(Level::Position), tar });
    }

    /// Breaks a rule; the file has the rule's name.
    pub(super) fn bad(
        &mut self,
        rule: &'static str,
        about: &'static str,
        class: Class,
        level: Option<Level>,
        tar: Vec<u8>,
    ) {
        self.named(rule, rule, about, class, level, tar);
    }

    /// Breaks a rule that other vectors break too.
    pub(super) fn named(
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
