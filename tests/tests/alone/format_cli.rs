//! `witnessmark-verify` as an auditor meets it: command line, exit codes, what it prints, what it keeps.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bundle::layout::Entry;
use model::record::Override;
use model::{Digest, RecordType};
use serde_json::{Value, json};
use workspace_tests::desk::program;
use workspace_tests::sealed::{Book, Files, Story, tar, unpack};

/// An auditor's desk: a trust file, a bundle, nothing else.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap()
    }
}

impl Desk {
    pub fn new(book: &Book, files: &Files) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(desk.path("trust.json"), book.trust().render().unwrap()).unwrap();
        fs::write(desk.path("b.tar"), tar(files)).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run_with(&self, arguments: &[&str], stdin: &[u8]) -> Answer {
        let mut child = Command::new(program("witnessmark-verify"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may refuse before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        Answer {
            code: output.status.code().unwrap(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with(arguments, b"")
    }

    /// With the trust file, and without keeping the head.
    pub fn with_trust(&self, arguments: &[&str]) -> Answer {
        let answer = self.run(&[arguments, &["--trust", "trust.json"]].concat());
        let _ = fs::remove_file(self.path("trust.json.seen"));
        answer
    }
}

#[test]
fn a_bundle_is_read_from_a_file_a_folder_and_standard_input() {
    let book = Book::of(3);
    let files = book.exported(1);
    let desk = Desk::new(&book, &files);
    fs::create_dir(desk.path("b")).unwrap();
    unpack(&files, &desk.path("b"));

    let file = desk.with_trust(&["b.tar", "--format", "json"]);
    assert_eq!((file.code, file.stderr.as_str()), (0, ""));
    let report = file.json();
    assert_eq!(report["accepted"], json!(true));
    assert_eq!(report["level"], json!("L2"));
    assert_eq!(report["bundle"]["index"], json!(1));
    assert_eq!(report["records"]["gaps"], json!({"denied": 1}));
    let folder = desk.with_trust(&["b", "--format", "json"]);
    let stream = desk.run_with(&["-", "--trust", "trust.json", "--format", "json"], &tar(&files));
    assert_eq!(folder.json(), report);
    assert_eq!(stream.json(), report);
    let named = desk.run(&["verify", "b.tar", "--trust", "trust.json"]);
    assert_eq!(named.code, 0);
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut packer = agent::seal::pack::packer(Vec::new()).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_packed_bundle_is_read_like_a_plain_one() {
    let book = Book::of(3);
    let desk = Desk::new(&book, &book.exported(1));
    let plain = tar(&book.exported(1));
    let report = desk.with_trust(&["b.tar", "--format", "json"]).json();
    let (front, rest) = plain.split_at(4096);
    // What a file is called says nothing.
    for (name, packed) in [("one", zstd(&plain)), ("store", [zstd(front), zstd(rest)].concat()), ("mail", gzip(&plain))]
    {
        fs::write(desk.path(name), &packed).unwrap();
        let file = desk.with_trust(&[name, "--format", "json"]);
        assert_eq!((file.code, file.json()), (0, report.clone()), "{name}");
        let stream = desk.run_with(&["-", "--trust", "trust.json", "--format", "json"], &packed);
        assert_eq!((stream.code, stream.json()), (0, report.clone()), "{name}");
        // Several passes over it.
        let shown = desk.with_trust(&["show", name, "--finding", "0"]);
        assert_eq!((shown.code, shown.text()), (0, desk.with_trust(&["show", "b.tar", "--finding", "0"]).text()));

        fs::write(desk.path("cut"), &packed[..packed.len() / 2]).unwrap();
        let cut = desk.with_trust(&["cut", "--format", "json"]);
        assert_eq!((cut.code, &cut.json()["problems"][0]["class"]), (21, &json!("missing-part")), "{name}");
        fs::write(desk.path("more"), [&packed[..], b"more"].concat()).unwrap();
        let more = desk.with_trust(&["more", "--format", "json"]);
        assert_eq!((more.code, &more.json()["problems"][0]["class"]), (20, &json!("malformed")), "{name}");
    }
}

#[test]
fn what_is_no_bundle_at_all_is_a_wrong_argument() {
    let book = Book::of(1);
    let desk = Desk::new(&book, &book.exported(0));
    fs::write(desk.path("letter"), "Dear auditor").unwrap();
    fs::write(desk.path("letter.zst"), zstd(b"Dear auditor")).unwrap();
    fs::write(desk.path("nothing"), "").unwrap();
    fs::create_dir(desk.path("folder")).unwrap();
    write_ledger(&book, &desk.path("store"));
    for (name, says) in [
        ("letter", "`letter` is not a bundle: it is neither a tar nor a tar packed by zstd or gzip"),
        ("letter.zst", "`letter.zst` is not a bundle: it is packed by zstd, and no tar inside"),
        ("nothing", "`nothing` is not a bundle: it is empty"),
        ("folder", "`folder` is not a bundle: it is a folder without `statement.sigstore.json`"),
        ("store", "`store` is not a bundle but a store of bundles: name one of them, as `store/bundles/0.tar.zst`"),
        ("missing", "cannot open `missing`"),
    ] {
        let answer = desk.with_trust(&[name]);
        assert_eq!((answer.code, answer.text()), (2, ""), "{name}");
        assert!(answer.stderr.contains(says), "{name}: {}", answer.stderr);
    }
    let stream = desk.run_with(&["-", "--trust", "trust.json"], b"Dear auditor");
    assert!(stream.code == 2 && stream.stderr.contains("`-` is not a bundle"), "{}", stream.stderr);
}

/// A few kilobytes that would unpack to a gibibyte end at the bound, in little memory.
#[test]
fn what_is_unpacked_is_bounded() {
    let book = Book::of(1);
    let files = book.exported(0);
    let desk = Desk::new(&book, &files);
    let statement = &files[&Entry::Statement];
    let mut front = bundle::ustar::header("statement.sigstore.json", statement.len() as u64).unwrap().to_vec();
    front.extend_from_slice(statement);
    front.resize(front.len().next_multiple_of(512), 0);
    front.extend_from_slice(&bundle::ustar::header("leaves.txt", 1 << 30).unwrap());
    // RFC 8878 §3.1.1: a frame without checksum and a window of 1 MiB, then blocks of one byte that is repeated 128 KiB.
    let mut large = [0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3].to_vec();
    for _ in 0..(1 << 30) / (128 << 10) {
        large.extend_from_slice(&((128_u32 << 10) << 3 | 1 << 1).to_le_bytes()[..3]);
        large.push(b'0');
    }
    large.extend_from_slice(&[1, 0, 0]);
    let packed = [zstd(&front), large].concat();
    assert!(packed.len() < 64 << 10);
    fs::write(desk.path("large"), packed).unwrap();
    let verify = format!(
        "ulimit -v 262144; exec {} large --trust trust.json --format json --max-unpacked 64M",
        program("witnessmark-verify").display()
    );
    let output = Command::new("sh").args(["-c", &verify]).current_dir(desk.folder.path()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!((output.status.code(), &report["problems"][0]["class"]), (Some(21), &json!("unsupported")));
    let message = report["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("it unpacks to more than 67108864 bytes"), "{message}");
    // The same bound lets a bundle through that is smaller, and says of a smaller bound what it is.
    fs::write(desk.path("b.zst"), zstd(&tar(&files))).unwrap();
    assert_eq!(desk.with_trust(&["b.zst", "--max-unpacked", "64M"]).code, 0);
    assert_eq!(desk.with_trust(&["b.zst", "--max-unpacked", "2K"]).code, 21);
    assert_eq!(desk.with_trust(&["b.zst", "--max-unpacked", "lots"]).code, 2);
}

/// A line just below its bound is read, and one beyond it refused, in the memory of a few such lines.
#[test]
fn the_longest_line_takes_little_memory() {
    let verified = |book: &Book, files: &Files| {
        let desk = Desk::new(book, files);
        let verify = format!(
            "ulimit -v 262144; exec {} b.tar --trust trust.json --format json",
            program("witnessmark-verify").display()
        );
        let output = Command::new("sh").args(["-c", &verify]).current_dir(desk.folder.path()).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), report["problems"].clone())
    };
    let mut story = Story::usual(0);
    story.change(RecordType::Resource, 0, |resource| resource["facts"]["id"] = json!("a".repeat((16 << 20) - 4096)));
    let mut book = Book::new();
    book.seal(story);
    let mut files = book.exported(0);
    assert_eq!(verified(&book, &files), (Some(0), json!([])));
    // No writer of ours makes a longer one. One that was made longer afterwards is another line.
    let records = files.get_mut(&Entry::Records).unwrap();
    let long = records.windows(8).position(|text| text == b"aaaaaaaa").unwrap();
    records.splice(long..long, std::iter::repeat_n(b'a', 8192));
    let (code, problems) = verified(&book, &files);
    assert_eq!((code, &problems[0]["class"]), (Some(20), &json!("altered")));
}

#[test]
fn the_report_says_what_is_proven_and_what_is_not() {
    let book = Book::of(3);
    let desk = Desk::new(&book, &book.exported(1));
    let said = desk.with_trust(&["b.tar"]);
    let text = said.text();
    for part in [
        "Accepted: authentic and complete, to level L2 (position in the ledger)",
        "Northbank Custody Ltd, system hot-wallet",
        "northbank.example/hot-wallet, entry 1",
        "by the custodian's clock",
        "L3  no",
        "L4  no",
        "1 conform, 1 deviate (1 accepted), 1 undetermined, 0 not applicable",
        "1: 1 denied",
        "none of 31 records",
        "1 answer carrying credentials",
        "What still rests on the custodian's word",
        "That the ledger was not rewritten",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(!text.contains('\u{1b}'), "colour without a terminal");

    let redacted = Desk::new(&book, &book.redacted(1, |_, kind, _| kind == RecordType::Resource));
    let said = redacted.with_trust(&["b.tar"]);
    for part in
        ["2 of 31 records: 2 of 2 `resource`", "names of staff", "2 rest on withheld records: finding:0, finding:1"]
    {
        assert!(said.text().contains(part), "`{part}` is not in\n{}", said.text());
    }
}

#[test]
fn every_way_to_end_has_its_code() {
    let mut book = Book::of(2);
    book.seal(Story::usual(2).rehearsed(&[Override::Replay]));
    let desk = Desk::new(&book, &book.exported(2));
    let said = desk.with_trust(&["b.tar"]);
    assert_eq!(said.code, 21);
    assert!(said.text().starts_with("Not accepted (rehearsal)"), "{}", said.text());
    assert_eq!(desk.with_trust(&["b.tar", "--allow-rehearsal"]).code, 0);
    assert_eq!(desk.with_trust(&["b.tar", "--allow-rehearsal", "--require", "L3"]).code, 21);

    let good = tar(&book.exported(1));
    let mut altered = good.clone();
    // Into the last raw file: one block, before the two that end the tar.
    let at = good.len() - 1024 - 512;
    altered[at] ^= 1;
    fs::write(desk.path("altered.tar"), &altered).unwrap();
    fs::write(desk.path("cut.tar"), &good[..good.len() / 2]).unwrap();
    let said = desk.with_trust(&["altered.tar"]);
    assert_eq!(said.code, 20);
    assert!(said.text().starts_with("Not authentic (altered)"), "{}", said.text());
    assert!(said.text().contains("Conclude nothing"), "{}", said.text());
    assert_eq!(desk.with_trust(&["cut.tar"]).code, 21);

    assert_eq!(desk.with_trust(&["nothing.tar"]).code, 2);
    assert_eq!(desk.run(&["b.tar"]).code, 2);
    assert_eq!(desk.run(&["b.tar", "--trust", "b.tar"]).code, 2);
    assert_eq!(desk.with_trust(&["b.tar", "--require", "L9"]).code, 2);
    assert_eq!(desk.run(&[]).code, 2);
    fs::write(desk.path("seen"), "not a head").unwrap();
    assert_eq!(desk.with_trust(&["b.tar", "--last-seen", "seen"]).code, 2);
}

#[test]
fn the_head_seen_last_is_kept_and_held_against_the_next() {
    let book = Book::of(3);
    let desk = Desk::new(&book, &book.exported(1));
    let seen = desk.path("trust.json.seen");
    assert_eq!(desk.run(&["b.tar", "--trust", "trust.json"]).code, 0);
    let kept = fs::read_to_string(&seen).unwrap();
    // What is proven is its own head and the one before; the newest one was only shown.
    let root = |size| book.root_at(size);
    for line in [
        "witnessmark-seen/1\norigin northbank.example/hot-wallet\nentity Northbank Custody Ltd\nsystem hot-wallet\n",
        &format!("\nhead 1 {} ", root(1)),
        &format!("\nhead 2 {} ", root(2)),
        &format!("\nshown 3 {}\n", root(3)),
    ] {
        assert!(kept.contains(line), "`{line}` is not in {kept}");
    }

    // A bundle before it, which is proven by its head, and one after it that names it as its past.
    fs::write(desk.path("b.tar"), tar(&Book::of(2).exported(0))).unwrap();
    assert_eq!(desk.run(&["b.tar", "--trust", "trust.json"]).code, 0);
    fs::write(desk.path("b.tar"), tar(&Book::of(3).exported(2))).unwrap();
    assert_eq!(desk.run(&["b.tar", "--trust", "trust.json"]).code, 0);
    assert!(fs::read_to_string(&seen).unwrap().contains("\nhead 3 "));
    // What is not shown to go on from there is refused, with what to ask for, until it comes with it.
    let later = Book::of(9);
    fs::write(desk.path("b.tar"), tar(&later.exported(6))).unwrap();
    let said = desk.run(&["b.tar", "--trust", "trust.json"]);
    assert_eq!(said.code, 21);
    assert!(said.text().starts_with("Not accepted (not-comparable)"), "{}", said.text());
    let words = said.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("`witnessmark export --bundle 6 --since 3`"), "{words}");
    fs::write(desk.path("b.tar"), tar(&later.exported_since(6, 3))).unwrap();
    let said = desk.run(&["b.tar", "--trust", "trust.json"]);
    assert_eq!(said.code, 0, "{}", said.text());
    assert!(said.text().contains("trust.json.seen"), "the file is named: {}", said.text());

    // Another history with the same keys is not.
    let mut other = Book::of(1);
    for index in 7..12 {
        other.seal(Story::usual(index));
    }
    fs::write(desk.path("b.tar"), tar(&other.exported(3))).unwrap();
    let said = desk.run(&["b.tar", "--trust", "trust.json"]);
    assert_eq!(said.code, 20);
    assert!(said.text().starts_with("Not authentic (rewritten)"), "{}", said.text());
    assert!(fs::read_to_string(&seen).unwrap().contains("\nhead 7 "));
}

#[test]
fn nothing_of_a_bundle_steers_the_terminal() {
    let mut book = Book::of(1);
    let mut story = Story::usual(1);
    story.change(RecordType::Check, 0, |v| {
        v["provenance"] = json!("own");
        v["id"] = json!("own/\u{1b}[2Jcheck\u{202e}");
    });
    story.change(RecordType::Finding, 1, |v| v["reason"] = json!("\u{1b}]0;title\u{7}"));
    book.seal(story);
    let desk = Desk::new(&book, &book.exported(1));
    for arguments in [&["b.tar"][..], &["show", "b.tar"], &["show", "b.tar", "--finding", "1"]] {
        let said = desk.with_trust(arguments);
        assert_eq!(said.code, 0, "{}", said.stderr);
        let steering = |c: char| c == '\u{1b}' || c == '\u{7}' || c == '\u{202e}';
        assert!(!said.text().contains(steering), "{arguments:?}: {:?}", said.text());
    }
}

#[test]
fn show_goes_down_to_the_bytes() {
    let book = Book::of(2);
    let files = book.exported(1);
    let desk = Desk::new(&book, &files);
    let overview = desk.with_trust(&["show", "b.tar"]);
    assert_eq!(overview.code, 0, "{}", overview.stderr);
    assert!(overview.text().contains("k-2"), "{}", overview.text());

    let raw = desk.with_trust(&["show", "b.tar", "--exchange", "1", "--raw"]);
    assert_eq!((raw.code, &raw.stdout), (0, &files[&Entry::Raw(2)]));
    let withheld = desk.with_trust(&["show", "b.tar", "--exchange", "3", "--raw"]);
    assert_eq!(withheld.code, 2);
    assert!(withheld.stderr.contains("carries credentials"), "{}", withheld.stderr);

    let record = desk.with_trust(&["show", "b.tar", "--record", "gap:0"]);
    let line = String::from_utf8(files[&Entry::Records].clone()).unwrap();
    let line = line.lines().find(|line| line.contains("\"t\":\"gap\"")).unwrap();
    assert_eq!(record.text(), format!("{line}\n"));

    let finding = desk.with_trust(&["show", "b.tar", "--finding", "1", "--format", "json"]);
    assert_eq!(finding.json()["gaps"][0]["reason"], json!("denied"));
    for missing in [["--finding", "99"], ["--exchange", "99"], ["--record", "gap:9"]] {
        assert_eq!(desk.with_trust(&[&["show", "b.tar"][..], &missing].concat()).code, 2, "{missing:?}");
    }

    // Nothing is shown of a bundle that is not accepted.
    let mut altered = files;
    altered.get_mut(&Entry::Raw(3)).unwrap()[0] ^= 1;
    fs::write(desk.path("b.tar"), tar(&altered)).unwrap();
    for what in [&["--exchange", "1", "--raw"][..], &["--record", "gap:0"], &["--finding", "1"], &[]] {
        let said = desk.with_trust(&[&["show", "b.tar"][..], what].concat());
        assert_eq!(said.code, 20);
        assert!(said.text().starts_with("Not authentic"), "{}", said.text());
    }
}

fn write_ledger(book: &Book, folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    unpack(&book.ledger_files(), folder);
}

#[test]
fn a_ledger_is_audited_whole() {
    let mut book = Book::of(3);
    book.seal(Story::usual(3).rehearsed(&[Override::Clock]));
    // Four days without a run.
    book.seal(Story::usual(7));
    let desk = Desk::new(&book, &book.exported(0));
    let store = desk.path("store");
    write_ledger(&book, &store);

    let said = desk.with_trust(&["audit", "store"]);
    assert_eq!(said.code, 23, "{}{}", said.text(), said.stderr);
    let text = said.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Whole: 5 entries in one chain",
        "rehearsals 1, not evidence: entry 3",
        "8 due by the schedule that the runs declare: 4 observed (0 late, 4 partial), 3 missing, 0 failed, 1 rehearsed",
        "missing 3 due 2026-11-25T10:06:50.120Z to 2026-11-27T10:06:50.120Z, every 86400 s; between entries 2 and 4",
        "rehearsed due 2026-11-24T10:06:50.120Z, every 86400 s; entry 3",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{}", said.text());
    }
    let report = desk.with_trust(&["audit", "store", "--format", "json"]).json();
    assert_eq!((&report["missing_runs"], &report["schedule"]["rehearsed"]), (&json!(3), &json!(1)));
    let until = desk.with_trust(&["audit", "store", "--format", "json", "--until", "2026-12-02T10:06:50.120Z"]).json();
    assert_eq!(until["missing_runs"], json!(3 + 3));
    for from in ["2026-11-26", "2026-11-26T00:00:00.000Z"] {
        let from = desk.with_trust(&["audit", "store", "--format", "json", "--from", from]).json();
        assert_eq!(from["missing_runs"], json!(2));
    }
    let kept = desk.with_trust(&["audit", "store", "--from", "2026-11-21", "--until", "2026-11-23"]);
    assert_eq!(kept.code, 0, "{}", kept.text());
    let turned = desk.with_trust(&["audit", "store", "--from", "2026-11-23", "--until", "2026-11-21"]);
    assert_eq!(turned.code, 2, "{}", turned.stderr);

    // The same from an export that holds the ledger; one that does not says so.
    let mut whole = book.exported(2);
    whole.extend(book.ledger_files());
    fs::write(desk.path("ledger.tar"), tar(&whole)).unwrap();
    let from_tar = desk.with_trust(&["audit", "ledger.tar", "--format", "json"]);
    assert_eq!((from_tar.code, from_tar.json()), (23, report));
    let alone = desk.with_trust(&["audit", "b.tar"]);
    assert!(alone.code == 2 && alone.stderr.contains("--with-ledger"), "{}", alone.stderr);

    // The bundle in an export is held against what the audit proved.
    assert_eq!(desk.run(&["audit", "store", "--trust", "trust.json"]).code, 23);
    assert_eq!(desk.run(&["b.tar", "--trust", "trust.json"]).code, 0);
    fs::remove_file(desk.path("trust.json.seen")).unwrap();

    for (entry, code) in [
        (Entry::LedgerStatement(2), 20),
        (Entry::Tile("tile/0/000.p/5".into()), 20),
        (Entry::Tile("tile/entries/000.p/5".into()), 20),
        (Entry::Checkpoint, 20),
    ] {
        write_ledger(&book, &store);
        let path = store.join(entry.path());
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(desk.with_trust(&["audit", "store"]).code, code, "{entry:?}");
        fs::remove_file(&path).unwrap();
        assert_eq!(desk.with_trust(&["audit", "store"]).code, 21, "{entry:?}");
    }
}

const CHECK: &str = "# METADATA
# title: A key is enabled
# description: Reads whether a key is enabled.
# scope: package
# custom:
#   subject: own/key
#   needs:
#     conforms: [enabled]
#     deviates: [enabled]
#   severity: high
#   remediation: Enable the key.
package checks.own.key_is_enabled

conforms contains {\"path\": \"/enabled\", \"actual\": true} if input.resource.enabled == true

deviates contains {\"path\": \"/enabled\", \"actual\": false} if input.resource.enabled == false
";

/// What that run was given.
const DECLARED: &str = "witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: aws-prod, collector: own}]
controls: [{id: AC-1, title: Keys are enabled, checks: [{use: own/key-is-enabled}]}]
";

/// A run whose one check can be run again; `second` is what it says of the disabled key.
fn judged_story(second: &str) -> Story {
    let mut story = Story::usual(0);
    let key = |id: &str, enabled: bool| {
        json!({
            "target": "aws-prod", "collector": "own", "population": "own/key", "kind": "own/key", "id": id,
            "parts": {"enabled": [{"declaration": "declaration:0", "line": 1, "column": 1}]}, "facts": {"enabled": enabled},
        })
    };
    let finding = |id: &str, outcome: &str, resource: u64| {
        json!({
            "control": "AC-1", "check": "own/key-is-enabled", "target": "aws-prod", "population": "own/key",
            "subject": {"kind": "own/key", "id": id}, "outcome": outcome, "severity": "high",
            "evidence": [{"path": "/enabled", "because": "read"}],
            "rests_on": ["assignment:0", format!("resource:{resource}")],
        })
    };
    let now = story.metadata.started;
    story.records.retain(|(kind, _)| matches!(kind, RecordType::Run | RecordType::Declaration));
    story.raw = std::collections::BTreeMap::from([(0, DECLARED.as_bytes().to_vec())]);
    story.change(RecordType::Declaration, 0, |file| {
        file["size"] = json!(DECLARED.len());
        file["sha256"] = json!(Digest::of(DECLARED.as_bytes()));
    });
    let conforming = if second == "conforms" { 2 } else { 1 };
    story.records.extend([
        (RecordType::Check, json!({
            "id": "own/key-is-enabled", "role": "check", "sha256": Digest::of(CHECK.as_bytes()), "provenance": "own", "text": CHECK,
        })),
        (RecordType::Assignment, json!({
            "control": "AC-1", "check": "own/key-is-enabled", "targets": ["aws-prod"], "parameters": {}, "weaker": [],
            "declared": {}, "now": now,
        })),
        (RecordType::Coverage, json!({
            "target": "aws-prod", "collector": "own", "population": "own/key", "calls": 1, "pages": 1, "items": 2, "complete": true,
        })),
        (RecordType::Resource, key("k-1", true)),
        (RecordType::Resource, key("k-2", false)),
        (RecordType::Finding, finding("k-1", "conforms", 0)),
        (RecordType::Finding, finding("k-2", second, 1)),
        (RecordType::Control, json!({
            "id": "AC-1", "title": "Keys are enabled", "requirements": [], "outcome": if conforming == 2 { "conforms" } else { "deviates" },
            "counts": {"conforms": conforming, "deviates": 2 - conforming, "undetermined": 0, "not_applicable": 0, "accepted": 0},
        })),
    ]);
    story.metadata.summary =
        bundle::statement::Summary { conforms: conforming, deviates: 2 - conforming, ..Default::default() };
    story
}

pub fn judged(second: &str) -> (Book, Files) {
    let mut book = Book::new();
    book.seal(judged_story(second));
    let files = book.exported(0);
    (book, files)
}

fn reassessed(story: Story) -> Answer {
    let mut book = Book::new();
    book.seal(story);
    Desk::new(&book, &book.exported(0)).with_trust(&["reassess", "b.tar"])
}

#[test]
fn reassessing_comes_to_the_sealed_outcomes_or_says_so() {
    let (book, files) = judged("deviates");
    let desk = Desk::new(&book, &files);
    let said = desk.with_trust(&["reassess", "b.tar"]);
    assert_eq!(said.code, 0, "{}{}", said.text(), said.stderr);
    assert!(said.text().contains("2 of 2 findings were judged again: 2 have the sealed outcome"), "{}", said.text());
    assert!(said.text().contains("own/key-is-enabled (own)"), "{}", said.text());
    let shipped = desk.with_trust(&["reassess", "b.tar", "--checks", "shipped", "--format", "json"]);
    assert_eq!(shipped.json()["checks_not_shipped"], json!(["own/key-is-enabled"]));

    let (book, files) = judged("conforms");
    let desk = Desk::new(&book, &files);
    assert_eq!(desk.with_trust(&["b.tar"]).code, 0, "a signed lie about an outcome is authentic");
    let said = desk.with_trust(&["reassess", "b.tar"]);
    assert_eq!(said.code, 22, "{}{}", said.text(), said.stderr);
    assert!(said.text().contains("own/key=k-2: sealed as conforms, now deviates"), "{}", said.text());

    // Uses of checks that the sealed declaration does not have, or has otherwise.
    for (change, problem) in [
        (json!({"parameters": {"max": 1}}), "the declaration has other parameters"),
        (json!({"declared": {"people": []}}), "the check was given another declaration than the sealed one"),
        (json!({"expect": {"none": "nothing"}}), "the declaration does not expect none"),
    ] {
        let mut story = judged_story("deviates");
        story.change(RecordType::Assignment, 0, |used| {
            for (name, value) in change.as_object().unwrap() {
                used[name] = value.clone();
            }
        });
        let said = reassessed(story);
        assert_eq!(said.code, 22, "{change}: {}{}", said.text(), said.stderr);
        assert!(said.text().starts_with("Other uses of checks than are declared"), "{}", said.text());
        assert!(said.text().split_whitespace().collect::<Vec<_>>().join(" ").contains(problem), "{}", said.text());
    }
    // Judged with fewer than are declared; and of a declaration that nobody can read nobody can say.
    for (from, to, code, words) in [
        ("key-is-enabled}]", "key-is-enabled}, {use: aws-kms/key-rotates}]", 22, "aws-kms/key-rotates of control AC-1"),
        ("use: own/key-is-enabled", "use: own/another", 22, "own/another of control AC-1"),
        ("system: {id: hot-wallet}", "system: 1", 21, "could not be compared with the sealed declaration"),
    ] {
        let mut story = judged_story("deviates");
        let text = DECLARED.replace(from, to);
        story.change(RecordType::Declaration, 0, |file| {
            file["size"] = json!(text.len());
            file["sha256"] = json!(Digest::of(text.as_bytes()));
        });
        story.raw.insert(0, text.into_bytes());
        let said = reassessed(story);
        assert_eq!(said.code, code, "{to}: {}{}", said.text(), said.stderr);
        assert!(said.text().split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{}", said.text());
    }

    // Two keys of which one is withheld; then all findings; then invented ones beside an unrelated withheld record.
    let (book, _) = judged("deviates");
    let withheld = |withhold: &dyn Fn(RecordType, &str) -> bool| {
        let files = book.redacted(0, |_, kind, text| withhold(kind, std::str::from_utf8(text).unwrap()));
        let desk = Desk::new(&book, &files);
        let said = desk.with_trust(&["reassess", "b.tar", "--format", "json"]);
        (said.code, said.json()["not_judged_because"].clone(), said.json()["differences"].as_array().unwrap().len())
    };
    let because =
        |withheld: u64, findings: u64| json!({"withheld": withheld, "finding_withheld": findings, "no_check": 0});
    let one_key = withheld(&|kind, text| kind == RecordType::Resource && text.contains("\"id\":\"k-2\""));
    assert_eq!(one_key, (21, because(1, 0), 0));
    assert_eq!(withheld(&|kind, _| kind == RecordType::Finding), (21, because(0, 2), 0));
    assert_eq!(withheld(&|kind, _| matches!(kind, RecordType::Resource | RecordType::Finding)), (21, because(0, 2), 0));
    let (lying, _) = judged("conforms");
    let files = lying.redacted(0, |_, kind, text| {
        kind == RecordType::Finding
            || (kind == RecordType::Resource && std::str::from_utf8(text).unwrap().contains("\"id\":\"k-1\""))
    });
    let desk = Desk::new(&lying, &files);
    assert_eq!(desk.with_trust(&["reassess", "b.tar"]).code, 22, "the control counts another outcome than comes out");

    // Facts that stand in an answer as they are.
    let facts = |id: &str| {
        let mut story = judged_story("deviates");
        let usual = Story::usual(0);
        let answer = usual.records.into_iter().filter(|(kind, body)| match kind {
            RecordType::Route | RecordType::Peer => true,
            RecordType::Exchange => body["operation"] == "kms:ListKeys",
            RecordType::Body => body["exchange"] == "exchange:0",
            _ => false,
        });
        let answer = answer.map(|(kind, mut body)| {
            if matches!(kind, RecordType::Route | RecordType::Exchange) {
                body["collector"] = json!("own");
            }
            (kind, body)
        });
        story.records.extend(answer);
        story.records.sort_by_key(|(kind, _)| *kind);
        story.raw.insert(1, usual.raw[&1].clone());
        story.change(RecordType::Resource, 0, |v| {
            v["parts"]["id"] = json!([{"exchange": "exchange:0", "syntax": "json", "path": "/Keys/0/KeyId"}]);
            v["facts"]["id"] = json!(id);
        });
        let mut book = Book::new();
        book.seal(story);
        let desk = Desk::new(&book, &book.exported(0));
        assert_eq!(desk.with_trust(&["b.tar"]).code, 0, "a signed lie about a fact is authentic");
        desk.with_trust(&["reassess", "b.tar", "--format", "json"]).json()["facts"].clone()
    };
    // Another part of each of the two resources stands in a declared file.
    let said = |differ: u64, list| json!({"compared": 1, "not_compared": 0, "normalised": 0, "both_ways": [], "declared": 2, "differ_in_all": differ, "differ": list});
    assert_eq!(facts("k-1"), said(0, json!([])));
    let other = json!({"resource": "resource:0", "part": "id", "sealed": "\"k-9\"", "in_the_answer": "\"k-1\""});
    assert_eq!(facts("k-9"), said(1, json!([other])));

    // Nothing runs of a bundle that is not accepted.
    let mut altered = files;
    altered.get_mut(&Entry::Records).unwrap()[40] ^= 1;
    fs::write(desk.path("b.tar"), tar(&altered)).unwrap();
    assert_eq!(desk.with_trust(&["reassess", "b.tar"]).code, 20);
}

/// The source's own clock beside the custodian's: named, and no reason to refuse.
#[test]
fn exchanges_far_from_the_sources_date_are_named() {
    let verified = |dates: [&str; 2], rehearsed: bool| {
        let mut story = Story::usual(0);
        for (ordinal, date) in dates.into_iter().enumerate() {
            story.change(RecordType::Exchange, ordinal, |exchange| exchange["date"] = json!(date));
        }
        let story = if rehearsed { story.rehearsed(&[Override::Replay]) } else { story };
        let mut book = Book::new();
        book.seal(story);
        let desk = Desk::new(&book, &book.exported(0));
        let arguments = ["b.tar", "--allow-rehearsal"];
        let (words, json) =
            (desk.with_trust(&arguments), desk.with_trust(&[&arguments[..], &["--format", "json"]].concat()));
        assert_eq!((words.code, json.code), (0, 0), "{}", words.text());
        let text: Vec<&str> = words.text().split_whitespace().collect();
        (json.json()["records"]["dates"].clone(), text.join(" "))
    };
    let near = "Sat, 21 Nov 2026 10:06:52 GMT";
    let (dates, words) = verified([near, "Sat, 21 Nov 2026 12:06:51 GMT"], false);
    let apart = json!({"compared": 2, "unreadable": 0, "absent": 2, "apart": 1, "apart_first": "exchange:1", "apart_most_seconds": 7199});
    assert_eq!(dates, apart);
    let said = "2 answers with a date of the source's own: 1 more than 5 minutes from the custodian's clock, the first exchange:1, the farthest 7199 s later";
    assert!(words.contains(said), "{words}");
    let (dates, words) = verified([near, "just now"], false);
    let none = json!({"compared": 1, "unreadable": 1, "absent": 2, "apart": 0, "apart_first": null, "apart_most_seconds": null});
    assert_eq!(dates, none);
    let said = "1 answer with a date of the source's own: none is more than 5 minutes from the custodian's clock 1 answer with a date that cannot be read";
    assert!(words.contains(said), "{words}");
    // Recorded answers have the dates of their recording.
    let (dates, _) = verified([near, near], true);
    assert_eq!(dates["compared"], 0);
}
