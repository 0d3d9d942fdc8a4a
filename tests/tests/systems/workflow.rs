//! The workflow and the Action of `deploy/github`, as actionlint and shellcheck read them. No job of GitHub is run.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::system;
use workspace_tests::desk::Answer;
use workspace_tests::root;

fn said(program: &Path, arguments: &[&str], folder: &Path) -> Answer {
    Answer::of(&Command::new(program).args(arguments).current_dir(folder).output().unwrap())
}

/// A repository as the workflow's comment says to make it, with one change, as actionlint reads it.
fn linted(change: impl Fn(&str) -> String) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let path = folder.path().join(to);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(root().join(from), path).unwrap();
    };
    for name in ["action.yml", "run.sh"] {
        copy(&format!("deploy/github/action/{name}"), &format!(".github/actions/witnessmark/{name}"));
    }
    copy(".github/actionlint.yaml", ".github/actionlint.yaml");
    let text = fs::read_to_string(root().join("deploy/github/witnessmark.yml")).unwrap();
    let workflows = folder.path().join(".github/workflows");
    fs::create_dir_all(&workflows).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(workflows.join("witnessmark.yml"), change(&text)).unwrap();
    let program = system("WITNESSMARK_TEST_ACTIONLINT");
    said(Path::new(&program), &["-shellcheck=", "-pyflakes=", "-no-color"], folder.path())
}

#[test]
fn the_workflow_and_the_action_are_what_github_takes() {
    let answer = linted(str::to_owned);
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{answer:?}");
    let renamed = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        linted(move |text| {
            assert!(text.contains(&from), "{from}");
            text.replace(&from, &to)
        })
    };
    // It reads the Action as well, not the workflow alone.
    for (from, to, word) in [
        ("          store: ", "          stores: ", "\"stores\""),
        ("          keys: /var/lib/witnessmark/keys\n", "", "\"keys\""),
        ("cancel-in-progress", "cancel-in-progres", "cancel-in-progres"),
    ] {
        let answer = renamed(from, to);
        assert!(answer.code == 1 && answer.stdout.contains(word), "{to}: {answer:?}");
    }
}

#[test]
fn the_script_is_clean() {
    let program = Path::new(&system("WITNESSMARK_TEST_LINTERS")).join("shellcheck");
    let answer = said(&program, &["deploy/github/action/run.sh"], &root());
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{answer:?}");
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("wrong.sh"), "#!/bin/sh\nrm -rf $1/*\n").unwrap();
    let answer = said(&program, &["wrong.sh"], scratch.path());
    assert!(answer.code != 0 && answer.stdout.contains("SC2115"), "{answer:?}");
}
