//! The ten questions of `docs/auditor-guide.md`: each command is run as it is written, in a copy of the demonstration's folder, and prints what the page
//! shows. The procedures without our programs are run by `tests/tests/systems/interop.rs`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;

use workspace_tests::desk::program;
use workspace_tests::root;

use crate::demo::desk;

/// A command of the page, and what it shows of its output.
struct Shown {
    command: String,
    output: Vec<String>,
}

fn page() -> String {
    fs::read_to_string(root().join("docs/auditor-guide.md")).unwrap()
}

/// The blocks that say `console demo`: lines that begin with `$ ` are commands, the others what they print.
fn shown(page: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for block in page.split("```console demo\n").skip(1) {
        for line in block.split("\n```").next().unwrap().lines() {
            match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => found.push(Shown { command: command.to_owned(), output: Vec::new() }),
                (None, last) => last.unwrap().output.push(line.to_owned()),
            }
        }
    }
    found
}

/// What differs from one demonstration to the next, as the page writes it: `<digest>` for a SHA-256 value, `<run>` for what follows the time
/// in a run's id, `<port>` for that of the server which replays the recorded answers.
fn steadied(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = |is: fn(&char) -> bool, text: &str| text.chars().take_while(is).count();
        let hex = length(|c| matches!(c, '0'..='9' | 'a'..='f'), rest);
        if let Some(after) = rest.strip_prefix("127.0.0.1:") {
            out.push_str("127.0.0.1:<port>");
            rest = &after[length(char::is_ascii_digit, after)..];
        } else if hex == 64 {
            out.push_str("<digest>");
            rest = &rest[64..];
        } else if let Some(after) = rest.strip_prefix('-')
            && length(|c| matches!(c, '0'..='9' | 'a'..='f'), after) == 8
            && out.len() > 16
            && out.as_bytes()[out.len() - 7] == b't'
        {
            out.push_str("-<run>");
            rest = &after[8..];
        } else {
            // A run of digits and letters stays together: nothing within a word is a digest.
            let taken = hex.max(first.len_utf8());
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
    }
    out
}

/// Whether the lines are these, where `…` alone stands for any lines.
fn fits(lines: &[&str], expected: &[&str]) -> bool {
    let parts: Vec<&[&str]> = expected.split(|line| line.trim() == "…").collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some((last, between)) = rest.split_last() else { return lines == *first };
    let Some(mut left) = lines.strip_prefix(*first) else { return false };
    for part in between.iter().filter(|part| !part.is_empty()) {
        let Some(at) = left.windows(part.len()).position(|window| window == *part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    // A store is closed to others.
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn every_command_of_the_ten_questions_prints_what_the_page_shows() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("demo");
    copy(&desk().path("d"), &folder);
    let programs = program("witnessmark-verify").parent().unwrap().to_owned();
    let page = page();
    let all = shown(&page);
    assert!(all.len() >= 12, "{}", all.len());
    let mut wrong = Vec::new();
    for Shown { command, output } in &all {
        let mut shell = desk().command(Path::new("/bin/sh"));
        let path = std::env::join_paths([programs.as_path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        let ran = shell.args(["-c", command]).env("PATH", path).current_dir(&folder).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        let said = steadied(&said);
        let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
        let expected: Vec<&str> = output.iter().map(String::as_str).collect();
        if !fits(&lines, &expected) {
            wrong.push(format!("$ {command}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "these print otherwise than the page shows:\n{}", wrong.join("\n"));
    for asked in [
        "witnessmark-verify bundle-2.tar",
        "witnessmark-verify audit",
        "witnessmark-verify reassess",
        "witnessmark-verify ask",
        "witnessmark redact",
        "--challenge",
        "--requests",
    ] {
        assert!(all.iter().any(|shown| shown.command.contains(asked)), "no question is answered by `{asked}`");
    }
}

#[test]
fn there_are_ten_questions_each_with_its_answer() {
    let page = page();
    let (_, part) = page.split_once("## 10. Ten questions\n").unwrap();
    let part = part.split("\n## ").next().unwrap();
    let questions: Vec<&str> = part.split("\n### ").skip(1).collect();
    assert_eq!(questions.len(), 10);
    for (number, question) in (1..).zip(&questions) {
        assert!(question.starts_with(&format!("{number}. ")), "{question}");
        let answered = question.contains("```console demo\n") || question.contains("cannot be answered");
        assert!(answered, "neither a command nor that it cannot be answered: {question}");
    }
}

#[test]
fn only_what_differs_is_steadied() {
    let digest = "0123456789abcdef".repeat(4);
    let text = format!(
        "run 20261130t182851-d01a1567 at http://127.0.0.1:43283: {digest} {digest}0 arn:aws:kms:eu-west-1:111122223333 3f82ab6d-1c94"
    );
    let steady = format!(
        "run 20261130t182851-<run> at http://127.0.0.1:<port>: <digest> {digest}0 arn:aws:kms:eu-west-1:111122223333 3f82ab6d-1c94"
    );
    assert_eq!(steadied(&text), steady);
    assert!(fits(&["a", "b", "c"], &["a", "…", "c"]));
    assert!(fits(&["a", "b", "c"], &["…"]));
    assert!(!fits(&["a", "b", "c"], &["a", "c"]));
    assert!(!fits(&["a", "b"], &["a", "…", "c"]));
}
