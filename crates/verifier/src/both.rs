//! Two who look on while a bundle is read once.

use bundle::read::Line;
use model::RecordRef;
use verify::Observer;

/// Shows everything to both, and of raw files to each what it wants.
pub struct Both<'o> {
    one: &'o mut (dyn Observer + Send),
    other: &'o mut (dyn Observer + Send),
    wanted: (bool, bool),
}

impl<'o> Both<'o> {
    pub fn new(one: &'o mut (dyn Observer + Send), other: &'o mut (dyn Observer + Send)) -> Self {
        Self { one, other, wanted: (false, false) }
    }
}

impl Observer for Both<'_> {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        self.one.record(at, line, text);
        self.other.record(at, line, text);
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.wanted = (self.one.wants_raw(ordinal), self.other.wants_raw(ordinal));
        self.wanted.0 || self.wanted.1
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        if self.wanted.0 {
            self.one.raw(ordinal, piece);
        }
        if self.wanted.1 {
            self.other.raw(ordinal, piece);
        }
    }
}
