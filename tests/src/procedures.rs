//! The procedures of `docs/operating.md`, run out of the document itself.
#![expect(clippy::expect_used, clippy::panic, reason = "what a test is built from stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::desk::{Answer, Desk, program};

/// The fenced blocks that have a name.
///
/// # Panics
/// When there is another block, or a name twice.
#[must_use]
pub fn procedures() -> BTreeMap<String, String> {
    let page = fs::read_to_string(crate::root().join("docs/operating.md")).expect("the page");
    let mut found = BTreeMap::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(tag) = line.strip_prefix("```") else { continue };
        let Some(name) = tag.strip_prefix("sh procedure=") else { panic!("a block that no test runs: {line}") };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        assert!(found.insert(name.to_owned(), text.join("\n")).is_none(), "`{name}` is a duplicate");
    }
    found
}

/// Runs a procedure as a person does, and stops at the first command that fails.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn followed(desk: &Desk, text: &str) -> Answer {
    let programs = program("witnessmark").parent().expect("a folder").display().to_string();
    let mut command = desk.command(Path::new("/bin/sh"));
    let output = command.env("PATH", format!("{programs}:/usr/bin:/bin")).args(["-euc", text]).output();
    Answer::of(&output.expect("a shell"))
}
