//! An object read piece by piece: always the same object, and all of it.

use std::io::{self, Read};

use aws_sdk_s3::Client;
use bytes::{Buf as _, Bytes};
use tokio::runtime::Handle;

use crate::client::{Objects, Trouble, again};

/// Bytes fetched at once.
const PIECE: u64 = 8 * 1024 * 1024;

/// Reads one version of an object to its end.
#[derive(Debug)]
pub struct Stream {
    runtime: Handle,
    objects: Objects,
    key: String,
    e_tag: String,
    size: u64,
    /// Fetched so far.
    fetched: u64,
    piece: Bytes,
}

impl Stream {
    /// Fetches the first piece.
    pub fn begin(runtime: Handle, objects: &Objects, key: String) -> Result<Self, Trouble> {
        let client: Client = objects.client.clone();
        let objects = Objects { client, bucket: objects.bucket.clone() };
        let last = PIECE.saturating_sub(1);
        let got = runtime.block_on(again(|| objects.beginning(&key, last)))?;
        let mut stream = Self { runtime, objects, key, e_tag: got.e_tag, size: got.size, fetched: 0, piece: got.bytes };
        stream.take_in().map_err(|error| Trouble::Again(error.to_string()))?;
        Ok(stream)
    }

    /// Counts a piece that came. A range that reaches beyond the end is short without an error: its length says whether it was whole.
    fn take_in(&mut self) -> io::Result<()> {
        let expected = self.size.saturating_sub(self.fetched).min(PIECE);
        if self.piece.len() as u64 != expected {
            let problem = format!("{} bytes came of `{}` where {expected} were asked for", self.piece.len(), self.key);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        self.fetched = self.fetched.saturating_add(expected);
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && self.fetched < self.size {
            let range = (self.fetched, self.fetched.saturating_add(PIECE).min(self.size).saturating_sub(1));
            let ask = || self.objects.get(&self.key, Some(range), Some(&self.e_tag));
            let got = self.runtime.block_on(again(ask)).map_err(|trouble| match trouble {
                Trouble::Condition | Trouble::Absent => {
                    io::Error::other(format!("`{}` was replaced while it was read", self.key))
                }
                Trouble::Again(said) | Trouble::Refused(said) => {
                    io::Error::other(format!("`{}` cannot be read on: {said}", self.key))
                }
            })?;
            self.piece = got.bytes;
            self.take_in()?;
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.split_to(count).copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
