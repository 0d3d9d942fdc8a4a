//! From what was recorded and judged to a bundle that is to be sealed: `leaves.txt`, `records.jsonl`, `raw/`.
//!
//! Every type is one segment, already in order; nothing larger than one record is held in memory.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};
use std::ops::RangeFrom;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use bundle::export::ExportError;
use bundle::layout::{self, Entry};
use bundle::writer::{RecordWriter, SALT, WriteError, WrittenRecords};
use model::record::{Acceptance, Assignment, Check, Control, Declaration, Host, Run};
use model::{Digest, RecordType};

use crate::findings::SortedFindings;
use crate::seal::Session;
use crate::seal::pack::BodyWriter;
use crate::spool::Recorded;

/// Fills a salt.
pub type Randomness<'a> = &'a mut dyn FnMut(&mut [u8; SALT]) -> io::Result<()>;

/// Everything that becomes records, in the order of the bundle.
#[derive(Debug)]
pub struct Evidence<'a> {
    pub run: &'a Run,
    pub host: &'a Host,
    /// Path and bytes of every declared file.
    pub declared: &'a [(&'a str, &'a [u8])],
    pub checks: &'a [Check],
    pub acceptances: &'a [Acceptance],
    pub assignments: &'a [Assignment],
    pub recorded: &'a Recorded,
    pub findings: &'a SortedFindings,
    pub controls: &'a [Control],
}

/// Why a bundle's files could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteBundleError {
    #[error("cannot write the bundle's `{file}`")]
    File {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("what the run had spooled cannot be read back")]
    Spool(#[source] io::Error),
    #[error(transparent)]
    Records(#[from] WriteError),
    #[error(transparent)]
    Pack(#[from] ExportError),
}

/// Writes all that a bundle has but its statement into the file that `session` names, by way of the run's scratch: how long
/// `leaves.txt` is, which is first, is known last.
///
/// # Errors
/// When files cannot be read or written; nothing is touched but scratch and that file.
pub fn write(
    session: &Session,
    evidence: &Evidence<'_>,
    randomness: Randomness<'_>,
) -> Result<WrittenRecords, WriteBundleError> {
    let (written, records, leaves) = write_records(session.scratch(), evidence, randomness)?;
    let staged = session.staged();
    let failed = |source| WriteBundleError::File { file: staged.display().to_string(), source };
    let mut body = BodyWriter::create(staged).map_err(failed)?;
    for (entry, mut file) in [(Entry::Leaves, leaves), (Entry::Records, records)] {
        file.rewind().map_err(WriteBundleError::Spool)?;
        let size = file.metadata().map_err(WriteBundleError::Spool)?.len();
        body.append(entry, size, file)?;
    }
    let mut numbers = 0..;
    let mut raw = || Entry::Raw(numbers.next().unwrap_or(u64::MAX));
    for (_, bytes) in evidence.declared {
        body.append(raw(), bytes.len() as u64, *bytes)?;
    }
    for ordinal in 0..evidence.recorded.exchange_count() as u64 {
        if let Some(kept) = evidence.recorded.kept_body(ordinal).map_err(WriteBundleError::Spool)? {
            body.append(raw(), kept.len(), kept)?;
        }
    }
    body.finish()?;
    Ok(written)
}

/// The two files of records, to be read from their beginning.
fn write_records(
    scratch: &Path,
    evidence: &Evidence<'_>,
    randomness: Randomness<'_>,
) -> Result<(WrittenRecords, File, File), WriteBundleError> {
    let records = create(scratch, layout::RECORDS)?;
    let leaves = create(scratch, layout::LEAVES)?;
    let mut raw = 0..;
    let mut out = RecordWriter::new(records, leaves, randomness);

    out.push(RecordType::Run, evidence.run)?;
    out.push(RecordType::Host, evidence.host)?;
    for (path, bytes) in evidence.declared {
        let raw = raw.next().unwrap_or(u64::MAX);
        let declaration =
            Declaration { path: (*path).to_owned(), size: bytes.len() as u64, sha256: Digest::of(bytes), raw };
        out.push(RecordType::Declaration, &declaration)?;
    }
    for check in evidence.checks {
        out.push(RecordType::Check, check)?;
    }
    for acceptance in evidence.acceptances {
        out.push(RecordType::Acceptance, acceptance)?;
    }
    for assignment in evidence.assignments {
        out.push(RecordType::Assignment, assignment)?;
    }
    write_recorded(&mut out, &mut raw, evidence.recorded)?;
    for text in evidence.findings.texts() {
        out.push_json(RecordType::Finding, &text.map_err(WriteBundleError::Spool)?)?;
    }
    for control in evidence.controls {
        out.push(RecordType::Control, control)?;
    }
    let (written, records, leaves) = out.finish()?;
    let flushed =
        |file: BufWriter<File>| file.into_inner().map_err(|error| WriteBundleError::Spool(error.into_error()));
    Ok((written, flushed(records)?, flushed(leaves)?))
}

fn write_recorded<R: Write, L: Write, F: FnMut(&mut [u8; SALT]) -> io::Result<()>>(
    out: &mut RecordWriter<R, L, F>,
    raw: &mut RangeFrom<u64>,
    recorded: &Recorded,
) -> Result<(), WriteBundleError> {
    let mut text = Vec::new();
    for route in recorded.routes() {
        out.push(RecordType::Route, route)?;
    }
    for peer in recorded.peers() {
        out.push(RecordType::Peer, peer)?;
    }
    let count = recorded.exchange_count() as u64;
    for ordinal in 0..count {
        recorded.exchange_text(ordinal, &mut text).map_err(WriteBundleError::Spool)?;
        out.push_json(RecordType::Exchange, &text)?;
    }
    for ordinal in 0..count {
        recorded.params_text(ordinal, &mut text).map_err(WriteBundleError::Spool)?;
        out.push_json(RecordType::Params, &text)?;
    }
    for ordinal in 0..count {
        let file = recorded.is_kept(ordinal).map_err(WriteBundleError::Spool)?.then(|| raw.next().unwrap_or(u64::MAX));
        if recorded.body_text(ordinal, file, &mut text).map_err(WriteBundleError::Spool)? {
            out.push_json(RecordType::Body, &text)?;
        }
    }
    for coverage in recorded.coverage() {
        out.push(RecordType::Coverage, coverage)?;
    }
    for gap in recorded.gaps() {
        out.push(RecordType::Gap, gap)?;
    }
    for resource in recorded.resources() {
        out.push(RecordType::Resource, &resource.map_err(WriteBundleError::Spool)?)?;
    }
    for derived in recorded.derived() {
        out.push(RecordType::Derived, &derived.map_err(WriteBundleError::Spool)?)?;
    }
    Ok(())
}

fn create(scratch: &Path, name: &str) -> Result<BufWriter<File>, WriteBundleError> {
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(scratch.join(name))
        .map_err(|source| WriteBundleError::File { file: name.to_owned(), source })?;
    Ok(BufWriter::with_capacity(1 << 16, file))
}
