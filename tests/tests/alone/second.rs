//! Two verifiers, one truth: the second one, `tests/second/verifier.py`, was written from `docs/spec` alone. On every vector and on
//! thousands of mutants of the good ones, most of them signed anew, both must give one answer.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bundle::layout::Entry;
use bundle::read::TarSource;
use bundle::trust::Trust;
use model::{Digest, ExitStatus, RecordType};
use serde::Deserialize;
use serde_json::{Value, json};
use verify::{Class, Demands, Unobserved};
use workspace_tests::sealed::{Book, Files, Story, tar};
use workspace_tests::year;

use crate::demo;

/// What the second verifier says of a file.
#[derive(Debug, Deserialize)]
struct Said {
    file: PathBuf,
    exit: u8,
    class: Value,
    level: Value,
    why: Option<String>,
}

fn script(name: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(workspace_tests::root().join("tests/second").join(name));
    command
}

/// Its answers, in one process.
fn second(trust: &Path, files: &[PathBuf]) -> Vec<Said> {
    let mut child = script("verifier.py")
        .args([trust, Path::new("-")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs python3: install the package of this name");
    let paths: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(paths.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<Said> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(said.iter().map(|said| &said.file).eq(files));
    said
}

fn tars(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tar"));
    files.sort();
    files
}

/// Has both verify every file and holds that class, exit code and level are the same; gives how often each class occurred.
fn agree(trust_file: &Path, files: &[PathBuf]) -> BTreeMap<String, usize> {
    let trust = Trust::parse(&fs::read(trust_file).unwrap()).unwrap();
    let demands = Demands::of_evidence(&trust);
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut differ = Vec::new();
    for said in second(trust_file, files) {
        let bytes = fs::read(&said.file).unwrap();
        let verdict = verify::verify(&mut TarSource::new(bytes.as_slice(), "bundle.tar"), &demands, &mut Unobserved);
        let report = &verdict.report;
        let first = report.problems.first().map(|problem| problem.class);
        let class = json!(first);
        let exit = first.map_or(ExitStatus::Success, Class::exit_status).code();
        *classes.entry(class.as_str().unwrap_or("accepted").to_owned()).or_default() += 1;
        if (&class, exit, &json!(report.level)) != (&said.class, said.exit, &said.level) {
            let ours = report.problems.first().map(|problem| problem.message.as_str());
            differ.push(format!("{}: ours {class} {exit} {:?}: {ours:?}; {said:?}", said.file.display(), report.level));
        }
        assert_eq!(said.class.is_null(), said.why.is_none());
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), files.len(), differ.join("\n"));
    classes
}

/// What a run says of its controls beside the ledger, and every kind of change to it.
#[test]
fn controls_beside_a_ledger_are_judged_alike() {
    let mut book = Book::of(2);
    let mut story = Story::usual(2);
    story.metadata.plan = Some(Digest::of(b"plan"));
    story.change(RecordType::Run, 0, |run| run["plan"] = json!(Digest::of(b"plan")));
    book.seal(story.clone());
    let mut said = year::Said::conforms("AC-ROT");
    said.task =
        Some(json!({"every": {"months": 3}, "grace_days": 14, "done": [{"on": "2026-01-31", "record": "R-1"}]}));
    book.seal(year::rehearsed_in_part(year::run("run-3", story.metadata.started, &[said])));
    // What a person saw.
    book.seal(Story::recorded(4));
    let folder = tempfile::tempdir().unwrap();
    let trust = folder.path().join("trust.json");
    fs::write(&trust, book.trust().render().unwrap()).unwrap();
    let good = year::exported(&book, &[]);
    let mut cases: Vec<Files> =
        vec![good.clone(), year::exported(&book, &[2]), year::exported(&book, &[0, 1, 2, 3, 4])];
    for index in 0..5 {
        let entry = Entry::LedgerControls(index);
        let file = &good[&entry];
        let mut with = |bytes: Vec<u8>| {
            let mut files = good.clone();
            files.insert(entry.clone(), bytes);
            cases.push(files);
        };
        for at in (0..file.len()).step_by(file.len() / 9).chain([file.len() - 1, file.len() - 2]) {
            let mut bytes = file.clone();
            bytes[at] ^= 1;
            with(bytes);
        }
        with(good[&Entry::LedgerControls((index + 1) % 5)].clone());
        with(Vec::new());
        with([&file[..], b"control\n"].concat());
        let mut without = good.clone();
        without.remove(&entry);
        cases.push(without);
    }
    let paths: Vec<PathBuf> = (0..cases.len()).map(|at| folder.path().join(format!("{at}.tar"))).collect();
    for (path, files) in paths.iter().zip(&cases) {
        fs::write(path, tar(files)).unwrap();
    }
    let classes = agree(&trust, &paths);
    assert!(classes.contains_key("accepted") && classes.contains_key("altered"), "{classes:?}");
    assert!(classes.contains_key("malformed"), "{classes:?}");
}

#[test]
fn both_verifiers_give_one_answer() {
    let vectors = workspace_tests::root().join("tests/vectors");
    let trust_file = vectors.join("trust.json");
    let folder = tempfile::tempdir().unwrap();
    let made = script("mutants.py").args([&vectors, folder.path()]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    println!("{}", String::from_utf8_lossy(&made.stdout).trim());
    let mutants = tars(folder.path());
    assert!(mutants.len() >= 5_000, "only {} mutants", mutants.len());
    let files = [tars(&vectors), mutants].concat();

    let classes = agree(&trust_file, &files);
    println!("{classes:?}");
    // Neither refuses all, nor for one reason only.
    assert!(classes.get("accepted").is_some_and(|accepted| *accepted >= 200), "{classes:?}");
    let occur = [
        "altered",
        "contradiction",
        "failed-run",
        "level-not-reached",
        "malformed",
        "missing-part",
        "position",
        "rehearsal",
        "signature",
        "undisclosed",
        "unknown-key",
        "unsigned-redaction",
        "unsupported",
    ];
    assert!(occur.iter().all(|class| classes.contains_key(*class)), "{classes:?}");
}

/// What the program itself seals, of five collectors, and copies of it with one byte altered.
#[test]
fn both_verifiers_give_one_answer_to_what_the_program_seals() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        files.push(path);
    };
    for day in 0..3 {
        let good = demo::tar(day);
        write(format!("day-{day}.tar"), &good);
        for part in 1..20 {
            let mut bad = good.clone();
            let at = good.len() / 20 * part + day;
            bad[at] ^= 0x04;
            write(format!("day-{day}-{at}.tar"), &bad);
        }
    }
    let classes = agree(&demo::desk().path("d/keys/trust.json"), &files);
    assert_eq!(classes["rehearsal"], 3, "{classes:?}");
    assert_eq!(classes.values().sum::<usize>(), 60);
}
