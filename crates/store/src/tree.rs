//! A folder and what is in it: the disk's operations with the store's errors.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::disk::{Disk, Guard, LockOutcome, Stat};
use crate::error::StoreError;
use crate::run::Holder;

/// Folders of a store that are made with it. Others come with what is in them.
pub(crate) const FOLDERS: [&str; 4] = ["ledger", "bundles", "pending", TMP];
/// Where files are written before they get their name.
pub(crate) const TMP: &str = "pending/tmp";

/// Deepest folder of what is removed whole.
const DEPTH_MAX: usize = 16;
/// Between two tries to take a lock.
const STEP: Duration = Duration::from_millis(50);

/// A folder on a disk.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
}

impl Tree {
    pub(crate) fn stat(&self, path: &Path) -> Result<Option<Stat>, StoreError> {
        self.disk.stat(path).map_err(|e| StoreError::io("look at", path, e))
    }

    pub(crate) fn read(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        match self.disk.read(path, limit) {
            Ok(bytes) if bytes.len() as u64 > limit => {
                Err(StoreError::TooLarge { place: StoreError::place(path), limit })
            }
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("read", path, error)),
        }
    }

    /// Names in a folder, sorted; none if there is no such folder.
    pub(crate) fn names(&self, path: &Path) -> Result<Vec<String>, StoreError> {
        match self.disk.list(path) {
            Ok(mut names) => {
                names.sort_unstable();
                Ok(names)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(StoreError::io("list", path, error)),
        }
    }

    pub(crate) fn make_folder(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.make_folder(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(|e| StoreError::io("make folder", path, e)),
        }
    }

    pub(crate) fn sync_folder(&self, path: &Path) -> Result<(), StoreError> {
        self.disk.sync_folder(path).map_err(|e| StoreError::io("sync", path, e))
    }

    pub(crate) fn sync_file(&self, path: &Path) -> Result<(), StoreError> {
        self.disk.sync_file(path).map_err(|e| StoreError::io("sync", path, e))
    }

    pub(crate) fn remove_file(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|e| StoreError::io("remove", path, e)),
        }
    }

    /// The folders of the tree above `path`, nearest first, the root last.
    pub(crate) fn above<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Path> {
        path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root))
    }

    /// Makes the name of `path` survive a power cut, with those of the folders above it.
    pub(crate) fn sync_above(&self, path: &Path) -> Result<(), StoreError> {
        self.above(path).try_for_each(|folder| self.sync_folder(folder))
    }

    pub(crate) fn remove_folder(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.remove_folder(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|e| StoreError::io("remove", path, e)),
        }
    }

    /// Removes a folder with all that is in it.
    pub(crate) fn remove_tree(&self, folder: &Path) -> Result<(), StoreError> {
        self.remove_below(folder, DEPTH_MAX)?;
        self.remove_folder(folder)
    }

    fn remove_below(&self, folder: &Path, depth: usize) -> Result<(), StoreError> {
        for name in self.names(folder)? {
            let path = folder.join(name);
            match self.stat(&path)? {
                None => {}
                Some(stat) if stat.is_folder && depth > 0 => {
                    self.remove_below(&path, depth.saturating_sub(1))?;
                    self.remove_folder(&path)?;
                }
                Some(stat) if stat.is_file => self.remove_file(&path)?,
                Some(_) => return Err(StoreError::NotPlain { place: StoreError::place(&path) }),
            }
        }
        Ok(())
    }

    /// Takes the lock of a file; waits up to `wait` for another holder.
    pub(crate) fn lock(
        &self,
        what: &'static str,
        path: &Path,
        holder: &Holder,
        wait: Duration,
    ) -> Result<Guard, StoreError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.disk.try_lock(path, true, &format!("{holder}\n")).map_err(|e| StoreError::io("lock", path, e))? {
                LockOutcome::Held(guard) => return Ok(guard),
                LockOutcome::Busy(_) | LockOutcome::Absent if waited < wait => {
                    std::thread::sleep(STEP);
                    waited = waited.saturating_add(STEP);
                }
                LockOutcome::Busy(holder) => {
                    return Err(StoreError::Locked {
                        what,
                        holder: if holder.is_empty() { "another process".to_owned() } else { holder },
                        place: StoreError::place(path),
                    });
                }
                LockOutcome::Absent => {
                    return Err(StoreError::NotInitialised { place: StoreError::place(&self.root) });
                }
            }
        }
    }
}
