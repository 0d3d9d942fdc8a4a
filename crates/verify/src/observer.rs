//! Who looks on while a bundle is read.

use bundle::read::Line;
use model::RecordRef;

/// Looks on while a bundle is read. Nothing it sees is proven before [`crate::verify`] has returned an accepted bundle: keep it,
/// and show it only then.
pub trait Observer {
    /// A line of `records.jsonl`, in order; `text` is the line without LF.
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]);

    /// Whether the contents of this raw file are wanted.
    fn wants_raw(&mut self, _ordinal: u64) -> bool {
        false
    }

    /// The next piece of a raw file that was wanted.
    fn raw(&mut self, _ordinal: u64, _piece: &[u8]) {}
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn record(&mut self, _at: RecordRef, _line: &Line, _text: &[u8]) {}
}
