//! What is kept of a bundle while it is read is bounded, whatever the bundle: more is not read on, and said.

use anyhow::anyhow;
use bundle::read::{Line, Record};
use model::RecordRef;
use verify::Observer;

use crate::stop::Stop;

/// Bytes of records that are kept for one answer. As values they take a few times as much.
const MOST: usize = 128 * 1024 * 1024;

/// Shows a reader everything until what it keeps is more than [`MOST`].
pub struct Within<'o> {
    reader: &'o mut (dyn Observer + Send),
    /// What the reader keeps of a line, in bytes; the last number is the length of the line.
    keeps: fn(RecordRef, &Line, usize) -> usize,
    room: usize,
    over: bool,
}

impl<'o> Within<'o> {
    pub fn new(reader: &'o mut (dyn Observer + Send), keeps: fn(RecordRef, &Line, usize) -> usize) -> Self {
        Self { reader, keeps, room: MOST, over: false }
    }

    /// That the reader was shown everything.
    pub fn whole(&self) -> Result<(), Stop> {
        if self.over {
            let most = MOST >> 20;
            return Err(Stop::Undecided(anyhow!(
                "this bundle holds more than {most} MiB of records that have to be kept for an answer"
            )));
        }
        Ok(())
    }
}

impl Observer for Within<'_> {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        if self.over {
            return;
        }
        match self.room.checked_sub((self.keeps)(at, line, text.len())) {
            Some(room) => {
                self.room = room;
                self.reader.record(at, line, text);
            }
            None => self.over = true,
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        !self.over && self.reader.wants_raw(ordinal)
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        self.reader.raw(ordinal, piece);
    }
}

/// The record of a line that is shown.
pub fn shown(line: &Line) -> Option<&Record> {
    match line {
        Line::Disclosed(record) => Some(record.as_ref()),
        Line::Withheld(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use model::RecordType;
    use verify::Unobserved;

    use super::*;

    #[derive(Default)]
    struct Counting(u64);

    impl Observer for Counting {
        fn record(&mut self, _at: RecordRef, _line: &Line, _text: &[u8]) {
            self.0 += 1;
        }
    }

    #[test]
    fn more_than_fits_is_said_and_not_kept() {
        let line = Line::Withheld(model::Digest::of(b""));
        let at = RecordRef::new(RecordType::Finding, 0);
        let mut counting = Counting::default();
        let mut within = Within::new(&mut counting, |_, _, _| MOST / 2);
        for _ in 0..2 {
            within.record(at, &line, b"");
            assert!(within.whole().is_ok());
        }
        for _ in 0..2 {
            within.record(at, &line, b"");
            assert!(matches!(within.whole(), Err(Stop::Undecided(_))));
        }
        assert!(!within.wants_raw(0));
        assert_eq!(counting.0, 2);
        assert!(Within::new(&mut Unobserved, |_, _, _| MOST).whole().is_ok());
    }
}
