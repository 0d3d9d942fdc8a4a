//! A collector's recorded lines, said again: what reads a source that a demonstration does not have.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;

use sdk::CollectorKind;

use crate::ServeError;
use crate::protocol::{Answer, Nothing, Request};

/// Answers the protocol on standard input and output with lines that the same collector wrote once, when it was asked the same.
/// What it is it says anew.
///
/// # Errors
/// When whoever started it breaks off or does not speak the protocol.
pub fn replay(kind: &Arc<dyn CollectorKind>, recorded: &str) -> Result<(), ServeError> {
    let said = |line: &&str| !line.starts_with("{\"descriptor\"");
    let mut lines = recorded.lines().filter(said);
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Request::Describe(_) => {
                let mut line = serde_json::to_vec(&Answer::Descriptor(Box::new(kind.descriptor())))?;
                line.push(b'\n');
                out.write_all(&line)?;
            }
            Request::Identify(_) => until("identity", &mut lines, &mut out)?,
            Request::Collect(_) => until("done", &mut lines, &mut out)?,
            Request::Preflight(_) => {
                let mut line = serde_json::to_vec(&Answer::Done(Nothing {}))?;
                line.push(b'\n');
                out.write_all(&line)?;
            }
        }
        out.flush()?;
    }
    Ok(())
}

/// Says lines until one of this word was said.
fn until<'a>(word: &str, lines: &mut impl Iterator<Item = &'a str>, out: &mut impl io::Write) -> io::Result<()> {
    let last = format!("{{\"{word}\"");
    for line in lines {
        writeln!(out, "{line}")?;
        if line.starts_with(&last) {
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the recording ends before `{word}`")))
}
