//! What a store does, in a bucket.

use std::io::{self, Read};

use bytes::Bytes;
use store::{Content, Store, StoreError};

use crate::bucket::{Bucket, PASSING, failed};
use crate::client::{Trouble, again};
use crate::stream::Stream;
use crate::upload;

impl Store for Bucket {
    fn location(&self) -> String {
        self.location.text.clone()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let key = self.key(path)?;
        // One byte more than may be there: what is longer is seen, and not fetched.
        match self.runtime.block_on(again(|| self.objects.beginning(&key, limit))) {
            Ok(got) if got.size > limit => Err(StoreError::TooLarge { place: self.place(path), limit }),
            Ok(got) if got.size != got.bytes.len() as u64 => {
                let said = format!("{} bytes came of {}", got.bytes.len(), got.size);
                Err(StoreError::NoAnswer { action: "read", place: self.place(path), said })
            }
            Ok(got) => Ok(Some(got.bytes.into())),
            Err(Trouble::Absent) => Ok(None),
            Err(trouble) => Err(failed("read", self.place(path), trouble)),
        }
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let stream = Stream::begin(self.runtime.handle().clone(), &self.objects, self.key(path)?);
        match stream {
            Ok(stream) => Ok(Some(Box::new(stream))),
            Err(Trouble::Absent) => Ok(None),
            Err(trouble) => Err(failed("open", self.place(path), trouble)),
        }
    }

    fn holds(&self, path: &str) -> Result<bool, StoreError> {
        let key = self.key(path)?;
        match self.runtime.block_on(again(|| self.objects.look(&key))) {
            Ok(()) => Ok(true),
            Err(Trouble::Absent) => Ok(false),
            Err(trouble) => Err(failed("look at", self.place(path), trouble)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.below(prefix)
    }

    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        for (path, bytes) in files {
            self.runtime.block_on(self.create_one(path, &Bytes::copy_from_slice(bytes)))?;
        }
        Ok(())
    }

    fn create_from(&self, path: &str, content: &dyn Content) -> Result<(), StoreError> {
        let unreadable =
            |error: io::Error| StoreError::Io { action: "prepare", place: self.place(path), source: error };
        let mut source = content.open().map_err(unreadable)?;
        let mut first = Vec::new();
        (&mut source).take(upload::PART as u64 + 1).read_to_end(&mut first).map_err(unreadable)?;
        if first.len() <= upload::PART {
            return self.runtime.block_on(self.create_one(path, &first.into()));
        }
        upload::in_parts(self, path, first, source, content)
    }

    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError> {
        self.runtime.block_on(self.move_head(expected, new))
    }

    fn remove_pending(&self, path: &str) -> Result<(), StoreError> {
        if !path.starts_with(PASSING) {
            return Err(StoreError::BadPath { path: path.to_owned() });
        }
        let key = self.key(path)?;
        self.runtime
            .block_on(again(|| self.objects.delete(&key)))
            .map_err(|trouble| failed("remove", self.place(path), trouble))
    }
}
