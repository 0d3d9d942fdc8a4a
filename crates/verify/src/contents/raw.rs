//! Raw files: their numbers in the order of the records that name them, and what they must be.

use std::collections::HashMap;

use bundle::limits;
use model::record::Masked;
use model::{Digest, FILLER, RecordRef};
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// So many raw files are kept one by one, to name the one that is wrong; of the rest a digest.
const RAW_NAMED: usize = 1 << 16;
/// So many that are missing are named; the rest are counted.
const MISSING_NAMED: usize = 100;

/// The raw files that records name, in order.
#[derive(Debug, Default)]
pub(crate) struct RawPlan {
    named: Vec<(u64, u64, Digest)>,
    rest: Sha256,
    rest_expected: u64,
    rest_found: u64,
    rest_found_digest: Sha256,
    /// How many of the named ones were found or are missing.
    passed: usize,
    missing: Vec<u64>,
    missing_count: u64,
    found: u64,
    pub(crate) bytes: u64,
    /// The number of the next raw file, if no withheld record has one before it.
    next: u64,
    /// Withheld records since then that may have had a raw file.
    hidden: u64,
    /// Texts that are masked in a raw file, ascending.
    masked: HashMap<u64, Vec<Masked>>,
    masked_count: u64,
    /// The file that is read now shows one of them.
    shown: bool,
}

impl RawPlan {
    /// A withheld record that may have had a raw file.
    pub(super) fn hide(&mut self) {
        self.hidden += 1;
    }

    /// The record at `at` names this raw file. Numbers count up without holes, but for those of records that are withheld.
    pub(super) fn expect(&mut self, at: RecordRef, ordinal: u64, size: u64, sha256: Digest) -> Result<(), Problem> {
        let skipped = ordinal.checked_sub(self.next);
        if skipped.is_none_or(|skipped| skipped > self.hidden) {
            return Err(Problem::Record { at, problem: "raw files are not numbered in the order of records" });
        }
        self.next = ordinal + 1;
        self.hidden = 0;
        if self.named.len() < RAW_NAMED {
            self.named.push((ordinal, size, sha256));
        } else {
            self.rest_expected += 1;
            absorb(&mut self.rest, ordinal, size, &sha256);
        }
        Ok(())
    }

    /// These texts of the raw file are masked.
    pub(super) fn masks(&mut self, ordinal: u64, texts: &[Masked]) -> Result<(), Problem> {
        if texts.is_empty() {
            return Ok(());
        }
        self.masked_count += texts.len() as u64;
        if self.masked_count > limits::MASKED_MAX {
            return Err(Problem::MaskedTexts { max: limits::MASKED_MAX });
        }
        self.masked.insert(ordinal, texts.to_vec());
        Ok(())
    }

    /// The bytes of a raw file that begin at `from`.
    pub(crate) fn piece(&mut self, ordinal: u64, from: u64, piece: &[u8]) {
        let Some(texts) = self.masked.get(&ordinal) else { return };
        let to = from.saturating_add(piece.len() as u64);
        let first = texts.partition_point(|text| text.at.saturating_add(text.length) <= from);
        for text in texts.iter().skip(first).take_while(|text| text.at < to) {
            // Both ends lie in the piece.
            let (begin, end) = (text.at.max(from) - from, text.at.saturating_add(text.length).min(to) - from);
            let range = usize::try_from(begin).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
            self.shown |= piece.get(range).is_none_or(|bytes| bytes.iter().any(|byte| *byte != FILLER));
        }
    }

    /// Holds a raw file, in ascending order, against the plan.
    pub(crate) fn file(&mut self, ordinal: u64, size: u64, sha256: &Digest) -> Result<(), Problem> {
        let shown = std::mem::take(&mut self.shown);
        loop {
            match self.named.get(self.passed) {
                Some((expected, _, _)) if ordinal > *expected => {
                    if self.missing.len() < MISSING_NAMED {
                        self.missing.push(*expected);
                    }
                    self.missing_count += 1;
                    self.passed += 1;
                }
                Some((expected, _, _)) if ordinal < *expected => return Err(Problem::RawStray { ordinal }),
                Some((_, expected_size, expected)) => {
                    if size != *expected_size || sha256 != expected {
                        return Err(Problem::Raw { ordinal });
                    }
                    self.passed += 1;
                    break;
                }
                None if self.rest_found >= self.rest_expected => return Err(Problem::RawStray { ordinal }),
                None => {
                    self.rest_found += 1;
                    absorb(&mut self.rest_found_digest, ordinal, size, sha256);
                    break;
                }
            }
        }
        if shown {
            return Err(Problem::NotMasked { ordinal });
        }
        self.found += 1;
        self.bytes = self.bytes.saturating_add(size);
        Ok(())
    }

    /// How many were found, and the problems of those that are not there.
    pub(crate) fn finish(&mut self) -> Result<(u64, Vec<Problem>), Problem> {
        let left = self.named.get(self.passed..).unwrap_or_default();
        let room = MISSING_NAMED.saturating_sub(self.missing.len());
        self.missing.extend(left.iter().take(room).map(|(ordinal, ..)| *ordinal));
        self.missing_count += left.len() as u64 + (self.rest_expected - self.rest_found);
        let rest = std::mem::take(&mut self.rest).finalize();
        let found = std::mem::take(&mut self.rest_found_digest).finalize();
        if self.rest_found == self.rest_expected && rest != found {
            return Err(Problem::RawFiles);
        }
        let more = self.missing_count - self.missing.len() as u64;
        let named = self.missing.iter().map(|ordinal| Problem::RawMissing { ordinal: *ordinal });
        let rest = (more > 0).then_some(Problem::RawMissingMore { count: more });
        Ok((self.found, named.chain(rest).collect()))
    }
}

fn absorb(hasher: &mut Sha256, ordinal: u64, size: u64, sha256: &Digest) {
    hasher.update(ordinal.to_be_bytes());
    hasher.update(size.to_be_bytes());
    hasher.update(sha256.as_bytes());
}
