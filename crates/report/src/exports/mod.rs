//! What a bundle says, for readers of other people: SARIF for code scanning, JUnit for a CI, Markdown for a summary or a pull request.
//!
//! Each of them says first what has to be known before any count is read (a rehearsal, what is withheld, marks), and counts what it
//! leaves out. None of them is the evidence: that is the bundle, which each one names.

mod gather;
mod junit;
pub(crate) mod markdown;
mod said;
mod sarif;

use std::io;

use verify::VerifiedBundle;

pub use gather::ExportReader;
use said::Said;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// OASIS SARIF 2.1.0, as JSON.
    Sarif,
    /// The XML that began with Ant's JUnit task and that most CI systems read. It has no standard.
    Junit,
    /// Markdown of GitHub's flavour.
    Markdown,
}

/// Writes what was gathered of an accepted bundle.
///
/// # Errors
/// When it cannot be put into the form. An empty file would look clean.
pub fn render_export(
    form: Export,
    reader: ExportReader,
    bundle: &VerifiedBundle,
    report: &verify::Report,
) -> io::Result<String> {
    let gathered = reader.finish(bundle);
    let said = Said { bundle, report, gathered: &gathered };
    match form {
        Export::Sarif => sarif::render(&said),
        Export::Junit => junit::render(&said),
        Export::Markdown => Ok(markdown::render(&said)),
    }
}
