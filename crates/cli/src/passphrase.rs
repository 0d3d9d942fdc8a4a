//! Where the passphrase of the key files comes from: a file, the environment, or a person at a terminal.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use model::Secret;

use crate::failure::Failure;

const FILE: &str = "WITNESSMARK_PASSPHRASE_FILE";
const VALUE: &str = "WITNESSMARK_PASSPHRASE";
const MOST_BYTES: u64 = 4096;

/// Asks once.
///
/// # Errors
/// When there is no passphrase and no one to ask.
pub fn ask(file: Option<&Path>) -> Result<Secret, Failure> {
    match given(file)? {
        Some(secret) => Ok(secret),
        None => passphrase("Passphrase of the key files: "),
    }
}

/// Asks twice and compares: for new keys.
///
/// # Errors
/// As [`ask`], and when the two differ.
pub fn ask_twice(file: Option<&Path>) -> Result<Secret, Failure> {
    if let Some(secret) = given(file)? {
        return Ok(secret);
    }
    let first = passphrase("New passphrase for the key files: ")?;
    let second = passphrase("Repeat the passphrase: ")?;
    if first.expose() == second.expose() {
        Ok(first)
    } else {
        Err(Failure::input(anyhow!("the two passphrases differ")))
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
fn given(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let file = file.map(PathBuf::from).or_else(|| std::env::var_os(FILE).map(PathBuf::from));
    if let Some(file) = file {
        return read(&file).map(Some);
    }
    Ok(std::env::var(VALUE).ok().map(Secret::new))
}

fn read(file: &Path) -> Result<Secret, Failure> {
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES).read_to_string(&mut text))
        .with_context(|| format!("cannot read the passphrase file `{}`", file.display()))
        .map_err(Failure::input)?;
    // Editors add a line feed at the end that is not part of the passphrase.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

fn passphrase(question: &str) -> Result<Secret, Failure> {
    prompt(
        question,
        "the key files need a passphrase, and there is no terminal to prompt on",
        &format!("give `--passphrase-file FILE`, or set {FILE} or {VALUE}"),
    )
}

/// Asks a person at the terminal, without echo.
///
/// # Errors
/// With `nobody` and `help` where there is no terminal.
pub fn prompt(question: &str, nobody: &'static str, help: &str) -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::input(anyhow!(nobody)).with_help(help));
    }
    rpassword::prompt_password(question)
        .map(Secret::new)
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot prompt on the terminal")))
}
