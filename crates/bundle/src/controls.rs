//! `ledger/controls/<index>.txt` of an exported ledger: what a sealed run says of its controls, or a person of what was done for them, with the proof
//! that it stands at its place under the root that the entry's statement signs. `docs/spec/ledger.md` §4.
//!
//! Texts and uses of checks are there once for each of their digests (`basis`): where an earlier file has them, they are the same.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};

use ledger::{CompactRange, ProofError, leaf_hash, range_proof, verify_range};
use model::record::{Override, RunStatus};
use model::{Digest, RecordType};

use crate::basis::BasisHasher;
use crate::layout::Entry;
use crate::limits;
use crate::read::{Content, ReadError, Source, find};
use crate::statement::{Kind, Predicate, Segment};

/// First line of each file.
const FIRST: &[u8] = b"witnessmark-controls/1";
/// 64 digits and LF.
const LEAF_LINE: usize = 65;

/// The records of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub kind: RecordType,
    /// All of them, without LF.
    pub lines: Vec<Vec<u8>>,
}

/// Why a file is refused. It is about the contents alone: that the statement is genuine is proven elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlsError {
    #[error("it does not have the records that belong there, in the form of such a file")]
    Form,
    #[error("its `{kind}` records are not those that were sealed: {error}")]
    Proof { kind: RecordType, error: ProofError },
    #[error("the digests in the statement's `basis` are not those of its records")]
    Basis,
}

/// Why no file can be made of a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("its leaves and records are not as many as its statement signs")]
    OtherRecords,
    #[error("it has more than {max} bytes of controls", max = limits::CONTROLS_FILE_MAX)]
    TooLong,
}

/// Which records belong into the file of each entry, one entry after the other.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    checks: BTreeSet<Digest>,
    parameters: BTreeSet<Digest>,
}

impl Wanted {
    /// The types of records that belong into the file of this entry, ascending. `None`: it says nothing of controls, and has no file.
    #[must_use]
    pub fn of(&self, said: &Predicate) -> Option<Vec<RecordType>> {
        let whole = said.rehearsal.iter().any(|one| *one != Override::Target);
        if !matches!(said.kind, Kind::Run | Kind::Record) || said.status == RunStatus::Failed || whole {
            return None;
        }
        let basis = said.basis.as_ref();
        let wanted = |kind: &RecordType| match kind {
            RecordType::Check => basis.is_none_or(|basis| !self.checks.contains(&basis.checks)),
            RecordType::Assignment => basis.is_none_or(|basis| !self.parameters.contains(&basis.parameters)),
            // Which targets are rehearsals.
            RecordType::Route => !said.rehearsal.is_empty(),
            RecordType::Control => true,
            _ => false,
        };
        let wanted = |kind: &RecordType| match said.kind {
            Kind::Record => *kind == RecordType::Recorded,
            _ => wanted(kind),
        };
        Some(RecordType::ALL.into_iter().filter(wanted).filter(|kind| said.records.segment(*kind).is_some()).collect())
    }

    /// The file of this entry is there.
    pub fn took(&mut self, said: &Predicate) {
        if let Some(basis) = &said.basis {
            self.checks.insert(basis.checks);
            self.parameters.insert(basis.parameters);
        }
    }
}

/// Makes the file from a bundle. What comes out is proven by whoever reads it.
///
/// # Errors
/// When the bundle cannot be read, or does not have what its statement says.
pub fn of_bundle(source: &mut dyn Source, said: &Predicate, wanted: &[RecordType]) -> Result<Vec<u8>, MakeError> {
    let leaves = leaves(source, said.records.count)?;
    let mut file = [FIRST, b"\n"].concat();
    if find(source, &Entry::Records)?.is_none() {
        return Err(MakeError::OtherRecords);
    }
    let mut records = BufReader::new(Content(source));
    let mut next = 0;
    let mut line = Vec::new();
    for segment in said.records.segments.iter().filter(|segment| wanted.contains(&segment.t)) {
        while next < segment.first {
            skip_line(&mut records)?;
            next += 1;
        }
        file.extend_from_slice(segment.t.as_str().as_bytes());
        file.push(b'\n');
        for _ in 0..segment.count {
            line.clear();
            let max = limits::CONTROLS_FILE_MAX;
            (&mut records).take(max + 1).read_until(b'\n', &mut line).map_err(io)?;
            if (file.len() + line.len()) as u64 > max {
                return Err(MakeError::TooLong);
            }
            if line.last() != Some(&b'\n') {
                return Err(MakeError::OtherRecords);
            }
            file.extend_from_slice(&line);
            next += 1;
        }
        for hash in proof(&leaves, *segment)? {
            file.extend_from_slice(format!("{hash}\n").as_bytes());
        }
    }
    if file.len() as u64 > limits::CONTROLS_FILE_MAX {
        return Err(MakeError::TooLong);
    }
    Ok(file)
}

fn io(error: std::io::Error) -> ReadError {
    ReadError::Io { path: crate::layout::RECORDS.to_owned(), error }
}

fn leaves(source: &mut dyn Source, count: u64) -> Result<Vec<Digest>, MakeError> {
    if find(source, &Entry::Leaves)?.is_none() {
        return Err(MakeError::OtherRecords);
    }
    let mut file = BufReader::with_capacity(LEAF_LINE * 512, Content(source));
    let mut leaves = Vec::new();
    let mut line = [0; LEAF_LINE];
    for _ in 0..count {
        file.read_exact(&mut line).map_err(|_| MakeError::OtherRecords)?;
        let hex = line.strip_suffix(b"\n").and_then(|hex| std::str::from_utf8(hex).ok());
        leaves.push(hex.and_then(|hex| hex.parse().ok()).ok_or(MakeError::OtherRecords)?);
    }
    if file.read(&mut line).map_err(io)? > 0 {
        return Err(MakeError::OtherRecords);
    }
    Ok(leaves)
}

/// Reads over a line without keeping it.
fn skip_line(records: &mut impl std::io::BufRead) -> Result<(), MakeError> {
    loop {
        let found = records.fill_buf().map_err(io)?;
        if found.is_empty() {
            return Err(MakeError::OtherRecords);
        }
        let end = found.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(found.len(), |end| end + 1);
        records.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn proof(leaves: &[Digest], segment: Segment) -> Result<Vec<Digest>, MakeError> {
    let mut subtree = |level: u32, index: u64| {
        let begin = usize::try_from(index << level).map_err(|_| MakeError::OtherRecords)?;
        let end = usize::try_from((index + 1) << level).map_err(|_| MakeError::OtherRecords)?;
        let mut tree = CompactRange::new();
        leaves.get(begin..end).ok_or(MakeError::OtherRecords)?.iter().for_each(|leaf| tree.append(*leaf));
        Ok::<_, MakeError>(tree.root())
    };
    let size = leaves.len() as u64;
    range_proof(segment.first, segment.count, size, &mut subtree)?.ok_or(MakeError::OtherRecords)
}

/// Reads the file, and proves its records from what the statement signs.
///
/// # Errors
/// When it is not exactly the file that belongs there.
pub fn parse(bytes: &[u8], said: &Predicate, wanted: &[RecordType]) -> Result<Vec<Part>, ControlsError> {
    let text = bytes.strip_suffix(b"\n").ok_or(ControlsError::Form)?;
    let mut lines = text.split(|byte| *byte == b'\n').peekable();
    if lines.next() != Some(FIRST) {
        return Err(ControlsError::Form);
    }
    let records = &said.records;
    let mut parts = Vec::new();
    let mut basis = BasisHasher::default();
    for kind in wanted {
        let segment = records.segment(*kind).ok_or(ControlsError::Form)?;
        if lines.next() != Some(kind.as_str().as_bytes()) {
            return Err(ControlsError::Form);
        }
        let mut own = Vec::new();
        let mut leaves = Vec::new();
        for _ in 0..segment.count {
            let line = lines.next().ok_or(ControlsError::Form)?;
            leaves.push(leaf_hash(line));
            basis.line(*kind, line);
            own.push(line.to_vec());
        }
        let mut proof = Vec::new();
        while let Some(hash) = lines.peek().and_then(|line| std::str::from_utf8(line).ok()?.parse::<Digest>().ok()) {
            proof.push(hash);
            lines.next();
        }
        verify_range(&leaves, segment.first, records.count, &proof, &records.root)
            .map_err(|error| ControlsError::Proof { kind: *kind, error })?;
        parts.push(Part { kind: *kind, lines: own });
    }
    if lines.next().is_some() {
        return Err(ControlsError::Form);
    }
    let found = basis.finish();
    if let Some(said) = &said.basis {
        let other = |kind: RecordType, found: Digest, said: Digest| wanted.contains(&kind) && found != said;
        if other(RecordType::Check, found.checks, said.checks)
            || other(RecordType::Assignment, found.parameters, said.parameters)
        {
            return Err(ControlsError::Basis);
        }
    }
    Ok(parts)
}
