//! Writes a bundle as one USTAR tar: the same bytes every time, in the order in which one pass
//! verifies it as a stream.
//!
//! Every entry is a regular file of mode 0644, owner and group 0 without names, time 0. After the
//! last file come two blocks of zeros and nothing else.

use std::io::{self, Read, Write};

use crate::layout::Entry;
use crate::{limits, ustar};

/// Writes the entries of a tar in ascending order of [`Entry`].
#[derive(Debug)]
pub struct TarWriter<W> {
    out: W,
    last: Option<Entry>,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error("the tar cannot be written")]
    Write(#[source] io::Error),
    #[error("`{path}` cannot be read")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` has {found} bytes, not {expected} as was announced")]
    Length { path: String, expected: u64, found: u64 },
    #[error("`{path}` has {size} bytes; a file in a tar has at most {max}", max = limits::FILE_MAX)]
    TooLarge { path: String, size: u64 },
    #[error("`{path}` comes after `{last}`, but belongs before it")]
    Order { path: String, last: String },
}

impl<W: Write> TarWriter<W> {
    /// Give a buffered writer.
    pub fn new(out: W) -> Self {
        Self { out, last: None }
    }

    /// Appends one file of exactly `size` bytes.
    pub fn append(&mut self, entry: Entry, size: u64, content: impl Read) -> Result<(), ExportError> {
        let path = self.begin(&entry, size)?;
        // One byte more than announced, so that a file that grew is noticed.
        let mut counted = Counted { inner: content.take(size.saturating_add(1)), failed: None };
        let copied = io::copy(&mut counted, &mut self.out);
        if let Some(source) = counted.failed {
            return Err(ExportError::Read { path, source });
        }
        let found = copied.map_err(ExportError::Write)?;
        self.end(entry, path, size, found)
    }

    /// Appends one file of exactly `size` bytes, which `write` makes.
    pub fn append_written<E: From<ExportError>>(
        &mut self,
        entry: Entry,
        size: u64,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.begin(&entry, size)?;
        let mut tallied = Tallied { inner: &mut self.out, length: 0 };
        write(&mut tallied)?;
        let found = tallied.length;
        self.end(entry, path, size, found)?;
        Ok(())
    }

    fn begin(&mut self, entry: &Entry, size: u64) -> Result<String, ExportError> {
        let path = entry.path();
        if let Some(last) = self.last.as_ref().filter(|last| **last >= *entry) {
            return Err(ExportError::Order { path, last: last.path() });
        }
        let Some(header) = ustar::header(&path, size) else {
            return Err(ExportError::TooLarge { path, size });
        };
        self.out.write_all(&header).map_err(ExportError::Write)?;
        Ok(path)
    }

    fn end(&mut self, entry: Entry, path: String, size: u64, found: u64) -> Result<(), ExportError> {
        if found != size {
            return Err(ExportError::Length { path, expected: size, found });
        }
        let block = ustar::BLOCK as u64;
        let padding = (block - size % block) % block;
        io::copy(&mut io::repeat(0).take(padding), &mut self.out).map_err(ExportError::Write)?;
        self.last = Some(entry);
        Ok(())
    }

    /// Gives the writer back without an end: the rest of the tar comes from elsewhere.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Ends the tar and gives the writer back, flushed.
    pub fn finish(mut self) -> Result<W, ExportError> {
        self.out.write_all(&[0; 2 * ustar::BLOCK]).and_then(|()| self.out.flush()).map_err(ExportError::Write)?;
        Ok(self.out)
    }
}

/// Keeps an error of reading apart from one of writing.
struct Counted<R> {
    inner: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).or_else(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return Err(error);
            }
            self.failed = Some(error);
            Ok(0)
        })
    }
}

/// Counts what is written.
struct Tallied<'w, W> {
    inner: &'w mut W,
    length: u64,
}

impl<W: Write> Write for Tallied<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "files of a test")]
mod tests {
    use super::*;

    fn example() -> Vec<u8> {
        let mut tar = TarWriter::new(Vec::new());
        for (entry, content) in [
            (Entry::Statement, &b"statement"[..]),
            (Entry::Leaves, b""),
            (Entry::Checkpoint, b"head"),
            (Entry::Records, &[b'x'; 512]),
            (Entry::Raw(0), b"0"),
            (Entry::Raw(1), b"1"),
        ] {
            tar.append(entry, content.len() as u64, content).unwrap();
        }
        tar.finish().unwrap()
    }

    #[test]
    fn is_a_plain_ustar_archive() {
        let bytes = example();
        assert_eq!(bytes, example());
        assert_eq!(&bytes[257..265], b"ustar\x0000");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.tar");
        std::fs::write(&path, &bytes).unwrap();
        let listed = std::process::Command::new("tar")
            .arg("-tf")
            .arg(&path)
            .output()
            .expect("this test needs tar: install the package `tar`");
        assert_eq!(
            String::from_utf8(listed.stdout).unwrap(),
            "statement.sigstore.json\nleaves.txt\nledger/checkpoint\nrecords.jsonl\n\
             raw/000/000000000\nraw/000/000000001\n"
        );
    }

    #[test]
    fn order_and_length_are_kept() {
        let mut tar = TarWriter::new(Vec::new());
        tar.append(Entry::Records, 1, &b"1"[..]).unwrap();
        assert!(matches!(tar.append(Entry::Leaves, 1, &b"1"[..]), Err(ExportError::Order { .. })));
        assert!(matches!(tar.append(Entry::Records, 1, &b"1"[..]), Err(ExportError::Order { .. })));
        for content in [&b"12"[..], b""] {
            assert!(matches!(
                TarWriter::new(Vec::new()).append(Entry::Records, 1, content),
                Err(ExportError::Length { expected: 1, .. })
            ));
        }
        let mut tar = TarWriter::new(Vec::new());
        let two = |out: &mut dyn Write| out.write_all(b"12").map_err(ExportError::Write);
        tar.append_written(Entry::Leaves, 2, two).unwrap();
        assert!(matches!(tar.append_written(Entry::Records, 3, two), Err(ExportError::Length { found: 2, .. })));
        assert!(matches!(tar.append_written(Entry::Statement, 2, two), Err(ExportError::Order { .. })));
        assert!(matches!(
            TarWriter::new(Vec::new()).append(Entry::Raw(0), 1 << 33, &b""[..]),
            Err(ExportError::TooLarge { .. })
        ));
    }
}
