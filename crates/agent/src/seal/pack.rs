//! How a bundle is in a store: its tar, packed by zstd in two frames. The first holds the entry of the statement, which
//! is known last; the second all the rest, which is written once, before there is a statement. So publishing copies what was
//! packed and verified, and `zstd -d` of the whole gives the tar.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use bundle::export::{ExportError, TarWriter};
use bundle::layout::Entry;
use zstd::Encoder;

/// zstd's own default. Its window is 2 MiB; a reader takes up to 8.
const LEVEL: i32 = 3;

/// Packs what is written to it. A checksum goes with it: what a disk alters is noticed as such.
///
/// # Errors
/// When the library has no memory.
pub fn packer<'w, W: Write>(out: W) -> io::Result<Encoder<'w, W>> {
    let mut packer = Encoder::new(out, LEVEL)?;
    packer.include_checksum(true)?;
    Ok(packer)
}

/// Writes all of a bundle but its statement: leaves, records, raw answers in the order of [`Entry`].
pub struct BodyWriter {
    tar: TarWriter<Encoder<'static, File>>,
}

impl BodyWriter {
    /// Makes the file, which must not exist. No one else may read it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { tar: TarWriter::new(packer(file)?) })
    }

    /// Appends one file of exactly `size` bytes.
    ///
    /// # Errors
    /// When the content cannot be read or the file not be written; then it is of no use.
    pub fn append(&mut self, entry: Entry, size: u64, content: impl Read) -> Result<(), ExportError> {
        self.tar.append(entry, size, content)
    }

    /// Ends the tar. It is not durable yet: that is the sealer's.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<(), ExportError> {
        self.tar.finish()?.finish().map(|_| ()).map_err(ExportError::Write)
    }
}

impl std::fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyWriter").finish_non_exhaustive()
    }
}

/// The frame of the statement.
pub(super) fn front(statement: &[u8]) -> Result<Vec<u8>, ExportError> {
    let mut tar = TarWriter::new(packer(Vec::new()).map_err(ExportError::Write)?);
    tar.append(Entry::Statement, statement.len() as u64, statement)?;
    tar.into_inner().finish().map_err(ExportError::Write)
}
