//! What a source, a custodian or a hostile bundle says steers nothing that a person looks at: neither the terminal, nor the page, nor a CI.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::process::Command;

use model::RecordType;
use serde_json::Value;
use workspace_tests::desk::{Desk, program};
use workspace_tests::sealed::{Book, Story, tar};

/// What is put behind every text: it clears the screen, names a window, turns the direction of writing, hides, and begins lines that look
/// like ours or like commands of a CI.
const HOSTILE: &str = "\u{1b}[2J\u{1b}[7m\u{1b}]0;t\u{7}\u{9b}1m\u{202e}\u{2066}\u{200b}\u{feff}\nFORGED accepted\r\n::error::FORGED\n ##[error]FORGED\u{2028}FORGED";

/// Characters that no output has, whatever it shows.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Where the texts of a record stand, names of members too, as the steps that lead there.
fn texts(value: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::String(_) => found.push(at.clone()),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                at.push(position.to_string());
                texts(item, at, found);
                at.pop();
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                at.push(name.clone());
                texts(member, at, found);
                at.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn spoil(value: &mut Value, at: &[String]) {
    match (value, at) {
        (Value::String(text), []) => text.push_str(HOSTILE),
        (Value::Array(items), [step, rest @ ..]) => spoil(&mut items[step.parse::<usize>().unwrap()], rest),
        (Value::Object(members), [step, rest @ ..]) => spoil(members.get_mut(step).unwrap(), rest),
        (other, at) => panic!("{other} has no {at:?}"),
    }
}

/// A text without the sequences that set colours and weight (ECMA-48, SGR). Every other sequence stays.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m') {
            Some(rest) => out.push_str(rest),
            None => {
                out.push_str("\u{1b}[");
                out.push_str(piece);
            }
        }
    }
    out
}

struct Screen {
    folder: tempfile::TempDir,
}

impl Screen {
    fn new(book: &Book) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("trust.json"), book.trust().render().unwrap()).unwrap();
        Self { folder }
    }

    /// Runs the verifier and looks at all that it prints. Its exit code and what it printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let (code, said) = self.ran(arguments, &[]);
        looked_at(arguments, &said);
        (code, said)
    }

    /// The same where it has colours. They are ours alone: none is reverse video, which is what the foreign text asks for.
    fn run_in_colour(&self, arguments: &[&str]) {
        let (_, said) = self.ran(arguments, &[("CLICOLOR_FORCE", "1")]);
        looked_at(arguments, &without_colours(&said.replace("\u{1b}[7m", "\u{7}")));
    }

    fn ran(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let output = Command::new(program("witnessmark-verify"))
            .args(arguments)
            .args(["--trust", "trust.json"])
            .current_dir(self.folder.path())
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (output.status.code().unwrap(), said)
    }
}

fn looked_at(arguments: &[&str], said: &str) {
    let what = || format!("{arguments:?}\n{}", said.escape_debug().to_string().replace("\\n", "\n"));
    assert!(!said.contains(steers), "{}", what());
    assert!(!said.contains("##["), "{}", what());
    for line in said.lines().map(str::trim_start) {
        assert!(!line.starts_with("FORGED") && !line.starts_with("::"), "{line:?} is not ours\n{}", what());
    }
}

/// Every view of a bundle in a terminal.
const VIEWS: &[&[&str]] = &[
    &["verify", "b.tar"],
    &["show", "b.tar"],
    &["show", "b.tar", "--finding", "0"],
    &["show", "b.tar", "--finding", "1"],
    &["show", "b.tar", "--finding", "2"],
    &["show", "b.tar", "--exchange", "0"],
    &["show", "b.tar", "--exchange", "1"],
    &["show", "b.tar", "--exchange", "2"],
    &["reassess", "b.tar"],
];

#[test]
fn no_text_of_any_record_steers_what_is_printed() {
    let usual = || Story::usual(1);
    let mut places: Vec<(usize, RecordType, Vec<String>)> = Vec::new();
    for (position, (kind, record)) in usual().records.iter().enumerate() {
        let mut found = Vec::new();
        texts(record, &mut Vec::new(), &mut found);
        places.extend(found.into_iter().map(|at| (position, *kind, at)));
    }
    assert!(places.len() > 100, "{}", places.len());

    // Each alone: refused, in words that steer nothing, or accepted.
    let mut accepted = Vec::new();
    for (position, kind, at) in places {
        let mut book = Book::of(1);
        let mut story = usual();
        spoil(&mut story.records[position].1, &at);
        book.seal(story);
        let screen = Screen::new(&book);
        fs::write(screen.folder.path().join("b.tar"), tar(&book.exported(1))).unwrap();
        let (code, said) = screen.run(&["verify", "b.tar"]);
        match code {
            0 => accepted.push((position, kind, at)),
            20 | 21 => {}
            other => panic!("{kind:?} {at:?}: {other}\n{said}"),
        }
    }
    let kinds: std::collections::BTreeSet<RecordType> = accepted.iter().map(|(_, kind, _)| *kind).collect();
    assert!(kinds.len() > 8, "foreign text is possible in {kinds:?} only");

    // All of them together, in every view.
    let mut book = Book::of(1);
    let mut story = usual();
    for (position, _, at) in &accepted {
        spoil(&mut story.records[*position].1, at);
    }
    book.seal(story);
    let screen = Screen::new(&book);
    fs::write(screen.folder.path().join("b.tar"), tar(&book.exported(1))).unwrap();
    for view in VIEWS {
        let (code, said) = screen.run(view);
        assert!(said.contains('\u{fffd}') || code != 0, "{view:?} shows nothing foreign:\n{said}");
        screen.run_in_colour(view);
    }
    // What differs from a bundle in which it is not.
    fs::write(screen.folder.path().join("a.tar"), tar(&book.exported(0))).unwrap();
    for format in ["human", "markdown"] {
        let view = ["drift", "a.tar", "b.tar", "--format", format];
        let (code, said) = screen.run(&view);
        assert!(code == 25 && said.contains('\u{fffd}'), "{format}: {code}\n{said}");
        screen.run_in_colour(&view);
    }
    for form in ["sarif", "junit", "markdown"] {
        screen.run(&["report", "b.tar", "--format", form, "--out", form]);
        let text = fs::read_to_string(screen.folder.path().join(form)).unwrap();
        assert!(text.contains('\u{fffd}') && !text.contains(steers), "{form}: {}", text.escape_debug());
    }
    let page = screen.folder.path().join("b.html");
    screen.run(&["report", "b.tar", "--since", "a.tar", "--out", "b.html"]);
    let page = fs::read_to_string(page).unwrap();
    assert!(!page.contains(|c| steers(c) && c != '\t'), "the page");
    let changed = page.split_once("<h2 id=\"drift\">").unwrap().1.split("</section>").next().unwrap();
    assert!(changed.contains('\u{fffd}'));
}

/// A file for others is no text for a person: no character of a name in it is replaced. Persian is written with U+200C.
#[test]
fn a_trust_file_is_printed_as_it_is_written() {
    let desk = Desk::bare();
    for arguments in [
        &["keys", "new", "--out", "keys", "--origin", "northbank.example/vault"][..],
        &["keys", "recorder", "--out", "nasrin.pem"],
    ] {
        let answer = desk.witnessmark(arguments);
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let name = "Nasrin Khan\u{200c}zadeh";
    let asked = ["keys", "trust", "--recorder", "nasrin.pem.pub", "--holder", name, "--as", "auditor"];
    let answer = desk.witnessmark(&asked);
    assert_eq!(answer.code, 0, "{answer:?}");
    let trust = answer.json();
    assert!(trust["keys"].as_array().unwrap().iter().any(|key| key["holder"]["name"] == name), "{answer:?}");
}
