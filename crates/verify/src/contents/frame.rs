//! Where records stand: segments, ordinals, references, and which lines are withheld. One bit a line is kept.

use std::collections::BTreeMap;

use bundle::statement::{Segment, Statement};
use model::{RecordRef, RecordType};

use crate::problem::Problem;

/// The places of all records, as the statement has them, and the one that comes next.
#[derive(Debug)]
pub(super) struct Frame {
    segments: Vec<Segment>,
    counts: [u64; RecordType::ALL.len()],
    count: u64,
    segment: usize,
    next_line: u64,
    withheld: Bits,
    /// Of each type how many lines are withheld, with the first and last of them.
    pub(super) hidden: BTreeMap<RecordType, Hidden>,
}

/// Withheld lines of one type; lines count from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hidden {
    pub first: u64,
    pub last: u64,
    pub count: u64,
}

impl Frame {
    pub(super) fn new(statement: &Statement) -> Self {
        let records = &statement.predicate.records;
        Self {
            segments: records.segments.clone(),
            counts: RecordType::ALL.map(|kind| records.count_of(kind)),
            count: records.count,
            segment: 0,
            next_line: 0,
            withheld: Bits::default(),
            hidden: BTreeMap::new(),
        }
    }

    /// The reference of the line that comes next. `None` after the last one.
    pub(super) fn next_reference(&self) -> Option<RecordRef> {
        let segment = self.segments.get(self.segment)?;
        Some(RecordRef::new(segment.t, self.next_line.saturating_sub(segment.first)))
    }

    /// The same, or that there are more lines than were signed.
    pub(super) fn place(&self) -> Result<RecordRef, Problem> {
        self.next_reference().ok_or(Problem::Count {
            path: bundle::layout::RECORDS,
            signed: self.count,
            found: self.next_line + 1,
        })
    }

    /// A record of this type may be at `at`.
    pub(super) fn fits(&self, at: RecordRef, found: RecordType) -> Result<(), Problem> {
        if found == at.kind {
            Ok(())
        } else {
            Err(Problem::Segment { line: self.next_line + 1, expected: at.kind, found })
        }
    }

    pub(super) fn hide(&mut self, at: RecordRef) -> Result<(), Problem> {
        if at.kind.always_disclosed() {
            return Err(Problem::Undisclosed { what: at });
        }
        let line = self.next_line;
        self.withheld.set(line);
        let hidden = self.hidden.entry(at.kind).or_insert(Hidden { first: line, last: line, count: 0 });
        hidden.last = line;
        hidden.count += 1;
        Ok(())
    }

    /// Goes on to the next line.
    pub(super) fn advance(&mut self) {
        self.next_line += 1;
        let segment = self.segments.get(self.segment);
        if segment.is_some_and(|segment| self.next_line >= segment.first + segment.count) {
            self.segment += 1;
        }
    }

    /// That all lines came.
    pub(super) fn finish(&self) -> Result<(), Problem> {
        if self.next_line == self.count {
            return Ok(());
        }
        Err(Problem::Count { path: bundle::layout::RECORDS, signed: self.count, found: self.next_line })
    }

    pub(super) fn count_of(&self, kind: RecordType) -> u64 {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }

    pub(super) fn some_withheld(&self, kind: RecordType) -> bool {
        self.hidden.contains_key(&kind)
    }

    /// `to` exists and may be named by `at`.
    pub(super) fn refer(&self, at: RecordRef, to: RecordRef, allowed: &[RecordType]) -> Result<(), Problem> {
        if allowed.contains(&to.kind) && to.ordinal < self.count_of(to.kind) {
            Ok(())
        } else {
            Err(Problem::Reference { at, to })
        }
    }

    /// Whether a record that is before the next line is withheld.
    pub(super) fn is_withheld(&self, to: RecordRef) -> bool {
        self.hidden.contains_key(&to.kind)
            && self
                .segments
                .iter()
                .find(|segment| segment.t == to.kind)
                .is_some_and(|segment| self.withheld.get(segment.first + to.ordinal))
    }
}

/// One bit a number.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn set(&mut self, bit: u64) {
        // Lines are below 10^8.
        let Ok(word) = usize::try_from(bit / 64) else {
            return;
        };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (bit % 64);
        }
    }

    pub(super) fn get(&self, bit: u64) -> bool {
        usize::try_from(bit / 64).ok().and_then(|word| self.0.get(word)).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }
}
