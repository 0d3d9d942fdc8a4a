//! Writes the records of a bundle in one pass: `records.jsonl`, `leaves.txt`, the Merkle root and
//! the digests that the statement names. Memory is that of the longest line.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::{CompactRange, leaf_hash};
use model::{Digest, RecordRef, RecordType};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::basis::{BasisHasher, OfRecords};
use crate::limits;
use crate::read::json::{Checker, JsonError};
use crate::read::line::RULES;
use crate::statement::{RECORDS_HASH, Records, Segment};

/// Bytes of a record's salt.
pub const SALT: usize = 16;

/// What was written, as the statement says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRecords {
    pub count: u64,
    /// Merkle tree head over the lines.
    pub root: Digest,
    /// The types that occur, in order.
    pub segments: Vec<Segment>,
    /// SHA-256 of `records.jsonl`.
    pub records_sha256: Digest,
    /// SHA-256 of `leaves.txt`.
    pub leaves_sha256: Digest,
    /// Digests of what was judged with, as far as records say it.
    pub basis: OfRecords,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    #[error("the records cannot be written")]
    Io(#[source] io::Error),
    #[error("no randomness for a record's salt")]
    Randomness(#[source] io::Error),
    #[error("a record of type `{0}` cannot be serialised")]
    Serialise(RecordType, #[source] serde_json::Error),
    #[error("a record of type `{0}` is not a JSON object")]
    NotAnObject(RecordType),
    #[error("a record of type `{kind}` is not JSON as the format has it")]
    Json {
        kind: RecordType,
        #[source]
        source: JsonError,
    },
    #[error("a record of type `{kind}` has {length} bytes; at most {max} are allowed", max = limits::LINE_MAX)]
    TooLong { kind: RecordType, length: usize },
    #[error("a bundle has at most {max} records", max = limits::RECORDS_MAX)]
    TooMany,
    #[error("a record of type `{next}` cannot follow one of type `{last}`")]
    Order { last: RecordType, next: RecordType },
    #[error("a bundle has exactly one record of type `run`, which comes first")]
    NotOneRun,
}

/// Writes records, type by type, each type already sorted.
///
/// A salt is drawn when its record is written, so after sorting: it says nothing about the order in
/// which answers came in. Give buffered writers.
pub struct RecordWriter<R, L, F> {
    records: R,
    leaves: L,
    randomness: F,
    records_hash: Sha256,
    leaves_hash: Sha256,
    tree: CompactRange,
    segments: Vec<Segment>,
    basis: BasisHasher,
    line: Vec<u8>,
    checker: Checker,
}

impl<R: Write, L: Write, F: FnMut(&mut [u8; SALT]) -> io::Result<()>> RecordWriter<R, L, F> {
    /// `records` and `leaves` become `records.jsonl` and `leaves.txt`; `randomness` fills a salt.
    pub fn new(records: R, leaves: L, randomness: F) -> Self {
        Self {
            records,
            leaves,
            randomness,
            records_hash: Sha256::new(),
            leaves_hash: Sha256::new(),
            tree: CompactRange::new(),
            segments: Vec::new(),
            basis: BasisHasher::default(),
            line: Vec::new(),
            checker: Checker::new(),
        }
    }

    /// Writes one record, whose body serialises to a JSON object without `salt` and `t`.
    pub fn push(&mut self, kind: RecordType, body: &impl Serialize) -> Result<RecordRef, WriteError> {
        let json = serde_json::to_vec(body).map_err(|source| WriteError::Serialise(kind, source))?;
        self.push_json(kind, &json)
    }

    /// Writes one record whose body is already the text of a JSON object. The text is taken as it
    /// is.
    pub fn push_json(&mut self, kind: RecordType, body: &[u8]) -> Result<RecordRef, WriteError> {
        let members = body.strip_prefix(b"{").ok_or(WriteError::NotAnObject(kind))?;
        self.placeable(kind)?;

        let mut salt = [0; SALT];
        (self.randomness)(&mut salt).map_err(WriteError::Randomness)?;
        self.line.clear();
        self.line.extend_from_slice(b"{\"salt\":\"");
        let salt = URL_SAFE_NO_PAD.encode(salt);
        self.line.extend_from_slice(salt.as_bytes());
        self.line.extend_from_slice(b"\",\"t\":\"");
        self.line.extend_from_slice(kind.as_str().as_bytes());
        self.line.push(b'"');
        if members != b"}" {
            self.line.push(b',');
        }
        self.line.extend_from_slice(members);
        if self.line.len() > limits::LINE_MAX {
            return Err(WriteError::TooLong { kind, length: self.line.len() });
        }
        // What would not be read is not written: facts come from collectors as text.
        self.checker.check(&self.line, RULES).map_err(|source| WriteError::Json { kind, source })?;

        let reference = self.place(kind);
        let leaf = leaf_hash(&self.line);
        self.tree.append(leaf);
        self.basis.line(kind, &self.line);
        self.line.push(b'\n');
        self.records_hash.update(&self.line);
        self.records.write_all(&self.line).map_err(WriteError::Io)?;
        let leaf = format!("{leaf}\n");
        self.leaves_hash.update(leaf.as_bytes());
        self.leaves.write_all(leaf.as_bytes()).map_err(WriteError::Io)?;
        Ok(reference)
    }

    /// How many records were written so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.tree.size()
    }

    /// Flushes both writers and gives them back.
    pub fn finish(mut self) -> Result<(WrittenRecords, R, L), WriteError> {
        if self.segments.is_empty() {
            return Err(WriteError::NotOneRun);
        }
        self.records.flush().map_err(WriteError::Io)?;
        self.leaves.flush().map_err(WriteError::Io)?;
        let written = WrittenRecords {
            count: self.tree.size(),
            root: self.tree.root(),
            segments: self.segments,
            records_sha256: Digest::from_bytes(self.records_hash.finalize().into()),
            leaves_sha256: Digest::from_bytes(self.leaves_hash.finalize().into()),
            basis: self.basis.finish(),
        };
        Ok((written, self.records, self.leaves))
    }

    /// Whether a record of this type may come next.
    fn placeable(&self, kind: RecordType) -> Result<(), WriteError> {
        if self.tree.size() >= limits::RECORDS_MAX {
            return Err(WriteError::TooMany);
        }
        match self.segments.last() {
            Some(last) if last.t > kind => Err(WriteError::Order { last: last.t, next: kind }),
            Some(last) if last.t == kind && kind == RecordType::Run => Err(WriteError::NotOneRun),
            None if kind != RecordType::Run => Err(WriteError::NotOneRun),
            _ => Ok(()),
        }
    }

    /// Counts one record of this type.
    fn place(&mut self, kind: RecordType) -> RecordRef {
        if let Some(last) = self.segments.last_mut()
            && last.t == kind
        {
            let reference = RecordRef::new(kind, last.count);
            last.count += 1;
            return reference;
        }
        self.segments.push(Segment { t: kind, first: self.tree.size(), count: 1 });
        RecordRef::new(kind, 0)
    }
}

impl<R, L, F> std::fmt::Debug for RecordWriter<R, L, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordWriter").field("count", &self.tree.size()).finish_non_exhaustive()
    }
}

impl WrittenRecords {
    /// The statement's `records`.
    #[must_use]
    pub fn records(&self) -> Records {
        Records { hash: RECORDS_HASH.to_owned(), count: self.count, root: self.root, segments: self.segments.clone() }
    }

    /// How many records of this type there are.
    #[must_use]
    pub fn count_of(&self, kind: RecordType) -> u64 {
        self.segments.iter().find(|segment| segment.t == kind).map_or(0, |segment| segment.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Salts = Box<dyn FnMut(&mut [u8; SALT]) -> io::Result<()>>;

    fn writer() -> RecordWriter<Vec<u8>, Vec<u8>, Salts> {
        let mut next = 0;
        let salts: Salts = Box::new(move |salt| {
            *salt = [next; SALT];
            next += 1;
            Ok(())
        });
        RecordWriter::new(Vec::new(), Vec::new(), salts)
    }

    #[test]
    fn lines_leaves_and_root_belong_together() {
        let mut writer = writer();
        writer.push_json(RecordType::Run, b"{}").unwrap();
        let second = writer.push_json(RecordType::Gap, br#"{"target":"a"}"#).unwrap();
        let third = writer.push(RecordType::Gap, &serde_json::json!({"target": "b\n"})).unwrap();
        assert_eq!((second.to_string(), third.to_string()), ("gap:0".into(), "gap:1".into()));
        let (written, records, leaves) = writer.finish().unwrap();
        let records = String::from_utf8(records).unwrap();
        assert_eq!(
            records,
            concat!(
                r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"run"}"#,
                "\n",
                r#"{"salt":"AQEBAQEBAQEBAQEBAQEBAQ","t":"gap","target":"a"}"#,
                "\n",
                r#"{"salt":"AgICAgICAgICAgICAgICAg","t":"gap","target":"b\n"}"#,
                "\n"
            )
        );
        let mut tree = CompactRange::new();
        let mut expected = String::new();
        for line in records.lines() {
            let leaf = leaf_hash(line.as_bytes());
            tree.append(leaf);
            expected += &format!("{leaf}\n");
        }
        assert_eq!(String::from_utf8(leaves.clone()).unwrap(), expected);
        assert_eq!(
            written,
            WrittenRecords {
                count: 3,
                root: tree.root(),
                segments: vec![
                    Segment { t: RecordType::Run, first: 0, count: 1 },
                    Segment { t: RecordType::Gap, first: 1, count: 2 }
                ],
                records_sha256: Digest::of(records.as_bytes()),
                leaves_sha256: Digest::of(&leaves),
                basis: BasisHasher::default().finish(),
            }
        );
        assert_eq!(written.count_of(RecordType::Gap), 2);
    }

    #[test]
    fn refuses_what_cannot_be_a_record() {
        let mut writer = writer();
        writer.push_json(RecordType::Run, b"{}").unwrap();
        for body in [&b"[]"[..], b"", b" {}"] {
            assert!(matches!(writer.push_json(RecordType::Host, body), Err(WriteError::NotAnObject(RecordType::Host))));
        }
        for body in [
            &b"{"[..],
            b"{\"a\":\n1}",
            b"{\"a\": 1}",
            b"{}\n",
            b"{\"a\":1,\"a\":1}",
            b"{\"salt\":1}",
            b"{\"t\":1}",
            b"{}{}",
        ] {
            assert!(matches!(writer.push_json(RecordType::Host, body), Err(WriteError::Json { .. })));
        }
        assert_eq!(writer.count(), 1);
        assert!(matches!(writer.push_json(RecordType::Run, b"{}"), Err(WriteError::NotOneRun)));
        writer.push_json(RecordType::Gap, b"{}").unwrap();
        assert!(matches!(writer.push_json(RecordType::Exchange, b"{}"), Err(WriteError::Order { .. })));
        let long = format!("{{\"a\":\"{}\"}}", "a".repeat(limits::LINE_MAX));
        assert!(matches!(writer.push_json(RecordType::Gap, long.as_bytes()), Err(WriteError::TooLong { .. })));
    }

    #[test]
    fn a_bundle_starts_with_its_run() {
        let mut writer = writer();
        assert!(matches!(writer.push_json(RecordType::Gap, b"{}"), Err(WriteError::NotOneRun)));
        assert!(matches!(writer.finish(), Err(WriteError::NotOneRun)));
    }
}
