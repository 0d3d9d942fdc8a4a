//! Vectors of the statement file and the signed statement.

use bundle::layout::Entry;
use bundle::sigstore::SealedStatement;
use bundle::statement::pae;
use model::Digest;
use sign::{Ed25519Signer, Signer as _};
use verify::{Class, Level};

use super::gather::{Vectors, book, small};
use crate::sealed::{Book, Files, public, tar};

const AUTHENTIC: Option<Level> = Some(Level::Authenticity);

pub(super) fn add(vectors: &mut Vectors) {
    let good = book(small(2));
    let files = good.exported(2);
    file(vectors, &good, &files);
    statement(vectors, &good, &files);
}

fn file(vectors: &mut Vectors, good: &Book, files: &Files) {
    let sealed = |change: &dyn Fn(&mut SealedStatement)| {
        let mut statement = good.bundles[2].statement.clone();
        change(&mut statement);
        let mut files = files.clone();
        files.insert(Entry::Statement, statement.render().into_bytes());
        tar(&files)
    };
    let spelled = |from: &str, to: &str| {
        let mut files = files.clone();
        let text = String::from_utf8(files[&Entry::Statement].clone()).unwrap();
        assert!(text.contains(from));
        files.insert(Entry::Statement, text.replacen(from, to, 1).into_bytes());
        tar(&files)
    };
    let malformed = Class::Malformed;
    let space = spelled(",\"mediaType\"", ", \"mediaType\"");
    vectors.bad("statement-file", "a space in the statement file", malformed, None, space);
    vectors.bad(
        "media-type",
        "a Sigstore bundle of another version, signed",
        Class::Unsupported,
        None,
        spelled("v0.3+json", "v0.9+json"),
    );
    let mut long = files.clone();
    long.get_mut(&Entry::Statement).unwrap().resize(65_537, b' ');
    vectors.bad("file-size", "a statement file of 65,537 bytes", malformed, None, tar(&long));
    vectors.bad("signature", "another signature", Class::Signature, None, sealed(&|s| s.envelope.signature[9] ^= 1));
    let position = Class::Position;
    let proof = sealed(&|s| s.position.proof[0] = Digest::of(b"other"));
    vectors.bad("inclusion", "another inclusion proof", position, AUTHENTIC, proof);
    vectors.bad("entry-index", "another place", position, AUTHENTIC, sealed(&|s| s.position.index = 1));
    let before = good.bundles[1].statement.position.checkpoint.clone();
    let head = sealed(&|s| s.position.checkpoint.clone_from(&before));
    vectors.bad("head", "the head before", position, AUTHENTIC, head);
    let text = good.bundles[2].statement.position.checkpoint.clone();
    let at = text.len() - 10;
    let other = if &text[at..=at] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &text[..at], &text[at + 1..]);
    let head = sealed(&|s| s.position.checkpoint.clone_from(&forged));
    vectors.bad("head-signature", "a head that the ledger key did not sign", position, AUTHENTIC, head);

    let mut forked = Book::new();
    forked.seal(small(0));
    forked.seal(small(1));
    let mut chain = forked.next_chain();
    chain.prior_root = Digest::of(b"another history");
    forked.seal_at(small(2), chain);
    let about = "another ledger before it than the statement says";
    vectors.bad("prior-root", about, position, AUTHENTIC, tar(&forked.exported(2)));
}

/// The bundle with another text for its statement, signed anew by the collector.
fn resigned(good: &Book, files: &Files, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut sealed = good.bundles[2].statement.clone();
    let text = String::from_utf8(sealed.envelope.statement.clone()).unwrap();
    sealed.envelope.statement = change(text).into_bytes();
    // As the collector's signer would, but for its limit.
    let key = ed25519_dalek::SigningKey::from_bytes(&crate::sealed::COLLECTOR_SEED);
    sealed.envelope.signature = ed25519_dalek::Signer::sign(&key, &pae(&sealed.envelope.statement)).to_bytes();
    with_statement(files, &sealed)
}

/// The same, signed by somebody else.
fn resigned_by(signer: &Ed25519Signer, good: &Book, files: &Files, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut sealed = good.bundles[2].statement.clone();
    let text = String::from_utf8(sealed.envelope.statement.clone()).unwrap();
    sealed.envelope.statement = change(text).into_bytes();
    sealed.envelope.signature = signer.sign(&pae(&sealed.envelope.statement)).unwrap();
    sealed.signer = public(signer);
    with_statement(files, &sealed)
}

fn with_statement(files: &Files, sealed: &SealedStatement) -> Vec<u8> {
    let mut files = files.clone();
    files.insert(Entry::Statement, sealed.render().into_bytes());
    tar(&files)
}

fn statement(vectors: &mut Vectors, good: &Book, files: &Files) {
    let mut bad = |rule, about, class, from: &str, to: &str| {
        let tar = resigned(good, files, |text| {
            assert!(text.contains(from), "`{from}` is not in {text}");
            text.replacen(from, to, 1)
        });
        vectors.bad(rule, about, class, None, tar);
    };
    let malformed = Class::Malformed;
    let unsupported = Class::Unsupported;
    bad(
        "predicate-type",
        "a later type, with members that nobody knows",
        unsupported,
        "bundle:v1\",\"predicate\":{",
        "bundle:v2\",\"predicate\":{\"more\":1,",
    );
    bad("kind", "a kind that nobody knows", unsupported, "\"kind\":\"run\"", "\"kind\":\"plan\"");
    bad("statement-spelling", "a space in the statement", malformed, ",\"subject\"", ", \"subject\"");
    bad(
        "statement-members",
        "a member that the statement does not have",
        malformed,
        "\"kind\":\"run\"",
        "\"kind\":\"run\",\"more\":1",
    );
    bad("statement-names", "an entity without a name", malformed, "Northbank Custody Ltd", "");
    bad("statement-finished", "finished before it started", malformed, "\"finished\":\"2026", "\"finished\":\"2025");
    bad(
        "statement-rehearsal",
        "overrides in another order",
        malformed,
        "\"rehearsal\":[]",
        "\"rehearsal\":[\"replay\",\"clock\"]",
    );
    bad(
        "statement-segments",
        "segments with a hole",
        malformed,
        "{\"t\":\"host\",\"first\":1,",
        "{\"t\":\"host\",\"first\":2,",
    );
    bad(
        "statement-summary",
        "a summary that is not the number of findings",
        malformed,
        "\"conforms\":0",
        "\"conforms\":1",
    );
    bad("statement-index", "another size before it than its index", malformed, "\"prior_size\":2", "\"prior_size\":3");
    bad(
        "statement-every",
        "a run promised every 0 seconds",
        malformed,
        "\"every_seconds\":86400",
        "\"every_seconds\":0",
    );
    let previous = resigned(good, files, |text| {
        let (before, rest) = text.split_once("\"previous_statement\":\"").unwrap();
        let (_, after) = rest.split_once("\",").unwrap();
        format!("{before}{after}")
    });
    vectors.bad("statement-previous", "no statement before it, at index 2", malformed, None, previous);
    let long = resigned(good, files, |text| {
        let more: String = (0..40)
            .map(|_| "{\"t\":\"run\",\"first\":0,\"count\":1,\"count\":1,\"count\":1,\"count\":1,\"count\":1},")
            .collect();
        text.replacen("\"segments\":[", &format!("\"segments\":[{more}"), 1)
    });
    vectors.bad("statement-length", "a statement of more than 4,095 bytes to sign", malformed, None, long);
    let limit = resigned(good, files, |text| {
        text.replacen("\"t\":\"peer\",\"first\":4,\"count\":1", "\"t\":\"peer\",\"first\":4,\"count\":4097", 1)
    });
    vectors.bad("segment-limit", "4,097 peers", malformed, None, limit);
    let run =
        resigned_by(&good.recorder, good, files, |text| text.replacen("\"kind\":\"run\"", "\"kind\":\"record\"", 1));
    vectors.bad("statement-record", "a run that says it is a person's record", malformed, None, run);
}
