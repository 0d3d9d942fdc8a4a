//! Where the passphrase of the key files comes from: a file, the environment, or a person at a terminal.

use std::io::{IsTerminal as _, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use model::Secret;

use crate::conceal::{self, MOST_BYTES, VALUE};
use crate::failure::Failure;

const FILE: &str = "WITNESSMARK_PASSPHRASE_FILE";

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

/// Asks for that of a person's own key file. The environment has the custodian's, which is another one.
///
/// # Errors
/// As [`ask`].
pub fn ask_for(file: Option<&Path>, of: &str) -> Result<Secret, Failure> {
    match file {
        Some(file) => read(file),
        None => prompt(
            &format!("Passphrase of `{of}`: "),
            "the person's key file needs a passphrase, and there is no terminal to prompt on",
            "give `--key-passphrase-file FILE`",
        ),
    }
}

/// Asks twice and compares: for new keys.
///
/// # Errors
/// As [`ask`], and when the two differ.
pub fn ask_twice(file: Option<&Path>) -> Result<Secret, Failure> {
    match given(file)? {
        Some(secret) => Ok(secret),
        None => new(None),
    }
}

/// Asks twice for a passphrase that takes the place of another one, and compares. The environment has the other one.
///
/// # Errors
/// As [`ask`], and when the two differ.
pub fn new(file: Option<&Path>) -> Result<Secret, Failure> {
    if let Some(file) = file {
        return read(file);
    }
    let first = passphrase("New passphrase for the key files: ")?;
    let second = passphrase("Repeat the passphrase: ")?;
    if first.expose() == second.expose() {
        Ok(first)
    } else {
        Err(Failure::input(anyhow!("the two passphrases differ")))
    }
}

/// The one that nobody has to be asked for.
///
/// # Errors
/// When what should hold it cannot be read.
#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
pub fn given(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let file = file.map(PathBuf::from).or_else(|| std::env::var_os(FILE).map(PathBuf::from));
    file.map_or_else(conceal::passphrase, |file| read(&file).map(Some))
}

fn read(file: &Path) -> Result<Secret, Failure> {
    let shown = file.display();
    let opened = std::fs::File::open(file)
        .with_context(|| format!("cannot read the passphrase file `{shown}`"))
        .map_err(Failure::input)?;
    let metadata = opened
        .metadata()
        .with_context(|| format!("cannot read the passphrase file `{shown}`"))
        .map_err(Failure::input)?;
    // A pipe that the caller opened for us has no mode that others could use. What is not our own cannot be ours alone: Kubernetes and
    // systemd give such files to our group.
    let mode = metadata.permissions().mode() & 0o7777;
    let too_many = if metadata.uid() == rustix::process::geteuid().as_raw() { 0o077 } else { 0o027 };
    if metadata.is_file() && mode & too_many != 0 {
        return Err(Failure::input(anyhow!(
            "the passphrase file `{shown}` has mode {mode:04o}: others than its owner have rights to it"
        ))
        .with_help(format!("`chmod 600 {shown}`, as for key files")));
    }
    let mut text = String::new();
    opened
        .take(MOST_BYTES as u64 + 3)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read the passphrase file `{shown}`"))
        .map_err(Failure::input)?;
    // Editors add a line feed at the end that is not part of the passphrase.
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.len() > MOST_BYTES {
        return Err(Failure::input(anyhow!("the passphrase file `{shown}` has more than {MOST_BYTES} bytes")));
    }
    Ok(Secret::new(line.to_owned()))
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

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_passphrase_file_is_the_owners_alone_and_taken_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let with = |size: usize, end: &str, mode: u32| {
            let mut file = File::create(&path).unwrap();
            file.write_all(("p".repeat(size) + end).as_bytes()).unwrap();
            file.set_permissions(Permissions::from_mode(mode)).unwrap();
            read(&path).map(|secret| secret.expose().len()).ok()
        };
        for mode in [0o600, 0o400] {
            assert_eq!(with(20, "\n", mode), Some(20));
        }
        for mode in [0o644, 0o640, 0o604, 0o660] {
            assert_eq!(with(20, "\n", mode), None, "{mode:o}");
        }
        for (size, end, taken) in [(4096, "", true), (4096, "\r\n", true), (4097, "", false), (9000, "", false)] {
            assert_eq!(with(size, end, 0o600), taken.then_some(size), "{size}");
        }
    }
}
