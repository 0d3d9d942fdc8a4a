//! A store in a folder: mode 0700, files 0600, every write durable before it is reported as done.
//!
//! New files are written beside, synced, linked to their name and the folders above synced up to
//! the root: whatever was killed before, what is reported as kept is kept. Needs a file system with
//! hard links and `flock`.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::disk::{Disk, LockOutcome};
use crate::error::StoreError;
use crate::keep::{CHECKPOINT, Content, Store, same_bytes};
use crate::tree::{FOLDERS, TMP, Tree};

/// What may be in a folder that becomes a store: left by an `init` that did not end.
const OWN: [&str; 4] = ["ledger", "bundles", "pending", "anchors"];
const HEAD_LOCK: &str = "pending/head.lock";

/// A store in a folder of a file system.
#[derive(Debug)]
pub struct FolderStore {
    tree: Tree,
    /// Numbers the files written beside.
    next: AtomicU64,
}

impl FolderStore {
    /// Opens the store in a folder that [`FolderStore::init_on`] made. `root` is taken as it is.
    pub fn open_on(disk: Arc<dyn Disk>, root: &Path) -> Result<Self, StoreError> {
        let store = Self::at(disk, root);
        let not_there = || StoreError::NotInitialised { place: StoreError::place(root) };
        store.check_folder(root)?.ok_or_else(not_there)?;
        store.check_folder(&root.join("ledger"))?.ok_or_else(not_there)?;
        // The others may be missing: a copy need not keep empty folders.
        for folder in FOLDERS {
            store.check_folder(&root.join(folder))?;
        }
        Ok(store)
    }

    /// Makes a store in a new or empty folder, or completes one that holds no ledger yet. `root` is taken as it is.
    pub fn init_on(disk: Arc<dyn Disk>, root: &Path) -> Result<Self, StoreError> {
        let store = Self::at(disk, root);
        let tree = &store.tree;
        if store.check_folder(root)?.is_none() {
            tree.make_folder(root)?;
        }
        for name in tree.names(root)? {
            if !OWN.contains(&name.as_str()) {
                return Err(StoreError::NotAStore { place: StoreError::place(root), found: name });
            }
        }
        for folder in FOLDERS {
            let path = root.join(folder);
            if store.check_folder(&path)?.is_none() {
                tree.make_folder(&path)?;
            }
            tree.sync_folder(&path)?;
        }
        tree.sync_folder(root)?;
        if let Some(parent) = root.parent() {
            tree.sync_folder(parent)?;
        }
        Ok(store)
    }

    fn at(disk: Arc<dyn Disk>, root: &Path) -> Self {
        Self { tree: Tree { root: root.to_owned(), disk }, next: AtomicU64::new(0) }
    }

    /// Refuses a folder that others own or can enter; `None` if there is none.
    fn check_folder(&self, path: &Path) -> Result<Option<()>, StoreError> {
        let place = StoreError::place(path);
        let Some(found) = self.tree.stat(path)? else {
            return Ok(None);
        };
        if !found.is_folder {
            return Err(StoreError::NotPlain { place });
        }
        let user = rustix::process::geteuid().as_raw();
        if found.owner != user {
            return Err(StoreError::OtherOwner { place, owner: found.owner, user });
        }
        if found.mode & 0o077 != 0 {
            return Err(StoreError::TooOpen { place, mode: found.mode });
        }
        Ok(Some(()))
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, StoreError> {
        let plain = |part: &str| {
            !part.is_empty()
                && !part.bytes().all(|b| b == b'.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        if path.split('/').all(plain) {
            Ok(self.tree.root.join(path))
        } else {
            Err(StoreError::BadPath { path: path.to_owned() })
        }
    }

    fn make_folders_above(&self, path: &Path) -> Result<(), StoreError> {
        let mut missing = Vec::new();
        for folder in self.tree.above(path) {
            if self.tree.stat(folder)?.is_some() {
                break;
            }
            missing.push(folder);
        }
        missing.into_iter().rev().try_for_each(|folder| self.tree.make_folder(folder))
    }

    /// Writes a file under a name no one knows, durable but for its name.
    fn write_beside(&self, content: &dyn Content) -> Result<PathBuf, StoreError> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.tree.root.join(TMP).join(format!("{}-{number}", std::process::id()));
            let failed = |error| StoreError::io("write", &path, error);
            match self.tree.disk.write_new(&path, &mut *content.open().map_err(failed)?) {
                Ok(()) => {
                    self.tree.sync_file(&path)?;
                    return Ok(path);
                }
                // Left by a dead process which had our number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// That the file at `path` is this content.
    fn same_or_differs(&self, path: &Path, content: &dyn Content) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("read", path, error);
        let there = match self.tree.disk.open(path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Differs { place: StoreError::place(path) });
            }
            Err(error) => return Err(failed(error)),
        };
        if same_bytes(there, content.open().map_err(failed)?).map_err(failed)? {
            Ok(())
        } else {
            Err(StoreError::Differs { place: StoreError::place(path) })
        }
    }

    /// Gives a file its name; one that is there already must be the same.
    fn put(&self, path: &str, content: &dyn Content) -> Result<PathBuf, StoreError> {
        let target = self.resolve(path)?;
        if self.tree.stat(&target)?.is_some() {
            self.same_or_differs(&target, content)?;
            // Whoever wrote it may have died before syncing it.
            self.tree.sync_file(&target)?;
            return Ok(target);
        }
        self.make_folders_above(&target)?;
        let beside = self.write_beside(content)?;
        match self.tree.disk.link(&beside, &target) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.same_or_differs(&target, content)?,
            Err(error) => return Err(StoreError::link(&target, error)),
        }
        self.tree.remove_file(&beside)?;
        Ok(target)
    }
}

impl Store for FolderStore {
    fn location(&self) -> String {
        self.tree.root.display().to_string()
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.tree.read(&self.resolve(path)?, limit)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let path = self.resolve(path)?;
        match self.tree.disk.open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("open", &path, error)),
        }
    }

    fn holds(&self, path: &str) -> Result<bool, StoreError> {
        let path = self.resolve(path)?;
        let Some(stat) = self.tree.stat(&path)? else {
            return Ok(false);
        };
        if !stat.is_file {
            return Err(StoreError::NotPlain { place: StoreError::place(&path) });
        }
        self.tree.sync_file(&path)?;
        self.tree.sync_above(&path)?;
        Ok(true)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.tree.names(&self.resolve(prefix)?)
    }

    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        let mut touched = BTreeSet::new();
        for (path, bytes) in files {
            let target = self.put(path, &Bytes(bytes))?;
            touched.extend(self.tree.above(&target).map(Path::to_owned));
        }
        // Deepest first: a name is only as durable as the folders above it.
        touched.iter().rev().try_for_each(|folder| self.tree.sync_folder(folder))
    }

    fn create_from(&self, path: &str, content: &dyn Content) -> Result<(), StoreError> {
        let target = self.put(path, content)?;
        self.tree.sync_above(&target)
    }

    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError> {
        let path = self.tree.root.join(CHECKPOINT);
        // Compare and rename are two operations; this lock makes them one.
        let lock_path = self.tree.root.join(HEAD_LOCK);
        let locked =
            self.tree.disk.try_lock(&lock_path, true, "").map_err(|e| StoreError::io("lock", &lock_path, e))?;
        let _one = match locked {
            LockOutcome::Held(guard) => guard,
            LockOutcome::Busy(_) | LockOutcome::Absent => {
                return Err(StoreError::HeadMoved { place: StoreError::place(&path) });
            }
        };
        match self.same_or_differs(&path, &Bytes(expected)) {
            Ok(()) => {}
            Err(StoreError::Differs { place }) => return Err(StoreError::HeadMoved { place }),
            Err(error) => return Err(error),
        }
        let beside = self.write_beside(&Bytes(new))?;
        self.tree.disk.rename(&beside, &path).map_err(|e| StoreError::io("replace", &path, e))?;
        self.tree.sync_above(&path)
    }

    fn remove_pending(&self, path: &str) -> Result<(), StoreError> {
        if !path.starts_with("pending/") {
            return Err(StoreError::BadPath { path: path.to_owned() });
        }
        let target = self.resolve(path)?;
        self.tree.remove_file(&target)?;
        target.parent().map_or(Ok(()), |folder| self.tree.sync_folder(folder))
    }
}

/// Content that is in memory.
struct Bytes<'b>(&'b [u8]);

impl Content for Bytes<'_> {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0))
    }
}
