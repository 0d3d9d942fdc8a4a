//! What of a record is looked at: the smallest that has to pass from a bundle that is being verified to the comparison.

use model::record::{Acceptance, Control, Finding, Gap};
use model::{Digest, RecordRef, Timestamp};
use serde_json::value::RawValue;

/// A record of one of the two bundles.
#[derive(Clone, Debug)]
pub struct Item {
    pub at: RecordRef,
    pub what: Seen,
}

/// What it says, as far as it is looked at.
#[derive(Clone, Debug)]
pub enum Seen {
    /// It is withheld.
    Withheld,
    Run(SeenRun),
    /// By target the identity that was found there.
    Host(Vec<(String, String)>),
    File(SeenFile),
    Check(SeenCheck),
    Acceptance(Box<Acceptance>),
    Assignment(SeenUse),
    Route(SeenRoute),
    Coverage(SeenCoverage),
    Gap(Box<Gap>),
    /// A `resource` or a `derived`.
    Object(Box<SeenObject>),
    Finding(Box<Finding>),
    Control(Box<Control>),
}

/// The run, and by which program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRun {
    pub started: Timestamp,
    pub program: String,
    pub program_sha256: Digest,
    /// It was a rehearsal of every target.
    pub rehearsal: bool,
}

/// A declared file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFile {
    pub path: String,
    pub sha256: Digest,
}

/// A text of a check or library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCheck {
    pub id: String,
    pub sha256: Digest,
    /// The libraries that it names.
    pub libraries: Vec<String>,
    /// Whether it asks for the time.
    pub asks_time: bool,
}

/// A use of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenUse {
    pub control: String,
    pub check: String,
    pub targets: Vec<String>,
    /// As JSON text.
    pub parameters: String,
    /// Of all else that it says, but the time.
    pub rest: Digest,
}

/// A way to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRoute {
    pub target: String,
    pub collector: String,
    /// Of all that it says.
    pub digest: Digest,
    pub rehearsal: bool,
}

/// How completely a population was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCoverage {
    pub target: String,
    pub collector: String,
    pub population: String,
    pub complete: bool,
}

/// A resource, or what was derived from others.
#[derive(Clone, Debug)]
pub struct SeenObject {
    pub target: String,
    pub collector: String,
    pub population: String,
    pub kind: String,
    pub id: String,
    pub facts: Box<RawValue>,
    /// Of a derived one what it was computed from; of others nothing.
    pub inputs: Vec<RecordRef>,
    /// Of the answers that its parts were read from, where all of them are there: two objects with the same one were made of the same bytes.
    pub answers: Option<u128>,
}
