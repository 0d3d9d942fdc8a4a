//! Where the files of a bundle come from: one after the other, in the order of an exported tar.

use std::io;

use super::unpack::UnpackError;
use crate::layout::Entry;
use crate::limits;

/// The next file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub entry: Entry,
    /// Its length in bytes.
    pub size: u64,
}

/// Why the input is not a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error("`{path}` cannot be read: {error}")]
    Io { path: String, error: io::Error },
    #[error("the input ends too early")]
    Ends,
    #[error("block {block} of the tar is not a header as the format writes it")]
    Header { block: u64 },
    #[error("`{path}` is a link, a folder or something else that is not a plain file")]
    NotAFile { path: String },
    #[error("`{path}` does not belong to a bundle")]
    Foreign { path: String },
    #[error("`{path}` is a duplicate or out of order: it follows `{before}`")]
    Order { path: String, before: String },
    #[error("`{path}` has {size} bytes, at most {max} are allowed")]
    TooLarge { path: String, size: u64, max: u64 },
    #[error("the padding after `{path}` in the tar is not zeros")]
    Padding { path: String },
    #[error("the tar does not end with two blocks of zeros and nothing after them")]
    End,
    #[error("`{path}` changed while it was read")]
    Changed { path: String },
    #[error("`{path}` cannot be unpacked: {problem}")]
    Packed { path: String, problem: UnpackError },
}

/// Gives the files of one bundle. An item must be read to its end before the next one is asked for.
///
/// Entries come strictly ascending (`Entry`'s order, which is the order in a tar), so none comes
/// twice, and none is larger than the format allows.
pub trait Source {
    /// The next file, or `None` after the last one.
    fn next_item(&mut self) -> Result<Option<Item>, ReadError>;

    /// Reads on in the current file; 0 at its end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError>;
}

/// The current file of a source, to read from.
pub struct Content<'s>(pub &'s mut dyn Source);

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").finish_non_exhaustive()
    }
}

impl io::Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(io::Error::other)
    }
}

/// Holds entries to their order and sizes.
#[derive(Debug, Default)]
pub(super) struct Gate {
    last: Option<Entry>,
}

impl Gate {
    pub(super) fn admit(&mut self, entry: Entry, size: u64) -> Result<Item, ReadError> {
        if let Some(last) = &self.last
            && *last >= entry
        {
            return Err(ReadError::Order { path: entry.path(), before: last.path() });
        }
        let max = size_max(&entry);
        if size > max {
            return Err(ReadError::TooLarge { path: entry.path(), size, max });
        }
        self.last = Some(entry.clone());
        Ok(Item { entry, size })
    }
}

/// The largest file that may be under this name, in bytes.
#[must_use]
pub fn size_max(entry: &Entry) -> u64 {
    match entry {
        Entry::Statement | Entry::Redaction => limits::STATEMENT_FILE_MAX,
        Entry::Leaves => limits::LEAVES_MAX,
        Entry::Checkpoint => limits::CHECKPOINT_MAX,
        Entry::Consistency => limits::CONSISTENCY_MAX,
        Entry::Since => limits::SINCE_MAX,
        Entry::Tile(_) => limits::TILE_MAX,
        Entry::LedgerStatement(_) => limits::ENVELOPE_MAX,
        Entry::LedgerControls(_) => limits::CONTROLS_FILE_MAX,
        Entry::Anchor(..) => limits::ANCHOR_MAX,
        Entry::Records => limits::FILE_MAX,
        Entry::Raw(_) => limits::RAW_MAX,
    }
}

/// Goes on to a file, past those before it; `None` where it is not there.
pub fn find(source: &mut dyn Source, entry: &Entry) -> Result<Option<Item>, ReadError> {
    let mut buffer = [0; 8192];
    while let Some(item) = source.next_item()? {
        if item.entry == *entry {
            return Ok(Some(item));
        }
        while source.read(&mut buffer)? > 0 {}
    }
    Ok(None)
}

/// Reads the current file whole; its size was checked against the limits.
pub fn read_all(source: &mut dyn Source, item: &Item) -> Result<Vec<u8>, ReadError> {
    // Grown as it comes: a size that is only claimed costs nothing.
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
    if bytes.len() as u64 == item.size { Ok(bytes) } else { Err(ReadError::Ends) }
}
