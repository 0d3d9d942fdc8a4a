//! The format's own vectors: small exported bundles, each with the class that a verifier must give. Made by code, kept as
//! files in `tests/vectors/` for whoever writes another verifier; `cargo run -p workspace-tests --example write_vectors` writes
//! them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "what a test is built from stops at the first surprise"
)]

use bundle::layout::Entry;
use bundle::sigstore::SealedStatement;
use bundle::statement::Summary;
use model::record::{Override, RunStatus};
use model::{Digest, ExitStatus, RecordType};
use serde_json::{Value, json};
use verify::{Class, Level};

use crate::sealed::{Book, Files, Story, tar};

/// A bundle and what a verifier with the trust file beside it must say, requiring L2 and allowing nothing.
#[derive(Debug, Clone)]
pub struct Vector {
    pub name: &'static str,
    /// What is special about it.
    pub about: &'static str,
    /// `None`: accepted.
    pub class: Option<Class>,
    /// How far it holds; `None`: not even its contents.
    pub level: Option<Level>,
    pub tar: Vec<u8>,
}

/// Few records of few types, so that the files stay small.
#[must_use]
pub fn small(index: u64) -> Story {
    let mut story = Story::usual(index);
    let keep = [RecordType::Run, RecordType::Host, RecordType::Gap, RecordType::Finding];
    story.records.retain(|(kind, body)| match kind {
        RecordType::Exchange => body["operation"] == "kms:ListKeys",
        RecordType::Body => body["exchange"] == "exchange:0",
        RecordType::Control => body["id"] == "AC-ROT",
        kind => keep.contains(kind),
    });
    story.raw.retain(|ordinal, _| *ordinal == 1);
    let bytes = story.raw.remove(&1).unwrap();
    story.raw.insert(0, bytes);
    story.change(RecordType::Body, 0, |v| v["raw"] = json!(0));
    story.change(RecordType::Gap, 0, |v| v["exchange"] = json!("exchange:0"));
    // Without a chain of certificates: small.
    story.change(RecordType::Exchange, 0, |v| drop(v.as_object_mut().unwrap().remove("peer")));
    story.records.retain(|(kind, body)| *kind != RecordType::Finding || body["outcome"] == "undetermined");
    story.change(RecordType::Finding, 0, |v| v["rests_on"] = json!(["gap:0"]));
    story.change(RecordType::Control, 0, |v| {
        v["counts"] = json!({"conforms": 0, "deviates": 0, "undetermined": 1, "not_applicable": 0, "accepted": 0});
    });
    story.metadata.summary = Summary { undetermined: 1, gaps: 1, ..Summary::default() };
    story
}

/// Three small bundles, the last one as given.
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
    let mut vectors = Vec::new();
    let mut add = |name, about, class: Option<Class>, level, tar: Vec<u8>| {
        vectors.push(Vector { name, about, class, level, tar });
    };
    let good = book(small(2));
    let (files, older) = (good.exported(2), good.exported(1));
    let position = Some(Level::Position);
    add("good-newest", "the newest bundle of its ledger", None, position, tar(&files));
    add("good-older", "with a proof to the newest head", None, position, tar(&older));
    add("good-first", "entry 0, whose proof is empty", None, position, tar(&good.exported(0)));
    add("good-without-head", "without `ledger/`, as it lies in a store", None, position, tar(&good.files(2)));
    let mut with_ledger = older.clone();
    with_ledger.extend(good.ledger_files());
    add("good-with-ledger", "with tiles and statements", None, position, tar(&with_ledger));
    let redacted = good.redacted(1, |_, kind, _| matches!(kind, RecordType::Host | RecordType::Finding));
    add("good-redacted", "two records withheld, signed for", None, position, tar(&redacted));
    let mut silent = redacted;
    silent.remove(&Entry::Redaction);
    add("good-redacted-unsigned", "two records withheld, nobody signed for that", None, position, tar(&silent));

    let lie = |change: &dyn Fn(&mut Story)| {
        let mut story = small(2);
        change(&mut story);
        tar(&book(story).exported(2))
    };
    let rehearsed = book(small(2).rehearsed(&[Override::Clock, Override::Replay]));
    add("rehearsal", "a set clock and recorded answers", Some(Class::Rehearsal), position, tar(&rehearsed.exported(2)));
    let failed = lie(&|story| {
        story.metadata.status = RunStatus::Failed;
        story.change(RecordType::Run, 0, |run| run["status"] = json!("failed"));
    });
    add("failed-run", "a run that failed", Some(Class::FailedRun), position, failed);

    let mut stranger = good_with_strange_collector();
    add(
        "unknown-collector",
        "signed by a key that is not trusted",
        Some(Class::LevelNotReached),
        Some(Level::Integrity),
        stranger.remove(0),
    );
    add(
        "unknown-ledger",
        "a head signed by another ledger key",
        Some(Class::LevelNotReached),
        Some(Level::Authenticity),
        stranger.remove(0),
    );

    let change = |kind: RecordType, change: &dyn Fn(&mut Value)| lie(&|story| story.change(kind, 0, change));
    let contradiction = Some(Class::Contradiction);
    add(
        "lie-run-id",
        "the run's record has another id than the statement",
        contradiction,
        None,
        change(RecordType::Run, &|v| v["id"] = json!("x")),
    );
    add(
        "lie-reference",
        "a finding rests on a record that does not exist",
        contradiction,
        None,
        change(RecordType::Finding, &|v| v["rests_on"] = json!(["gap:1"])),
    );
    add(
        "lie-roll-up",
        "a control that counts otherwise than its findings",
        contradiction,
        None,
        change(RecordType::Finding, &|v| v["outcome"] = json!("conforms")),
    );
    add(
        "lie-plain-http",
        "an answer over plain HTTP in what is no rehearsal",
        contradiction,
        None,
        change(RecordType::Exchange, &|v| v["endpoint"] = json!("http://kms")),
    );
    add(
        "lie-unknown-member",
        "a member that the format does not have",
        Some(Class::Malformed),
        None,
        change(RecordType::Gap, &|v| v["more"] = json!(1)),
    );
    add(
        "later-rules",
        "judged by later rules",
        Some(Class::Unsupported),
        None,
        change(RecordType::Run, &|v| v["assessment"] = json!(2)),
    );

    let altered = |entry: Entry, change: &dyn Fn(&mut Vec<u8>)| {
        let mut files = files.clone();
        change(files.get_mut(&entry).unwrap());
        tar(&files)
    };
    let is_altered = Some(Class::Altered);
    let text = String::from_utf8(files[&Entry::Records].clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let records = |lines: Vec<&str>| altered(Entry::Records, &|bytes| *bytes = (lines.join("\n") + "\n").into_bytes());
    let mut moved = lines.clone();
    moved.swap(1, 2);
    add("altered-record", "one letter of a record", is_altered, None, altered(Entry::Records, &|b| b[200] ^= 1));
    add("moved-record", "two records changed places", is_altered, None, records(moved));
    add("missing-record", "the last record is gone", is_altered, None, records(lines[..lines.len() - 1].to_vec()));
    add("added-record", "a record too many", is_altered, None, records([&lines[..], &lines[..1]].concat()));
    add(
        "altered-leaves",
        "another leaf hash",
        is_altered,
        None,
        altered(Entry::Leaves, &|b| b[3] = if b[3] == b'0' { b'1' } else { b'0' }),
    );
    add("altered-raw", "one bit of an answer", is_altered, None, altered(Entry::Raw(0), &|b| b[3] ^= 1));
    let hidden = text.replace(lines[4], &format!("~{}", ledger::leaf_hash(lines[4].as_bytes())));
    assert!(lines[4].contains("\"t\":\"gap\""));
    add(
        "hidden-gap",
        "a gap withheld",
        Some(Class::Undisclosed),
        None,
        altered(Entry::Records, &|b| *b = hidden.clone().into_bytes()),
    );
    for (name, about, entry, class) in [
        ("missing-raw", "an answer is not there", Entry::Raw(0), Class::MissingPart),
        ("missing-leaves", "`leaves.txt` is not there", Entry::Leaves, Class::MissingPart),
    ] {
        let mut less = files.clone();
        less.remove(&entry);
        add(name, about, Some(class), None, tar(&less));
    }
    let mut more = files.clone();
    more.insert(Entry::Raw(1), b"more".to_vec());
    add("added-raw", "an answer that no record names", is_altered, None, tar(&more));

    add_statements(&good, &files, &older, &mut add);
    add_tars(&tar(&files), &mut add);
    vectors
}

type Add<'a> = &'a mut dyn FnMut(&'static str, &'static str, Option<Class>, Option<Level>, Vec<u8>);

fn add_statements(good: &Book, files: &Files, older: &Files, add: Add<'_>) {
    let sealed = |change: &dyn Fn(&mut SealedStatement)| {
        let mut statement = good.bundles[2].statement.clone();
        change(&mut statement);
        let mut files = files.clone();
        files.insert(Entry::Statement, statement.render().into_bytes());
        tar(&files)
    };
    add("bad-signature", "another signature", Some(Class::Signature), None, sealed(&|s| s.envelope.signature[9] ^= 1));
    add(
        "bad-proof",
        "another inclusion proof",
        Some(Class::Position),
        None,
        sealed(&|s| s.position.proof[0] = Digest::of(b"other")),
    );
    add("bad-index", "another place", Some(Class::Position), None, sealed(&|s| s.position.index = 1));
    let other_head = good.bundles[1].statement.position.checkpoint.clone();
    add(
        "other-head",
        "the head before",
        Some(Class::Position),
        None,
        sealed(&|s| s.position.checkpoint.clone_from(&other_head)),
    );
    let mut mixed = files.clone();
    mixed.insert(Entry::Statement, older[&Entry::Statement].clone());
    add("other-statement", "the statement of the bundle before", Some(Class::Altered), None, tar(&mixed));
    let mut spelled = files.clone();
    let text = String::from_utf8(files[&Entry::Statement].clone()).unwrap();
    spelled.insert(Entry::Statement, text.replacen(",\"mediaType\"", ", \"mediaType\"", 1).into_bytes());
    add("other-spelling", "a space in the statement file", Some(Class::Malformed), None, tar(&spelled));
    let mut no_proof = older.clone();
    no_proof.remove(&Entry::Consistency);
    add("missing-consistency", "a newer head without its proof", Some(Class::MissingPart), None, tar(&no_proof));
    let mut chain = book(small(2)).next_chain();
    (chain.index, chain.prior_size, chain.prior_root) = (2, 2, Digest::of(b"another history"));
    let mut forked = Book::new();
    forked.seal(small(0));
    forked.seal(small(1));
    chain.previous_statement = forked.next_chain().previous_statement;
    forked.seal_at(small(2), chain);
    add(
        "bad-prior-root",
        "another ledger before it than the statement says",
        Some(Class::Position),
        None,
        tar(&forked.exported(2)),
    );
}

fn add_tars(good: &[u8], add: Add<'_>) {
    let malformed = Some(Class::Malformed);
    let body = good.len() - 1024;
    add("cut", "the end is missing", Some(Class::MissingPart), None, good[..body - 512].to_vec());
    add("longer", "a byte after the end", malformed, None, [good, &b"\0"[..]].concat());
    let mut padding = good.to_vec();
    padding[body - 1] = b'x';
    add("padding", "something in the padding", malformed, None, padding);
    let mut link = bundle::ustar::header("raw/000/000000001", 0).unwrap();
    link[156] = b'2';
    // Up by two, from `0` to `2`: so does the sum, whose last octal digit has room for it or not.
    let sum: u32 =
        link.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
    link[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    add("link", "a symbolic link", malformed, None, [&good[..body], &link, &good[body..]].concat());
    let twice = bundle::ustar::header("leaves.txt", 0).unwrap();
    add("twice", "a name that stands twice", malformed, None, [&good[..body], &twice, &good[body..]].concat());
    let foreign = bundle::ustar::header("../evil", 0).unwrap();
    add(
        "foreign-name",
        "a name outside the format",
        malformed,
        None,
        [&good[..body], &foreign, &good[body..]].concat(),
    );
}

/// The same story under other keys: another collector's, another ledger's.
fn good_with_strange_collector() -> Vec<Vec<u8>> {
    let mut collector = Book::new();
    std::mem::swap(&mut collector.collector, &mut collector.recorder);
    let mut log = Book::new();
    log.log = sign::Ed25519Signer::from_seed(&[9; 32]);
    [collector, log]
        .into_iter()
        .map(|mut book| {
            book.seal(small(0));
            tar(&book.exported(0))
        })
        .collect()
}

/// What stands beside the vectors.
pub const README: &str = "# Vectors of the sealed format

Small exported bundles (`*.tar`), the trust file for all of them, and in `expected.json` what a verifier that requires level L2 and allows
neither rehearsals nor failed runs must say of each: the class of `docs/spec/verify-classes.md` (`null`: accepted), the exit code, and the
level to which it holds (`null`: not even its contents). Made by `cargo run -p workspace-tests --example write_vectors` with fixed
keys, times and salts, and held against the verifier by `tests/tests/alone/format_vectors.rs`. The keys are known to everybody.
";

/// The text of `expected.json`.
#[must_use]
pub fn expected(vectors: &[Vector]) -> String {
    let all: Vec<Value> = vectors
        .iter()
        .map(|vector| {
            json!({
                "file": format!("{}.tar", vector.name), "about": vector.about, "class": vector.class,
                "exit": vector.class.map_or(ExitStatus::Success, Class::exit_status), "level": vector.level,
            })
        })
        .collect();
    serde_json::to_string_pretty(&all).unwrap() + "\n"
}
