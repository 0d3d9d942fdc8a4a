//! The last head of the ledger that was seen, kept outside the store: a store that was emptied,
//! rolled back or exchanged does not match it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, RealDisk};
use crate::error::StoreError;

/// Longest checkpoint, with witness lines.
const LIMIT: u64 = 64 * 1024;

/// Remembers a checkpoint, as its text, between runs.
pub trait HeadMemory: fmt::Debug + Send + Sync {
    /// The checkpoint seen last; `None` if none ever was.
    fn load(&self) -> Result<Option<String>, StoreError>;
    /// Remembers a checkpoint instead of the one before, durably.
    fn save(&self, checkpoint: &str) -> Result<(), StoreError>;
}

/// Remembers it in a file, beside the keys.
#[derive(Clone, Debug)]
pub struct HeadFile<D = RealDisk> {
    path: PathBuf,
    disk: D,
}

impl HeadFile<RealDisk> {
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self::on(RealDisk, path)
    }
}

impl<D: Disk> HeadFile<D> {
    pub fn on(disk: D, path: &Path) -> Self {
        Self { path: path.to_owned(), disk }
    }
}

impl<D: Disk> HeadMemory for HeadFile<D> {
    fn load(&self) -> Result<Option<String>, StoreError> {
        let bytes = match self.disk.read(&self.path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", &self.path, error)),
        };
        String::from_utf8(bytes).map(Some).map_err(|error| {
            StoreError::io("read", &self.path, io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
        })
    }

    /// Callers hold the lock of the ledger: one writer at a time.
    fn save(&self, checkpoint: &str) -> Result<(), StoreError> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = self.path.with_file_name(name);
        let failed = |action| {
            let path = self.path.as_path();
            move |error| StoreError::io(action, path, error)
        };
        match self.disk.remove_file(&beside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(failed("remove what was left of"))?,
        }
        self.disk.write_new(&beside, &mut checkpoint.as_bytes()).map_err(failed("write"))?;
        self.disk.sync_file(&beside).map_err(failed("sync"))?;
        self.disk.rename(&beside, &self.path).map_err(failed("replace"))?;
        match self.path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => self.disk.sync_folder(Path::new(".")),
            Some(folder) => self.disk.sync_folder(folder),
            None => Ok(()),
        }
        .map_err(failed("sync"))
    }
}
