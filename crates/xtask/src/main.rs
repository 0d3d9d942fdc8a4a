//! The chores of the workspace.
//!
//! ```text
//! cargo xtask generate                      write every file that is derived from types, and only those
//! cargo xtask new-collector NAME            a folder under collectors/ that compiles and conforms, and its lines
//! cargo xtask new-check COLLECTOR/CHECK     a check and its test
//! ```
//!
//! CI runs `generate` and fails when that changes a file.

#![expect(clippy::disallowed_methods, reason = "it writes into a checkout, where git sees every change")]

mod catalogues;
mod generate;
mod help;
mod outputs;
mod scaffold;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    let root = root()?;
    match words {
        ["generate"] => generate::all(&root),
        ["new-collector", name] => scaffold::collector(&root, name),
        ["new-check", id] => scaffold::check(&root, id),
        _ => bail!("usage: cargo xtask generate | new-collector NAME | new-check COLLECTOR/CHECK"),
    }
}

fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.ancestors().nth(2).context("this crate lies two folders below the root")?.to_path_buf())
}
