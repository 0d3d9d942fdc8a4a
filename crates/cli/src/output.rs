//! The one door to stdout: data, as text for a person or as JSON.

use std::io::Write as _;

use model::{Formed, Output};
use serde::Serialize;

pub use crate::args::Format;
use crate::failure::Failure;

/// Prints a text for a person to stdout.
///
/// # Errors
/// When stdout cannot be written, for example to a full disk. A closed pipe is the reader's choice and no error.
pub fn text(text: &str) -> Result<(), Failure> {
    print(model::printable::screen(text).as_bytes())
}

/// Prints a text to stdout as it is: for programs, or to be signed.
///
/// # Errors
/// When stdout cannot be written.
pub fn exact(text: &str) -> Result<(), Failure> {
    print(text.as_bytes())
}

/// Prints an object of a form as indented JSON and a line feed.
///
/// # Errors
/// When stdout cannot be written.
pub fn json(object: &impl Formed) -> Result<(), Failure> {
    foreign_json(&Output(object))
}

/// Prints JSON whose form is not ours, such as a policy of AWS or a JSON Schema.
///
/// # Errors
/// When stdout cannot be written.
pub fn foreign_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(Failure::tool)?;
    bytes.push(b'\n');
    print(&bytes)
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::tool(anyhow::Error::new(error).context("cannot write to stdout")))
        }
        _ => Ok(()),
    }
}
