//! A file that is appended to and then read at random.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Where a line is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    offset: u64,
    len: u32,
}

/// Appended lines, found again by their span.
#[derive(Debug)]
pub(crate) struct LineFile {
    writer: BufWriter<File>,
    end: u64,
}

impl Span {
    pub(crate) fn new(offset: u64, len: u32) -> Self {
        Self { offset, len }
    }

    pub(crate) fn offset(self) -> u64 {
        self.offset
    }
}

/// Bytes that wait to be written.
const BUFFER: usize = 32 * 1024;

impl LineFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { writer: BufWriter::with_capacity(BUFFER, file), end: 0 })
    }

    pub(crate) fn append(&mut self, line: &[u8]) -> io::Result<Span> {
        let len = u32::try_from(line.len()).map_err(|_| io::Error::other("a record of more than 4 GiB"))?;
        self.writer.write_all(line)?;
        let span = Span { offset: self.end, len };
        self.end += u64::from(len);
        Ok(span)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// The same as [`LineFile::read`], piece by piece.
    pub(super) fn reader(&self, span: Span) -> SpanReader<'_> {
        SpanReader { file: self.writer.get_ref(), offset: span.offset, left: span.len }
    }

    /// What was appended and flushed at this span.
    pub(crate) fn read(&self, span: Span) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.read_onto(span, &mut line)?;
        Ok(line)
    }

    /// The same, appended to what `line` holds.
    pub(crate) fn read_onto(&self, span: Span, line: &mut Vec<u8>) -> io::Result<()> {
        let from = line.len();
        line.resize(from + span.len as usize, 0);
        let rest = line.get_mut(from..).unwrap_or_default();
        self.writer.get_ref().read_exact_at(rest, span.offset)
    }
}

/// Reads one span, however long it is.
#[derive(Debug)]
pub struct SpanReader<'f> {
    file: &'f File,
    offset: u64,
    left: u32,
}

impl SpanReader<'_> {
    /// Bytes that are still to come.
    #[must_use]
    pub fn len(&self) -> u64 {
        u64::from(self.left)
    }

    /// Whether none are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl Read for SpanReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len().min(self.left as usize);
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        // Not more than there was room for, which is not more than was left.
        self.left = self.left.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_lines_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LineFile::create(&folder.path().join("lines")).unwrap();
        let spans: Vec<Span> = ["one", "", "three"].iter().map(|line| file.append(line.as_bytes()).unwrap()).collect();
        file.flush().unwrap();
        let read: Vec<Vec<u8>> = spans.into_iter().rev().map(|span| file.read(span).unwrap()).collect();
        assert_eq!(read, [b"three".to_vec(), b"".to_vec(), b"one".to_vec()]);
        let long = file.append(&vec![b'x'; 2 * BUFFER]).unwrap();
        file.append(b"after").unwrap();
        file.flush().unwrap();
        let (mut reader, mut read) = (file.reader(long), Vec::new());
        assert_eq!(reader.len(), 2 * BUFFER as u64);
        reader.read_to_end(&mut read).unwrap();
        assert!(reader.is_empty() && read == file.read(long).unwrap());
    }
}
