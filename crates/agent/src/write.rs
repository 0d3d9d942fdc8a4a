//! From what was recorded and judged to the files of a bundle: `records.jsonl`, `leaves.txt`, `raw/`.
//!
//! Every type is one segment, already in order; nothing larger than one record is held in memory.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use bundle::layout;
use bundle::writer::{RecordWriter, SALT, WriteError, WrittenRecords};
use model::record::{Acceptance, Assignment, Check, Control, Declaration, Host, Run};
use model::{Digest, RecordType};

use crate::spool::{KeptBody, Recorded};

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
    /// Findings as JSON lines, in order.
    pub findings: &'a Path,
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
}

/// Writes all records and raw files into `staging`. Bodies are moved out of the spool, which is used up.
///
/// # Errors
/// When files cannot be read or written; nothing outside `staging` is touched but the spool.
pub fn write(
    staging: &Path,
    evidence: &Evidence<'_>,
    randomness: Randomness<'_>,
) -> Result<WrittenRecords, WriteBundleError> {
    let records = create(staging, layout::RECORDS)?;
    let leaves = create(staging, layout::LEAVES)?;
    let mut raw = RawFiles { staging, next: 0, made: None };
    let mut out = RecordWriter::new(records, leaves, randomness);

    out.push(RecordType::Run, evidence.run)?;
    out.push(RecordType::Host, evidence.host)?;
    for (path, bytes) in evidence.declared {
        let raw = raw.write(bytes)?;
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
    let findings = File::open(evidence.findings).map_err(WriteBundleError::Spool)?;
    for line in BufReader::new(findings).split(b'\n') {
        out.push_json(RecordType::Finding, &line.map_err(WriteBundleError::Spool)?)?;
    }
    for control in evidence.controls {
        out.push(RecordType::Control, control)?;
    }
    let (written, ..) = out.finish()?;
    Ok(written)
}

fn write_recorded<R: Write, L: Write, F: FnMut(&mut [u8; SALT]) -> io::Result<()>>(
    out: &mut RecordWriter<R, L, F>,
    raw: &mut RawFiles<'_>,
    recorded: &Recorded,
) -> Result<(), WriteBundleError> {
    let (mut text, mut bytes) = (Vec::new(), Vec::new());
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
        let file = match recorded.kept_body(ordinal, &mut bytes).map_err(WriteBundleError::Spool)? {
            Some(KeptBody::Read) => Some(raw.write(&bytes)?),
            Some(KeptBody::File(path)) => Some(raw.move_in(&path)?),
            None => None,
        };
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

/// The raw files of a bundle, numbered in the order of the records that own them.
struct RawFiles<'a> {
    staging: &'a Path,
    next: u64,
    /// The folder that was made last: many files in a row lie in one.
    made: Option<PathBuf>,
}

impl RawFiles<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<u64, WriteBundleError> {
        let (number, file) = self.place()?;
        fs::write(self.staging.join(&file), bytes).map_err(|source| WriteBundleError::File { file, source })?;
        Ok(number)
    }

    fn move_in(&mut self, from: &Path) -> Result<u64, WriteBundleError> {
        let (number, file) = self.place()?;
        fs::rename(from, self.staging.join(&file)).map_err(|source| WriteBundleError::File { file, source })?;
        Ok(number)
    }

    fn place(&mut self) -> Result<(u64, String), WriteBundleError> {
        let file = layout::raw(self.next);
        let folder = Path::new(&file).parent().unwrap_or(Path::new(""));
        if self.made.as_deref() != Some(folder) {
            fs::create_dir_all(self.staging.join(folder))
                .map_err(|source| WriteBundleError::File { file: file.clone(), source })?;
            self.made = Some(folder.to_owned());
        }
        self.next += 1;
        Ok((self.next - 1, file))
    }
}

fn create(staging: &Path, name: &str) -> Result<BufWriter<File>, WriteBundleError> {
    let file = File::create_new(staging.join(name))
        .map_err(|source| WriteBundleError::File { file: name.to_owned(), source })?;
    Ok(BufWriter::with_capacity(1 << 16, file))
}
