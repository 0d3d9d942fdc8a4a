//! What a store does: it keeps bytes under names.

use std::fmt;
use std::io::{self, Read};

use crate::error::StoreError;

/// The signed head of the ledger, in C2SP form.
pub const CHECKPOINT: &str = "ledger/checkpoint";

/// Where bundles and one ledger are kept, as bytes under names with `/` in them. There are no folders that could be made
/// or moved, and nothing is renamed: an object store with conditional writes can do all of it.
///
/// Every method that writes returns only when what it wrote survives a power cut. A method that
/// fails may or may not have had its effect; whoever calls it finds out by reading.
pub trait Store: fmt::Debug + Send + Sync {
    /// The store's name for a person.
    fn location(&self) -> String;

    /// Whether runs on other machines write here, whom no lock of this machine holds back.
    fn is_shared(&self) -> bool {
        false
    }

    /// The bytes at `path`, `None` if there is nothing. More than `limit` bytes are an error.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// The bytes at `path` as a stream, `None` if there is nothing.
    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError>;

    /// Whether there is something at `path`. What is there survives a power cut from now on: whoever wrote it may have
    /// died before that was so.
    fn holds(&self, path: &str) -> Result<bool, StoreError>;

    /// What comes next in the names that begin with `prefix` and `/`, up to the next `/`; sorted, each once.
    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Creates files that do not exist yet. A file that exists with the same bytes is taken as
    /// created; one with other bytes is [`StoreError::Differs`] and stays as it is.
    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError>;

    /// The same for one file that is too large to be held in memory. It is there whole or not at all.
    fn create_from(&self, path: &str, content: &dyn Content) -> Result<(), StoreError>;

    /// Replaces [`CHECKPOINT`] if it still holds `expected` (compare-and-swap), else
    /// [`StoreError::HeadMoved`].
    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError>;

    /// Removes a file below `pending/`. It is not an error if it is gone.
    fn remove_pending(&self, path: &str) -> Result<(), StoreError>;
}

/// Bytes that are read from their beginning as often as that is asked for.
pub trait Content {
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

/// Bytes that are compared at once.
const PIECE: u64 = 64 * 1024;

/// Whether two streams give the same bytes.
///
/// # Errors
/// Those of the streams.
pub fn same_bytes(mut one: impl Read, mut other: impl Read) -> io::Result<bool> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        (&mut one).take(PIECE).read_to_end(&mut left)?;
        (&mut other).take(PIECE).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}
