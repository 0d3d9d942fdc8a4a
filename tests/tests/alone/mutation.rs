//! Alterations of sealed bundles, by class and byte by byte: none is ever accepted.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use bundle::layout::Entry;
use bundle::read::{FolderSource, TarSource};
use model::ExitStatus;
use verify::{Class, Demands, Unobserved, Verdict};
use workspace_tests::sealed::{Book, Files, tar, unpack};

fn verify_tar(book: &Book, bytes: &[u8]) -> Verdict {
    let trust = book.trust();
    let demands = Demands { allow_rehearsal: true, allow_failed: true, ..Demands::of_evidence(&trust) };
    verify::verify(&mut TarSource::new(bytes, "test"), &demands, &mut Unobserved)
}

#[track_caller]
fn refused(book: &Book, bytes: &[u8], expected: Class, message: &str) {
    let verdict = verify_tar(book, bytes);
    let first = &verdict.report.problems[0];
    assert!(verdict.bundle.is_none() && verdict.seen.is_none());
    assert_eq!(first.class, expected, "{}", first.message);
    assert!(first.message.contains(message), "`{}` does not say `{message}`", first.message);
}

/// An export whose newest head is not its own, so that every kind of file is in it.
fn example() -> (Book, Files) {
    let book = Book::of(3);
    let files = book.exported(1);
    (book, files)
}

fn with(files: &Files, entry: &Entry, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut files = files.clone();
    change(files.get_mut(entry).unwrap());
    tar(&files)
}

fn text(files: &Files, entry: &Entry) -> String {
    String::from_utf8(files[entry].clone()).unwrap()
}

#[test]
fn every_byte_counts() {
    let (book, files) = example();
    let good = tar(&files);
    assert!(verify_tar(&book, &good).bundle.is_some());
    for at in 0..good.len() {
        let mut altered = good.clone();
        altered[at] ^= 1 << (at % 8);
        let verdict = verify_tar(&book, &altered);
        assert!(verdict.bundle.is_none(), "byte {at} may be anything");
        assert!(
            [ExitStatus::NotAuthentic, ExitStatus::Undecided].contains(&verdict.report.exit_code),
            "byte {at}: {:?}",
            verdict.report.problems
        );
        assert!(verdict.seen.is_none());
    }
}

#[test]
fn every_byte_of_a_redacted_copy_counts() {
    let book = Book::of(3);
    let good = tar(&book.redacted(1, |line, kind, _| !kind.always_disclosed() && line % 2 == 0));
    assert!(verify_tar(&book, &good).bundle.is_some());
    for at in 0..good.len() {
        let mut altered = good.clone();
        altered[at] ^= 0x80 >> (at % 8);
        assert!(verify_tar(&book, &altered).bundle.is_none(), "byte {at} may be anything");
    }
}

#[test]
fn every_cut_is_noticed() {
    let (book, files) = example();
    let good = tar(&files);
    for length in (0..good.len()).step_by(61).chain(good.len() - 1030..good.len()) {
        let verdict = verify_tar(&book, &good[..length]);
        assert_eq!(verdict.report.problems[0].class, Class::MissingPart, "cut at {length}");
    }
    for more in [&b"\0"[..], b"x", &[0; 512], &good] {
        let longer = [good.as_slice(), more].concat();
        refused(&book, &longer, Class::Malformed, "nothing after them");
    }
}

#[test]
fn records_cannot_be_changed_moved_dropped_or_added() {
    let (book, files) = example();
    let text = text(&files, &Entry::Records);
    let lines: Vec<&str> = text.lines().collect();
    let records = |lines: &[&str]| with(&files, &Entry::Records, |r| *r = (lines.join("\n") + "\n").into_bytes());
    for at in 0..lines.len() {
        let name = format!("line {} ", at + 1);
        let mut less = lines.clone();
        less.remove(at);
        let expected = if at + 1 == lines.len() { "30 lines, 31 are signed" } else { name.as_str() };
        refused(&book, &records(&less), Class::Altered, expected);

        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        let verdict = verify_tar(&book, &records(&twice));
        assert_eq!(verdict.report.problems[0].class, Class::Altered);

        if at > 0 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            refused(&book, &records(&swapped), Class::Altered, &format!("line {at} "));
        }

        let changed = lines[at].replacen('a', "b", 1);
        let mut other = lines.clone();
        other[at] = &changed;
        refused(&book, &records(&other), Class::Altered, &name);
    }
    refused(&book, &with(&files, &Entry::Records, |r| r.truncate(r.len() - 1)), Class::Malformed, "line feed");
    refused(&book, &with(&files, &Entry::Records, Vec::clear), Class::Altered, "0 lines");
    refused(&book, &with(&files, &Entry::Records, |r| r.extend(b"{}\n")), Class::Altered, "32 lines");
}

/// What an auditor saw before can be in an export, and be altered there.
#[test]
fn every_byte_of_what_was_seen_counts() {
    let (book, _) = example();
    let files = book.exported_since(2, 2);
    assert!(verify_tar(&book, &tar(&files)).bundle.is_some());
    for at in 0..files[&Entry::Since].len() {
        let bytes = with(&files, &Entry::Since, |bytes| bytes[at] ^= 1 << (at % 7));
        let verdict = verify_tar(&book, &bytes);
        assert!(verdict.bundle.is_none() && verdict.seen.is_none(), "byte {at} may be anything");
    }
    let mut alone = files;
    alone.remove(&Entry::Checkpoint);
    refused(&book, &tar(&alone), Class::Malformed, "ledger/since");
}

#[test]
fn another_bundles_parts_do_not_fit() {
    let (book, files) = example();
    let other = book.exported(0);
    for (entry, class) in [
        (Entry::Leaves, Class::Altered),
        (Entry::Records, Class::Altered),
        (Entry::Consistency, Class::Position),
        (Entry::Statement, Class::Altered),
    ] {
        let bytes = with(&files, &entry, |bytes| bytes.clone_from(&other[&entry]));
        let verdict = verify_tar(&book, &bytes);
        assert_eq!(verdict.report.problems[0].class, class, "{entry:?}: {:?}", verdict.report.problems);
    }
    // The head of the ledger before this bundle was in it, and of another ledger.
    let older = Book::of(1).checkpoint();
    let bytes = with(&files, &Entry::Checkpoint, |bytes| *bytes = older.into_bytes());
    refused(&book, &bytes, Class::Position, "older");
    let unrelated = text(&files, &Entry::Checkpoint).replace("hot-wallet", "cold-wallet");
    let bytes = with(&files, &Entry::Checkpoint, |bytes| *bytes = unrelated.into_bytes());
    refused(&book, &bytes, Class::Position, "cold-wallet");
}

#[test]
fn parts_cannot_be_missing_or_added() {
    let (book, files) = example();
    for entry in files.keys() {
        let mut less = files.clone();
        less.remove(entry);
        let verdict = verify_tar(&book, &tar(&less));
        match entry {
            // Not needed: then the bundle's own head is the newest that is known.
            Entry::Checkpoint => refused(&book, &tar(&less), Class::Malformed, "ledger/consistency"),
            _ => assert_eq!(verdict.report.problems[0].class, Class::MissingPart, "{entry:?}"),
        }
    }
    for (entry, class) in [
        (Entry::Raw(4), Class::Altered),
        (Entry::Raw(999_999_999), Class::Altered),
        (Entry::Redaction, Class::Malformed),
    ] {
        let mut more = files.clone();
        more.insert(entry.clone(), b"x".to_vec());
        let verdict = verify_tar(&book, &tar(&more));
        assert_eq!(verdict.report.problems[0].class, class, "{entry:?}: {:?}", verdict.report.problems);
    }
    let bytes = with(&files, &Entry::Raw(2), |bytes| bytes.push(b' '));
    refused(&book, &bytes, Class::Altered, "raw file 2");
}

/// Appends a header for `path` of this type, with its contents, before the end of the tar.
fn smuggle(tar: &[u8], path: &str, kind: u8, contents: &[u8]) -> Vec<u8> {
    let mut header = bundle::ustar::header(path, contents.len() as u64).unwrap();
    header[156] = kind;
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = tar[..tar.len() - 1024].to_vec();
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(contents);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

#[test]
fn a_tar_holds_plain_files_of_the_format_in_order() {
    let (book, files) = example();
    let good = tar(&files);
    for kind in [b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'x', b'g', b'L', b'K', b'S', 0] {
        refused(&book, &smuggle(&good, "raw/000/000000004", kind, b""), Class::Malformed, "not a plain file");
    }
    for path in ["../evil", "/etc/passwd", "raw/000/4", "README", "raw/../leaves.txt", "Leaves.txt", "leaves.txt/"] {
        refused(&book, &smuggle(&good, path, b'0', b""), Class::Malformed, "does not belong");
    }
    for path in ["leaves.txt", "raw/000/000000003", "records.jsonl", "redaction.sigstore.json"] {
        refused(&book, &smuggle(&good, path, b'0', b""), Class::Malformed, "is a duplicate");
    }
    let mut huge = smuggle(&good, "raw/000/000000004", b'0', b"");
    let at = huge.len() - 1024 - 512;
    huge[at..at + 512].copy_from_slice(&bundle::ustar::header("raw/000/000000004", 1 << 32).unwrap());
    refused(&book, &huge, Class::Malformed, "at most");
    refused(&book, b"", Class::MissingPart, "too early");
    refused(&book, &[0; 1024], Class::MissingPart, "statement.sigstore.json");
    refused(&book, &[b'x'; 4096], Class::Malformed, "block 0");
}

#[test]
fn the_statement_file_has_one_spelling() {
    let (book, files) = example();
    let good = text(&files, &Entry::Statement);
    for (from, to) in [
        ("{\"dsse", " {\"dsse"),
        (",\"mediaType\"", ", \"mediaType\""),
        ("\"integratedTime\":\"1\"", "\"integratedTime\":\"2\""),
        ("\"integratedTime\":\"1\"", "\"integratedTime\":\"1\",\"integratedTime\":\"1\""),
        ("\"logIndex\":\"1\"", "\"logIndex\":\"01\""),
        ("\"treeSize\":\"2\"", "\"treeSize\":\"9007199254740993\""),
        ("\"treeSize\":\"2\"", "\"treeSize\":\"99999999999999999999999\""),
        ("\"sig\":\"", "\"keyid\":\"\",\"sig\":\""),
        ("\"hint\":\"", "\"hint\":\"A"),
    ] {
        assert!(good.contains(from), "{from}");
        let bytes = with(&files, &Entry::Statement, |bytes| *bytes = good.replacen(from, to, 1).into_bytes());
        refused(&book, &bytes, Class::Malformed, "");
    }
    // Somebody who is trusted may have made a later version; anybody else made garbage.
    let later = good.replacen("v0.3+json", "v0.4+json", 1);
    let bytes = with(&files, &Entry::Statement, |bytes| *bytes = later.clone().into_bytes());
    refused(&book, &bytes, Class::Unsupported, "v0.4+json");
    let start = later.find("\"sig\":\"").unwrap() + 7;
    let other = if &later[start..=start] == "A" { "B" } else { "A" };
    let unsigned = format!("{}{other}{}", &later[..start], &later[start + 1..]);
    let bytes = with(&files, &Entry::Statement, |bytes| *bytes = unsigned.into_bytes());
    refused(&book, &bytes, Class::Malformed, "mediaType");
    let long = with(&files, &Entry::Statement, |bytes| bytes.resize(70_000, b' '));
    refused(&book, &long, Class::Malformed, "at most");
}

#[test]
fn a_folder_holds_nothing_else() {
    let (book, files) = example();
    let trust = book.trust();
    let demands = Demands::of_evidence(&trust);
    let check = |change: &dyn Fn(&std::path::Path)| {
        let folder = tempfile::tempdir().unwrap();
        unpack(&files, folder.path());
        change(folder.path());
        let verdict = verify::verify(&mut FolderSource::new(folder.path()), &demands, &mut Unobserved);
        verdict.report.problems.first().map(|problem| problem.class)
    };
    assert_eq!(check(&|_| {}), None);
    for stray in ["note.txt", "raw/note", "raw/000/note", "ledger/note", "raw/001/000000004"] {
        let made = check(&|folder| {
            let path = folder.join(stray);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        });
        assert_eq!(made, Some(Class::Malformed), "{stray}");
    }
    for empty in ["raw/001", "notes", "ledger/tile", "anchors/7"] {
        let made = check(&|folder| std::fs::create_dir_all(folder.join(empty)).unwrap());
        assert_eq!(made, Some(Class::Malformed), "{empty}");
    }
    let link = check(&|folder| {
        std::fs::rename(folder.join("leaves.txt"), folder.join("../leaves.elsewhere")).unwrap();
        std::os::unix::fs::symlink("../leaves.elsewhere", folder.join("leaves.txt")).unwrap();
        std::fs::remove_file(folder.join("../leaves.elsewhere")).unwrap();
    });
    assert_eq!(link, Some(Class::Malformed));
    let folders = check(&|folder| {
        std::fs::remove_file(folder.join("leaves.txt")).unwrap();
        std::fs::create_dir(folder.join("leaves.txt")).unwrap();
    });
    assert_eq!(folders, Some(Class::Malformed));
}
