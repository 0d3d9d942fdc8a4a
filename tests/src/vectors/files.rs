//! Vectors of files: whole bundles, containers, raw files, the ledger's files, redacted copies, demands.

use bundle::layout::Entry;
use model::record::Override;
use model::{Digest, RecordType};
use serde_json::json;
use verify::{Class, Level};

use super::gather::{Vectors, book, small};
use crate::sealed::{Book, Files, Story, tar};

const POSITION: Option<Level> = Some(Level::Position);
const AUTHENTIC: Option<Level> = Some(Level::Authenticity);

pub(super) fn add(vectors: &mut Vectors) {
    let good = book(small(2));
    let (files, older) = (good.exported(2), good.exported(1));
    vectors.good("good-newest", "the newest bundle of its ledger", tar(&files));
    vectors.good("good-older", "with a proof to the newest head", tar(&older));
    vectors.good("good-first", "entry 0, whose proof is empty", tar(&good.exported(0)));
    let since = good.exported_since(1, 1);
    vectors.good("good-since", "with a proof from an earlier head to the newest one", tar(&since));
    vectors.good("good-without-head", "without `ledger/`", tar(&good.files(2)));
    let mut with_ledger = older.clone();
    with_ledger.extend(good.ledger_files());
    vectors.good("good-with-ledger", "with tiles and statements", tar(&with_ledger));
    vectors.good("good-usual", "with a record of every type but `recorded`", tar(&book(Story::usual(2)).exported(2)));
    vectors.good("good-forms", "with every form of endpoint and locator", tar(&book(forms()).exported(2)));
    vectors.good("good-record", "a person's record, with attachments", tar(&book(Story::recorded(2)).exported(2)));
    let mut masked = Story::usual(2);
    super::records::masked(&mut masked);
    vectors.good("good-masked", "with a masked text", tar(&book(masked).exported(2)));
    containers(vectors, &tar(&files));
    contents(vectors, &files, &older);
    ledger(vectors, &files, &older, &with_ledger);
    since_seen(vectors, &good, &since);
    redactions(vectors, &good);
    demands(vectors);
}

/// The examples of the page.
fn forms() -> Story {
    let mut story = Story::usual(2);
    story.change(RecordType::Assignment, 0, |v| v["declared"] = json!({"people": [{"id": "p1"}]}));
    story.change(RecordType::Route, 0, |v| {
        v["endpoints"] = json!(["https://[fd00::1]:6443"]);
        v["proxies"] = json!(["http://proxy.example:3128", "https://proxy.example:443"]);
        v["authorities"] = json!([Digest::of(b"authority")]);
        v["pinned"] = json!([Digest::of(b"authority")]);
    });
    story.change(RecordType::Exchange, 1, |v| {
        v["endpoint"] = json!("local:pkcs11");
        v.as_object_mut().unwrap().remove("peer");
    });
    story.change(RecordType::Resource, 1, |v| {
        v["parts"]["id"] = json!([
            {"exchange": "exchange:0", "syntax": "xml", "path": "/R/Users/member[2]/Arn"},
            {"exchange": "exchange:0", "syntax": "json", "path": "/Content", "decode": ["base64"], "inner": ["csv", "/6"]},
            {"declaration": "declaration:0", "line": 1, "column": 1},
        ]);
    });
    story.change(RecordType::Control, 2, |v| {
        let done = json!([{"on": "2026-01-31", "record": "ROOM-1"}, {"on": "2026-02-28"}]);
        v["task"] = json!({"every": {"months": 1}, "grace_days": 5, "done": done});
    });
    // A server on this machine whose authority is pinned.
    story.change(RecordType::Exchange, 0, |v| v["endpoint"] = json!("https://127.0.0.1:6443"));
    // A list that was cut short is there beside its gap, and what vanished meanwhile is an object and a gap.
    story.change(RecordType::Resource, 1, |v| {
        v["parts"]["rotation"] = v["parts"]["id"].clone();
        v["facts"]["rotation"] = json!([1]);
    });
    story.insert(
        RecordType::Gap,
        0,
        json!({
            "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1",
            "subject": {"kind": "aws-kms/key", "id": "k-1"}, "reason": "vanished", "detail": "NotFoundException",
        }),
    );
    story.metadata.summary.gaps += 1;
    story
}

fn changed(files: &Files, entry: &Entry, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut files = files.clone();
    change(files.get_mut(entry).unwrap());
    tar(&files)
}

fn without(files: &Files, entry: &Entry) -> Vec<u8> {
    let mut files = files.clone();
    files.remove(entry);
    tar(&files)
}

fn with(files: &Files, entry: Entry, bytes: &[u8]) -> Vec<u8> {
    let mut files = files.clone();
    files.insert(entry, bytes.to_vec());
    tar(&files)
}

fn containers(vectors: &mut Vectors, good: &[u8]) {
    let body = good.len() - 1024;
    let appended = |header: &[u8]| [&good[..body], header, &good[body..]].concat();
    let header = |path: &str| bundle::ustar::header(path, 0).unwrap();
    vectors.bad("tar-ends", "the end is missing", Class::MissingPart, POSITION, good[..body - 512].to_vec());
    vectors.bad("tar-end", "a byte after the end", Class::Malformed, None, [good, &b"\0"[..]].concat());
    let mut padding = good.to_vec();
    padding[body - 1] = b'x';
    vectors.bad("tar-padding", "something in the padding", Class::Malformed, None, padding);
    let mut owned = good.to_vec();
    // The owner's last digit, and the sum with it.
    owned[108 + 6] = b'1';
    let sum: u32 = (0..512).map(|at| if (148..156).contains(&at) { 32 } else { u32::from(owned[at]) }).sum();
    owned[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    vectors.bad("tar-header", "a header with an owner", Class::Malformed, None, owned);
    let mut link = header("raw/000/000000001");
    link[156] = b'2';
    let sum: u32 = (0..512).map(|at| if (148..156).contains(&at) { 32 } else { u32::from(link[at]) }).sum();
    link[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    vectors.bad("file-plain", "a symbolic link", Class::Malformed, None, appended(&link));
    vectors.bad("file-order", "a duplicate name", Class::Malformed, None, appended(&header("leaves.txt")));
    vectors.bad("file-name", "a name outside the format", Class::Malformed, None, appended(&header("../evil")));
}

fn contents(vectors: &mut Vectors, files: &Files, older: &Files) {
    let altered = Class::Altered;
    let text = String::from_utf8(files[&Entry::Records].clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let records =
        |lines: Vec<&str>| changed(files, &Entry::Records, |bytes| *bytes = (lines.join("\n") + "\n").into_bytes());
    let mut moved = lines.clone();
    moved.swap(1, 2);
    let flip = |at: usize| changed(files, &Entry::Records, |bytes| bytes[at] ^= 1);
    vectors.bad("leaf", "one letter of a record", altered, None, flip(200));
    vectors.named("leaf-moved", "leaf", "two records changed places", altered, None, records(moved));
    vectors.bad("record-count", "the last record is gone", altered, None, records(lines[..lines.len() - 1].to_vec()));
    let more = records([&lines[..], &lines[..1]].concat());
    vectors.named("record-count-more", "record-count", "a record too many", altered, None, more);
    let unfinished = changed(files, &Entry::Records, |bytes| bytes.truncate(bytes.len() - 1));
    vectors.bad("line-end", "the last line has no line feed", Class::Malformed, None, unfinished);
    let leaves = changed(files, &Entry::Leaves, |b| b[3] = if b[3] == b'0' { b'1' } else { b'0' });
    vectors.bad("leaves-digest", "another leaf hash", altered, None, leaves);
    let missing = without(files, &Entry::Leaves);
    vectors.bad("file-missing", "`leaves.txt` is not there", Class::MissingPart, POSITION, missing);
    let mut unproven = files.clone();
    unproven.remove(&Entry::Leaves);
    let both = changed(&unproven, &Entry::Records, |bytes| bytes[200] ^= 1);
    vectors.bad("false-first", "`leaves.txt` is not there, and a record is altered", altered, None, both);
    let at = lines.iter().position(|line| line.contains("\"t\":\"gap\"")).unwrap();
    let hidden = format!("~{}", ledger::leaf_hash(lines[at].as_bytes()));
    let mut withheld = lines.clone();
    withheld[at] = &hidden;
    vectors.bad("disclosed", "a gap is withheld", Class::Undisclosed, None, records(withheld));
    let raw = Entry::Raw(0);
    vectors.bad("raw-digest", "one bit of an answer", altered, None, changed(files, &raw, |b| b[3] ^= 1));
    vectors.bad("raw-there", "an answer is not there", Class::MissingPart, POSITION, without(files, &raw));
    vectors.bad("raw-named", "an answer that no record names", altered, None, with(files, Entry::Raw(1), b"more"));
    let mixed = with(files, Entry::Statement, &older[&Entry::Statement]);
    vectors.named(
        "leaves-other-statement",
        "leaves-digest",
        "the statement of the bundle before",
        altered,
        None,
        mixed,
    );
}

/// What whoever asked for the export saw before.
fn since_seen(vectors: &mut Vectors, good: &Book, since: &Files) {
    let named = |size: u64, root: Digest, proof: Vec<Digest>| {
        with(since, Entry::Since, bundle::consistency::Since { size, root, proof }.render().as_bytes())
    };
    let other = named(1, Digest::of(b"other"), vec![good.root_at(1), good.root]);
    vectors.bad("since", "an earlier head that the newest one does not continue", Class::Position, AUTHENTIC, other);
    let form = with(since, Entry::Since, b"01 abc\n");
    vectors.bad("since-form", "no size and root", Class::Malformed, AUTHENTIC, form);
    let needless = named(3, good.root, Vec::new());
    vectors.bad("since-needed", "a proof that the newest head continues itself", Class::Malformed, AUTHENTIC, needless);
    let mut alone = since.clone();
    alone.remove(&Entry::Consistency);
    let alone = without(&alone, &Entry::Checkpoint);
    vectors.bad("since-alone", "without the head that it leads to", Class::Malformed, AUTHENTIC, alone);

    let mut two = small(3);
    two.metadata.system = "cold-wallet".into();
    let mut book = book(small(2));
    book.seal(two);
    let mut files = book.exported(1);
    files.extend(book.ledger_files());
    vectors.bad(
        "ledger-system",
        "a bundle of another system in the ledger",
        Class::Contradiction,
        AUTHENTIC,
        tar(&files),
    );

    let plan = Digest::of(b"plan");
    let mut judged = Story::usual(2);
    judged.metadata.plan = Some(plan);
    vectors.good(
        "good-basis",
        "whose statement says with what was judged",
        tar(&self::book(judged.clone()).exported(2)),
    );
    // The digest is taken of what is written, and the line is another one when it is hashed.
    judged.respell(RecordType::Assignment, 0, "365", "366");
    vectors.bad(
        "basis",
        "other parameters than the statement says",
        Class::Contradiction,
        None,
        tar(&self::book(judged).exported(2)),
    );
}

fn ledger(vectors: &mut Vectors, files: &Files, older: &Files, with_ledger: &Files) {
    let position = Class::Position;
    let proof = without(older, &Entry::Consistency);
    vectors.bad("consistency-there", "a newer head without its proof", Class::MissingPart, POSITION, proof);
    let other = with(older, Entry::Consistency, format!("{}\n", Digest::of(b"other")).as_bytes());
    vectors.bad("consistency", "another consistency proof", position, AUTHENTIC, other);
    let form = with(older, Entry::Consistency, b"abc\n");
    vectors.bad("consistency-form", "a proof that is no list of hashes", Class::Malformed, AUTHENTIC, form);
    let needless = with(files, Entry::Consistency, b"");
    vectors.bad("consistency-needed", "a proof that nobody needs", Class::Malformed, AUTHENTIC, needless);
    let before = Book::of(1).checkpoint();
    let stale = with(files, Entry::Checkpoint, before.as_bytes());
    vectors.bad("checkpoint-newer", "a head older than the bundle", position, AUTHENTIC, stale);
    let unsigned = changed(files, &Entry::Checkpoint, |bytes| {
        let at = bytes.len() - 10;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    });
    vectors.bad("checkpoint-signature", "a head that the ledger key did not sign", position, AUTHENTIC, unsigned);

    let tile = with_ledger.keys().find(|entry| matches!(entry, Entry::Tile(_))).unwrap().clone();
    let altered = changed(with_ledger, &tile, |bytes| bytes[0] ^= 1);
    vectors.bad("tile", "another tile", Class::Altered, AUTHENTIC, altered);
    vectors.bad("tile-there", "a tile is not there", Class::MissingPart, POSITION, without(with_ledger, &tile));
    let statement = Entry::LedgerStatement(0);
    let swapped = with(with_ledger, statement, &with_ledger[&Entry::LedgerStatement(1)]);
    vectors.bad("ledger-statement", "another statement at its place", position, AUTHENTIC, swapped);
    let more = with(with_ledger, Entry::LedgerStatement(3), &with_ledger[&Entry::LedgerStatement(2)]);
    vectors.bad("ledger-size", "more statements than entries", Class::Malformed, AUTHENTIC, more);
    let anchor = Entry::Anchor(3, "a".to_owned());
    let anchored = with(files, anchor.clone(), b"anything");
    vectors.bad("anchor", "an anchor that nobody judges", Class::Unsupported, POSITION, anchored);
    let mut both = files.clone();
    both.insert(anchor, b"anything".to_vec());
    let both = changed(&both, &Entry::Raw(0), |b| b[3] ^= 1);
    vectors.named(
        "false-first-anchor",
        "false-first",
        "an anchor that nobody judges, and an altered answer",
        Class::Altered,
        None,
        both,
    );
}

fn redactions(vectors: &mut Vectors, good: &Book) {
    let hide = |_: u64, kind: RecordType, _: &[u8]| matches!(kind, RecordType::Host | RecordType::Finding);
    let redacted = good.redacted(1, hide);
    vectors.good("good-redacted", "two records withheld, signed for", tar(&redacted));
    let silent = without(&redacted, &Entry::Redaction);
    let unsigned = Class::UnsignedRedaction;
    vectors.bad("redaction-signed", "two records withheld, nobody signed for that", unsigned, POSITION, silent);
    let mut stranger = Book::new();
    stranger.recorder = sign::Ed25519Signer::from_seed(&[8; 32]);
    (0..3).for_each(|index| stranger.seal(small(index)));
    let by_stranger = tar(&stranger.redacted(1, hide));
    vectors.named(
        "redaction-stranger",
        "redaction-signed",
        "signed for by a key that is not trusted",
        unsigned,
        POSITION,
        by_stranger,
    );

    let signed = bundle::sigstore::CounterSigned::parse(&redacted[&Entry::Redaction]).unwrap();
    let says = bundle::redact::Redaction::parse(&signed.envelope.statement).unwrap();
    let file = |says: &bundle::redact::Redaction| {
        with(&redacted, Entry::Redaction, good.sign_redaction(says).render().as_bytes())
    };
    let mut forged = signed;
    forged.envelope.signature[9] ^= 1;
    let forged = with(&redacted, Entry::Redaction, forged.render().as_bytes());
    vectors.bad("redaction-signature", "another signature of the redactor", Class::Signature, POSITION, forged);
    let mut other = says.clone();
    other.statement_sha256 = Digest::of(b"another bundle");
    vectors.bad("redaction-bundle", "a redaction of another bundle", Class::Altered, POSITION, file(&other));
    let mut other = says.clone();
    other.records_sha256 = Digest::of(b"other records");
    vectors.bad("redaction-records", "a redaction of other records", Class::Altered, POSITION, file(&other));
    let mut other = says;
    other.withheld[0].reason = "another reason".into();
    let last = other.withheld.last_mut().unwrap();
    last.count = last.last - last.first + 1;
    other.withheld.remove(0);
    vectors.bad("redaction-counts", "fewer records than are withheld", Class::Contradiction, POSITION, file(&other));
    let spelled = changed(&redacted, &Entry::Redaction, |bytes| bytes.push(b' '));
    vectors.bad("redaction-spelling", "a space after the redaction", Class::Malformed, POSITION, spelled);
}

fn demands(vectors: &mut Vectors) {
    let rehearsed = book(small(2).rehearsed(&[Override::Clock, Override::Replay]));
    let rehearsal = tar(&rehearsed.exported(2));
    vectors.bad("rehearsal", "a set clock and recorded answers", Class::Rehearsal, POSITION, rehearsal);
    let mut part = Story::usual(2).rehearsed(&[Override::Target]);
    part.change(RecordType::Route, 0, |v| {
        v["rehearsal"] = json!([
            {"endpoint": "http://localhost:4566", "because": "plain-http"},
            {"endpoint": "https://kms.example", "because": "other-name"},
        ]);
    });
    part.insert(RecordType::Route, 1, json!({"target": "github", "collector": "github"}));
    part.change(RecordType::Exchange, 0, |v| {
        v["endpoint"] = json!("http://localhost:4566");
        v.as_object_mut().unwrap().remove("peer");
    });
    let part = tar(&book(part).exported(2));
    vectors.named("rehearsal-of-some", "rehearsal", "of one of two targets", Class::Rehearsal, POSITION, part);
    let failed = tar(&book(small(2).failed()).exported(2));
    vectors.bad("failed-run", "a run that failed", Class::FailedRun, POSITION, failed);
    let mut collector = Book::new();
    std::mem::swap(&mut collector.collector, &mut collector.recorder);
    collector.seal(small(0));
    let stranger = tar(&collector.exported(0));
    let below = Class::LevelNotReached;
    vectors.bad("signer", "signed by a key that is not trusted for it", below, Some(Level::Integrity), stranger);
    let mut log = Book::new();
    log.log = sign::Ed25519Signer::from_seed(&[9; 32]);
    log.seal(small(0));
    let elsewhere = tar(&log.exported(0));
    vectors.bad("ledger-key", "a head signed by another ledger key", below, AUTHENTIC, elsewhere);
}
