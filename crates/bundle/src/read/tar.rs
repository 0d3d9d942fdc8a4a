//! An exported bundle: a USTAR archive of plain files, read once from front to back.
//!
//! Every byte is accounted for: a header must be exactly what the writer would write for its name
//! and size, padding must be zeros, and nothing may follow the end.

use std::io::{self, ErrorKind, Read};

use super::source::{Gate, Item, ReadError, Source};
use super::unpack::UnpackError;
use crate::layout::Entry;
use crate::limits;
use crate::ustar;

/// Reads a bundle from a tar stream.
#[derive(Debug)]
pub struct TarSource<R> {
    input: R,
    /// For messages: what the stream is called.
    name: String,
    gate: Gate,
    block: u64,
    entries: u64,
    current: String,
    left: u64,
    padding: usize,
    ended: bool,
}

impl<R: Read> TarSource<R> {
    /// `name` is what messages call the input.
    #[must_use]
    pub fn new(input: R, name: &str) -> Self {
        Self {
            input,
            name: name.to_owned(),
            gate: Gate::default(),
            block: 0,
            entries: 0,
            current: String::new(),
            left: 0,
            padding: 0,
            ended: false,
        }
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            match self.input.read(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// What unpacking says of its input is about the input, not about the disk it came from.
    fn failed(&self, error: io::Error) -> ReadError {
        let path = self.name.clone();
        match error.downcast::<UnpackError>() {
            Ok(UnpackError::Ends) => ReadError::Ends,
            Ok(problem) => ReadError::Packed { path, problem },
            Err(error) => ReadError::Io { path, error },
        }
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut rest = buffer;
        while !rest.is_empty() {
            let count = self.read_some(rest)?;
            if count == 0 {
                return Err(ReadError::Ends);
            }
            rest = rest.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    fn read_block(&mut self) -> Result<[u8; ustar::BLOCK], ReadError> {
        let mut block = [0; ustar::BLOCK];
        self.read_exact(&mut block)?;
        self.block += 1;
        Ok(block)
    }

    /// After the first block of zeros: a second one, then nothing.
    fn finish(&mut self) -> Result<(), ReadError> {
        self.ended = true;
        if !is_zero(&self.read_block()?) {
            return Err(ReadError::End);
        }
        if self.read_some(&mut [0; 1])? != 0 {
            return Err(ReadError::End);
        }
        Ok(())
    }
}

impl<R: Read> Source for TarSource<R> {
    fn next_item(&mut self) -> Result<Option<Item>, ReadError> {
        if self.ended {
            return Ok(None);
        }
        let mut padding = [0; ustar::BLOCK];
        let padding = padding.get_mut(..self.padding).unwrap_or_default();
        self.padding = 0;
        if !padding.is_empty() {
            self.read_exact(padding)?;
            if !is_zero(padding) {
                return Err(ReadError::Padding { path: std::mem::take(&mut self.current) });
            }
        }
        let number = self.block;
        let block = self.read_block()?;
        if is_zero(&block) {
            self.finish()?;
            return Ok(None);
        }
        let (path, size) = match ustar::parse(&block) {
            Ok(found) => found,
            Err(ustar::HeaderError::NotAFile { path }) => return Err(ReadError::NotAFile { path }),
            Err(ustar::HeaderError::Malformed) => return Err(ReadError::Header { block: number }),
        };
        self.entries += 1;
        if self.entries > limits::TAR_ENTRIES_MAX {
            return Err(ReadError::Header { block: number });
        }
        let entry = Entry::parse(&path).ok_or(ReadError::Foreign { path: path.clone() })?;
        let item = self.gate.admit(entry, size)?;
        self.current = path;
        self.left = size;
        self.padding = ustar::padding(size);
        self.block += size.div_ceil(ustar::BLOCK as u64);
        Ok(Some(item))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.read_some(buffer)?;
        if count == 0 {
            return Err(ReadError::Ends);
        }
        self.left -= count as u64;
        Ok(count)
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
