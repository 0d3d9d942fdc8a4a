//! The procedures of `docs/auditor-guide.md`, run out of the document itself: they accept good bundles, refuse what their
//! table says they refuse, and overlook what it says they overlook.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use bundle::layout::Entry;
use bundle::read::{Source as _, TarSource};
use bundle::trust::{Range, Trust};
use model::record::Override;
use model::{Digest, RecordType};
use serde_json::{Value, json};
use sign::Ed25519Signer;
use workspace_tests::desk::Desk;
use workspace_tests::sealed::{Book, Files, Story, tar};

/// A fenced block of the guide: how it is run, and its text.
struct Procedure {
    language: String,
    text: String,
}

fn procedures() -> BTreeMap<String, Procedure> {
    let guide = fs::read_to_string(workspace_tests::root().join("docs/auditor-guide.md")).unwrap();
    let mut found = BTreeMap::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        let Some((language, name)) = line.strip_prefix("```").and_then(|tag| tag.split_once(" procedure=")) else {
            continue;
        };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let procedure = Procedure { language: language.to_owned(), text: text.join("\n") };
        assert!(found.insert(name.to_owned(), procedure).is_none(), "`{name}` is a duplicate");
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), ["approvals", "cosign", "openssl", "prepare", "python"]);
    found
}

impl Procedure {
    fn run(&self, folder: &Path) -> Output {
        let (program, argument) = match self.language.as_str() {
            "sh" => ("sh", "-c"),
            "python" => ("python3", "-c"),
            other => panic!("the guide has a procedure in `{other}`"),
        };
        let cosign = std::env::var_os("WITNESSMARK_TEST_COSIGN")
            .expect("this test needs cosign 3.1.3: `scripts/test` installs it and sets WITNESSMARK_TEST_COSIGN");
        let mut path = vec![Path::new(&cosign).parent().unwrap().to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        Command::new(program)
            .args([argument, &self.text])
            .current_dir(folder)
            .env("PATH", std::env::join_paths(path).unwrap())
            // Nothing of the user's own configuration, and no network to fall back to.
            .env("HOME", folder)
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .output()
            .unwrap_or_else(|error| panic!("this test needs `{program}`: {error}"))
    }
}

/// Lays out what an auditor has, follows the guide, and says which procedures accept.
fn follow(book: &Book, files: &Files) -> BTreeMap<String, (bool, String)> {
    follow_with(&book.trust(), files)
}

fn follow_with(trust: &Trust, files: &Files) -> BTreeMap<String, (bool, String)> {
    let mut outcomes = BTreeMap::new();
    let procedures = procedures();
    for (name, procedure) in &procedures {
        if ["prepare", "approvals"].contains(&name.as_str()) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bundle.tar"), tar(files)).unwrap();
        fs::write(folder.path().join("trust.json"), trust.render().unwrap()).unwrap();
        let prepared = procedures["prepare"].run(folder.path());
        assert!(prepared.status.success(), "{prepared:?}");
        let output = procedure.run(folder.path());
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        outcomes.insert(name.clone(), (output.status.success(), said));
    }
    outcomes
}

#[track_caller]
fn expect(book: &Book, files: &Files, what: &str, accepting: &[&str]) {
    for (name, (accepts, said)) in follow(book, files) {
        assert_eq!(accepts, accepting.contains(&name.as_str()), "{what}, {name}: {said}");
    }
}

const ALL: &[&str] = &["cosign", "openssl", "python"];

fn altered(files: &Files, entry: &Entry, change: impl FnOnce(&mut String)) -> Files {
    let mut files = files.clone();
    let mut text = String::from_utf8(files[entry].clone()).unwrap();
    change(&mut text);
    files.insert(entry.clone(), text.into_bytes());
    files
}

/// As it lies in a store: the statement's frame, and the frame of the rest.
fn packed(tar: &[u8]) -> Vec<u8> {
    let (front, rest) = tar.split_at(4096);
    let pack = |bytes: &[u8]| {
        let mut packer = agent::seal::pack::packer(Vec::new()).unwrap();
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    [pack(front), pack(rest)].concat()
}

#[test]
fn a_bundle_out_of_a_store_is_unpacked_first() {
    let book = Book::of(1);
    let procedures = procedures();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let plain = tar(&book.exported(0));
    fs::write(file("bundle.tar.zst"), packed(&plain)).unwrap();
    fs::write(file("trust.json"), book.trust().render().unwrap()).unwrap();
    let prepared = procedures["prepare"].run(folder.path());
    assert!(prepared.status.success(), "this test needs `zstd`: {prepared:?}");
    assert!(fs::read(file("bundle.tar")).unwrap() == plain);
    let output = procedures["openssl"].run(folder.path());
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn good_bundles_are_accepted() {
    let book = Book::of(4);
    for index in [0, 1, 2] {
        expect(&book, &book.exported(index), "good", ALL);
    }
    let mut with_ledger = book.exported(3);
    with_ledger.extend(book.ledger_files());
    expect(&book, &with_ledger, "with its ledger", ALL);
}

/// What is no evidence is no bundle to accept in silence. cosign looks at signatures alone, and the guide says so.
#[test]
fn rehearsals_and_failed_runs_are_refused_where_the_guide_says_so() {
    let mut book = Book::of(1);
    book.seal(Story::usual(1).rehearsed(&[Override::Replay]));
    book.seal(Story::usual(2).rehearsed(&[Override::Clock, Override::Endpoint]));
    book.seal(Story::usual(3).failed());
    book.seal(Story::usual(4).rehearsed(&[Override::Target]));
    for (index, what) in [(1, "a rehearsal"), (2, "for two reasons"), (3, "a failed run"), (4, "of some targets")] {
        expect(&book, &book.exported(index), what, &["cosign"]);
    }
    let redacted = book.redacted(1, |_, kind, _| kind == RecordType::Finding);
    expect(&book, &redacted, "a redacted rehearsal", &[]);
}

/// With the person's key in the place of the collector's.
#[test]
fn a_persons_record_is_accepted() {
    let mut book = Book::of(1);
    book.seal(Story::recorded(1));
    let mut trust = book.trust();
    trust.keys.reverse();
    let good = book.exported(1);
    let records = altered(&good, &Entry::Records, |text| *text = text.replacen("supports", "contradic", 1));
    for (what, files, accepts) in [("good", &good, true), ("altered", &records, false)] {
        for (name, (accepted, said)) in follow_with(&trust, files) {
            assert_eq!(accepted, accepts, "{what}, {name}: {said}");
        }
    }
}

#[test]
fn approvals_are_checked_without_our_program() {
    let approver = Ed25519Signer::from_seed(&[71; 32]);
    let stranger = Ed25519Signer::from_seed(&[72; 32]);
    let procedures = procedures();
    let check = |story: Story, trusted: &[&Ed25519Signer]| {
        let mut book = Book::of(2);
        book.seal(story);
        let mut trust = book.trust();
        for signer in trusted {
            trust.keys.extend(book.trust_with(signer, Range::from(0)).keys.pop());
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bundle.tar"), tar(&book.exported(2))).unwrap();
        fs::write(folder.path().join("trust.json"), trust.render().unwrap()).unwrap();
        assert!(procedures["prepare"].run(folder.path()).status.success());
        let output = procedures["approvals"].run(folder.path());
        (output.status.success(), format!("{output:?}"))
    };
    let signed = || Story::usual(2).approved(&approver, |_| {});
    let (accepts, said) = check(signed(), &[&stranger, &approver]);
    assert!(accepts && said.contains("Chief Information Security Officer"), "{said}");
    assert!(said.contains("SHOWN: ") && !said.contains("CLAIMED: ") && !said.contains("nobody signed"), "{said}");
    // That nobody signed is no fault of the bundle.
    for (story, trusted, says) in [
        (signed(), &[&stranger][..], "is signed by no key that is trusted to approve"),
        (signed(), &[], "is signed by no key that is trusted to approve"),
        (Story::usual(2).approved(&stranger, |_| {}), &[&approver], "is signed by no key that is trusted to approve"),
        (Story::usual(2), &[&approver], ""),
    ] {
        let (accepts, said) = check(story, trusted);
        assert!(accepts && said.contains(says) && !said.contains("SHOWN: "), "{says}: {said}");
        assert!(
            said.contains("nobody signed whom you trust to approve: every acceptance in it is the custodian's word"),
            "{says}: {said}"
        );
    }
    // Something else stands behind the ids than was approved.
    let text = "package checks.aws_kms.key_rotates # another\n";
    type Change<'c> = (RecordType, usize, &'c dyn Fn(&mut Value), &'c str);
    let changes: [Change<'_>; 4] = [
        (
            RecordType::Host,
            0,
            &|host| host["identities"][0]["found"] = json!("444455556666"),
            "aws-prod is 444455556666, and another was approved",
        ),
        (RecordType::Host, 0, &|host| host["identities"] = json!([]), "the run did not find out what aws-prod is"),
        (
            RecordType::Check,
            0,
            &|check| (check["text"], check["sha256"]) = (json!(text), json!(Digest::of(text.as_bytes()))),
            "the text of aws-kms/key-rotates or of a library is another one",
        ),
        (
            RecordType::Assignment,
            1,
            &|used| used["parameters"] = json!({"max_days": 400}),
            "other parameters: {\\\"max_days\\\":400}",
        ),
    ];
    for (kind, ordinal, change, says) in changes {
        let mut story = signed();
        story.change(kind, ordinal, change);
        let (accepts, said) = check(story, &[&approver]);
        assert!(accepts && said.contains(&format!("CLAIMED: {says}")) && !said.contains("SHOWN: "), "{says}: {said}");
        assert!(!said.contains("nobody signed"), "{says}: {said}");
    }
    let ids = Story::usual(2).approved(&approver, |approval| {
        (approval.witnessmark_acceptance, approval.check) = (1, None);
        approval.targets.clear();
    });
    let (accepts, said) = check(ids, &[&approver]);
    assert!(accepts && said.contains("CLAIMED: it is of a version that names ids only"), "{said}");
}

#[test]
fn redacted_copies_are_accepted_where_the_guide_says_so() {
    let book = Book::of(2);
    let redacted = book.redacted(1, |line, kind, _| !kind.always_disclosed() && line % 2 == 0);
    expect(&book, &redacted, "redacted", &["openssl", "python"]);
    let findings = book.redacted(1, |_, kind, _| kind == RecordType::Finding);
    expect(&book, &findings, "findings redacted", &["openssl", "python"]);
}

/// What `witnessmark redact` writes: of a run and of a person's record, with answers, declared files and findings withheld.
#[test]
fn copies_of_the_command_are_accepted_where_the_guide_says_so() {
    let mut book = Book::of(2);
    book.seal(Story::recorded(2));
    for (index, rules) in [
        (1, "[{subject: k-1, answers: true, reason: r}, {records: [host, declaration], reason: s}]"),
        (1, "[{records: finding, reason: r}]"),
        (2, "[{records: declaration, reference: 'declaration:1', reason: r}]"),
    ] {
        let desk = Desk::bare();
        fs::create_dir(desk.path("keys")).unwrap();
        fs::write(desk.path("b.tar"), tar(&book.exported(index))).unwrap();
        fs::write(desk.path("keys/trust.json"), book.trust().render().unwrap()).unwrap();
        fs::write(desk.path("plan.yaml"), format!("witnessmark_redaction: 1\nwithhold: {rules}\n")).unwrap();
        let done = |arguments: &[&str]| {
            let answer = desk.witnessmark(arguments);
            assert_eq!(answer.code, 0, "{answer:?}");
            answer.stdout
        };
        done(&["keys", "recorder", "--out", "keys/redactor.key.pem"]);
        let public = "keys/redactor.key.pem.pub";
        let trust = done(&["keys", "trust", "--recorder", public, "--holder", "Northbank", "--as", "entity"]);
        fs::write(desk.path("keys/trust.json"), &trust).unwrap();
        done(&["redact", "b.tar", "--plan", "plan.yaml", "--out", "less.tar"]);
        let verified = desk.verify(&["less.tar", "--trust", "keys/trust.json"]);
        assert_eq!(verified.code, 0, "{verified:?}");

        let bytes = fs::read(desk.path("less.tar")).unwrap();
        let mut source = TarSource::new(bytes.as_slice(), "less.tar");
        let mut files = Files::new();
        while let Some(item) = source.next_item().unwrap() {
            let bytes = bundle::read::source::read_all(&mut source, &item).unwrap();
            files.insert(item.entry, bytes);
        }
        let mut trust = book.trust();
        if index == 2 {
            // The person's key stands in the collector's place.
            trust.keys.reverse();
        }
        let good = follow_with(&trust, &files);
        assert!(!good["cosign"].0 && good["openssl"].0 && good["python"].0, "{rules}: {good:?}");
        // Another leaf in the place of a withheld record is found by all.
        let altered = altered(&files, &Entry::Records, |text| {
            let at = text.find("\n~").unwrap() + 2;
            let other = if text[at..].starts_with('a') { "b" } else { "a" };
            text.replace_range(at..=at, other);
        });
        let bad = follow_with(&trust, &altered);
        assert!(bad.values().all(|(accepts, _)| !accepts), "{rules}: {bad:?}");
    }
}

#[test]
fn every_altered_record_is_refused() {
    let book = Book::of(2);
    let good = book.exported(1);
    let text = String::from_utf8(good[&Entry::Records].clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let with = |lines: &[&str]| altered(&good, &Entry::Records, |text| *text = lines.join("\n") + "\n");
    for at in [0, 5, 14, 20, lines.len() - 1] {
        let other = lines[at].replacen("a", "b", 1);
        let mut changed = lines.clone();
        changed[at] = &other;
        expect(&book, &with(&changed), "a changed record", &[]);
        let mut less = lines.clone();
        less.remove(at);
        expect(&book, &with(&less), "a record less", &[]);
        let mut swapped = lines.clone();
        swapped.swap(at, (at + 1) % lines.len());
        expect(&book, &with(&swapped), "records swapped", &[]);
    }
}

#[test]
fn altered_raw_answers_are_refused_by_all_but_cosign() {
    let book = Book::of(2);
    let good = book.exported(1);
    for ordinal in 0..4 {
        let mut files = good.clone();
        *files.get_mut(&Entry::Raw(ordinal)).unwrap().first_mut().unwrap() ^= 1;
        expect(&book, &files, "a raw file altered", &["cosign"]);
        files.get_mut(&Entry::Raw(ordinal)).unwrap().push(b' ');
        expect(&book, &files, "a raw file longer", &["cosign"]);
        files.remove(&Entry::Raw(ordinal));
        expect(&book, &files, "a raw file missing", &["cosign"]);
    }
    let mut files = good;
    files.insert(Entry::Raw(4), b"more".to_vec());
    expect(&book, &files, "a raw file more", &["cosign"]);
}

#[test]
fn statements_and_positions_are_proven_where_the_guide_says_so() {
    let book = Book::of(4);
    let good = book.exported(3);
    let other = book.exported(1);
    let mut files = good.clone();
    files.insert(Entry::Statement, other[&Entry::Statement].clone());
    expect(&book, &files, "the statement of another bundle", &[]);

    let mut sealed = bundle::sigstore::SealedStatement::parse(&good[&Entry::Statement]).unwrap();
    sealed.envelope.signature[7] ^= 1;
    files.insert(Entry::Statement, sealed.render().into_bytes());
    expect(&book, &files, "another signature", &[]);

    let mut sealed = bundle::sigstore::SealedStatement::parse(&good[&Entry::Statement]).unwrap();
    sealed.position.proof.reverse();
    files.insert(Entry::Statement, sealed.render().into_bytes());
    expect(&book, &files, "another proof", &["openssl"]);

    let mut stranger = Book::of(4);
    std::mem::swap(&mut stranger.collector, &mut stranger.recorder);
    expect(&stranger, &good, "an unknown collector", &[]);
    let mut stranger = Book::of(4);
    std::mem::swap(&mut stranger.log, &mut stranger.recorder);
    expect(&stranger, &good, "an unknown ledger", &["openssl"]);

    let leaf = altered(&good, &Entry::Leaves, |text| *text = text.replacen('a', "b", 1));
    expect(&book, &leaf, "another leaf", &[]);
}
