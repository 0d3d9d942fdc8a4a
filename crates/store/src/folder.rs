//! A store in a folder: mode 0700, files 0600, every write durable before it is reported as done.
//!
//! New files are written beside, synced, linked to their name and the folders above synced up to
//! the root: whatever was killed before, what is reported as kept is kept. Needs a file system with
//! hard links and `flock`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::disk::{Disk, Guard, LockOutcome, RealDisk};
use crate::{CHECKPOINT, Holder, RunId, Store, StoreError};

const FOLDERS: [&str; 4] = ["ledger", "bundles", "pending", "pending/tmp"];
/// What may stand in a folder that becomes a store: left by an `init` that did not end.
const OWN: [&str; 4] = ["ledger", "bundles", "pending", "anchors"];
const TMP: &str = "pending/tmp";
const LEDGER_LOCK: &str = "pending/ledger.lock";
const HEAD_LOCK: &str = "pending/head.lock";
const LOCK: &str = "lock";
const STAGED: &str = "bundle";
const SCRATCH: &str = "scratch";
/// From this many files on, one sync of the whole file system is cheaper than one sync each.
const SYNC_EACH: usize = 32;
/// Deepest folder below what was prepared: `raw/` and its folders of a thousand.
const DEPTH_MAX: usize = 16;
const STEP: Duration = Duration::from_millis(50);

/// A store in a folder of the file system `D`.
#[derive(Debug)]
pub struct FolderStore<D = RealDisk> {
    root: PathBuf,
    disk: D,
    /// Numbers the files written beside.
    next: AtomicU64,
}

impl FolderStore<RealDisk> {
    /// Opens the store in a folder that `init` made.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Self::open_on(RealDisk, &real_path(root)?)
    }

    /// Makes a store in a new or empty folder, or completes one that holds no ledger yet.
    pub fn init(root: &Path) -> Result<Self, StoreError> {
        Self::init_on(RealDisk, &real_path(root)?)
    }
}

impl<D: Disk> FolderStore<D> {
    /// [`FolderStore::open`] on another file system. `root` is taken as it is.
    pub fn open_on(disk: D, root: &Path) -> Result<Self, StoreError> {
        let store = Self::at(disk, root);
        let not_there = || StoreError::NotInitialised { path: root.to_owned() };
        store.check_folder(root)?.ok_or_else(not_there)?;
        store.check_folder(&root.join("ledger"))?.ok_or_else(not_there)?;
        // The others may be missing: a copy need not keep empty folders.
        for folder in FOLDERS {
            store.check_folder(&root.join(folder))?;
        }
        Ok(store)
    }

    /// [`FolderStore::init`] on another file system. `root` is taken as it is.
    pub fn init_on(disk: D, root: &Path) -> Result<Self, StoreError> {
        let store = Self::at(disk, root);
        if store.check_folder(root)?.is_none() {
            store.make_folder(root)?;
        }
        for name in store.names(root)? {
            if !OWN.contains(&name.as_str()) {
                return Err(StoreError::NotAStore { path: root.to_owned(), found: name });
            }
        }
        for folder in FOLDERS {
            let path = root.join(folder);
            if store.check_folder(&path)?.is_none() {
                store.make_folder(&path)?;
            }
            store.sync_folder(&path)?;
        }
        store.sync_folder(root)?;
        if let Some(parent) = root.parent() {
            store.sync_folder(parent)?;
        }
        Ok(store)
    }

    fn at(disk: D, root: &Path) -> Self {
        Self { root: root.to_owned(), disk, next: AtomicU64::new(0) }
    }

    /// The file system below.
    pub fn disk(&self) -> &D {
        &self.disk
    }

    /// Refuses a folder that others own or can enter; `None` if there is none.
    fn check_folder(&self, path: &Path) -> Result<Option<()>, StoreError> {
        let Some(found) = self.stat(path)? else {
            return Ok(None);
        };
        if !found.is_folder {
            return Err(StoreError::NotPlain { path: path.to_owned() });
        }
        let user = rustix::process::geteuid().as_raw();
        if found.owner != user {
            return Err(StoreError::OtherOwner { path: path.to_owned(), owner: found.owner, user });
        }
        if found.mode & 0o077 != 0 {
            return Err(StoreError::TooOpen { path: path.to_owned(), mode: found.mode });
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
            Ok(self.root.join(path))
        } else {
            Err(StoreError::BadPath { path: path.to_owned() })
        }
    }

    fn run_folder(&self, run: &RunId) -> PathBuf {
        self.root.join("pending").join(run.as_str())
    }

    fn bundle_folder(&self, index: u64) -> PathBuf {
        self.root.join("bundles").join(index.to_string())
    }

    // ---- the disk's operations with the store's errors

    fn stat(&self, path: &Path) -> Result<Option<crate::Stat>, StoreError> {
        self.disk.stat(path).map_err(|e| StoreError::io("look at", path, e))
    }

    fn read_at(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        match self.disk.read(path, limit) {
            Ok(bytes) if bytes.len() as u64 > limit => Err(StoreError::TooLarge { path: path.to_owned(), limit }),
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("read", path, error)),
        }
    }

    fn names(&self, path: &Path) -> Result<Vec<String>, StoreError> {
        match self.disk.list(path) {
            Ok(mut names) => {
                names.sort_unstable();
                Ok(names)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(StoreError::io("list", path, error)),
        }
    }

    fn make_folder(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.make_folder(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(|e| StoreError::io("make folder", path, e)),
        }
    }

    fn sync_folder(&self, path: &Path) -> Result<(), StoreError> {
        self.disk.sync_folder(path).map_err(|e| StoreError::io("sync", path, e))
    }

    fn sync_file(&self, path: &Path) -> Result<(), StoreError> {
        self.disk.sync_file(path).map_err(|e| StoreError::io("sync", path, e))
    }

    fn remove_file(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|e| StoreError::io("remove", path, e)),
        }
    }

    // ---- composed operations

    /// The folders of the store above `path`, nearest first, the root last.
    fn above<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Path> {
        path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root))
    }

    fn make_folders_above(&self, path: &Path) -> Result<(), StoreError> {
        let mut missing = Vec::new();
        for folder in self.above(path) {
            if self.stat(folder)?.is_some() {
                break;
            }
            missing.push(folder);
        }
        missing.into_iter().rev().try_for_each(|folder| self.make_folder(folder))
    }

    /// Writes a file under a name nobody knows, durable but for its name.
    fn write_beside(&self, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.root.join(TMP).join(format!("{}-{number}", std::process::id()));
            match self.disk.write_new(&path, bytes) {
                Ok(()) => {
                    self.sync_file(&path)?;
                    return Ok(path);
                }
                // Left by a dead process which had our number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::io("write", path, error)),
            }
        }
    }

    fn same_or_differs(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        match self.read_at(path, bytes.len() as u64) {
            Ok(Some(found)) if found == bytes => Ok(()),
            Ok(_) | Err(StoreError::TooLarge { .. }) => Err(StoreError::Differs { path: path.to_owned() }),
            Err(error) => Err(error),
        }
    }

    /// All plain files and folders below `folder`, folders after what is in them.
    fn walk(&self, folder: &Path, depth: usize, found: &mut Vec<(PathBuf, crate::Stat)>) -> Result<(), StoreError> {
        for name in self.names(folder)? {
            let path = folder.join(name);
            let Some(stat) = self.stat(&path)? else {
                continue;
            };
            if stat.is_folder && depth > 0 {
                self.walk(&path, depth.saturating_sub(1), found)?;
            } else if !stat.is_file {
                return Err(StoreError::NotPlain { path });
            }
            found.push((path, stat));
        }
        Ok(())
    }

    fn remove_tree(&self, folder: &Path) -> Result<(), StoreError> {
        let mut found = Vec::new();
        self.walk(folder, DEPTH_MAX, &mut found)?;
        for (path, stat) in found {
            if stat.is_folder {
                self.remove_folder(&path)?;
            } else {
                self.remove_file(&path)?;
            }
        }
        self.remove_folder(folder)
    }

    fn remove_folder(&self, path: &Path) -> Result<(), StoreError> {
        match self.disk.remove_folder(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|e| StoreError::io("remove", path, e)),
        }
    }

    fn lock(&self, what: &'static str, path: &Path, holder: &Holder, wait: Duration) -> Result<Guard, StoreError> {
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
                        path: path.to_owned(),
                    });
                }
                LockOutcome::Absent => {
                    return Err(StoreError::NotInitialised { path: self.root.clone() });
                }
            }
        }
    }
}

impl<D: Disk> Store for FolderStore<D> {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_at(&self.resolve(path)?, limit)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        self.names(&self.resolve(folder)?)
    }

    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        let mut touched = BTreeSet::new();
        for (path, bytes) in files {
            let target = self.resolve(path)?;
            if self.stat(&target)?.is_some() {
                self.same_or_differs(&target, bytes)?;
                // Whoever wrote it may have died before syncing it.
                self.sync_file(&target)?;
            } else {
                self.make_folders_above(&target)?;
                let beside = self.write_beside(bytes)?;
                match self.disk.link(&beside, &target) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        self.same_or_differs(&target, bytes)?;
                    }
                    Err(error) => return Err(StoreError::link(target, error)),
                }
                self.remove_file(&beside)?;
            }
            touched.extend(self.above(&target).map(Path::to_owned));
        }
        // Deepest first: a name is only as durable as the folders above it.
        touched.iter().rev().try_for_each(|folder| self.sync_folder(folder))
    }

    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError> {
        let path = self.root.join(CHECKPOINT);
        // Compare and rename are two operations; this lock makes them one.
        let lock_path = self.root.join(HEAD_LOCK);
        let _one = match self.disk.try_lock(&lock_path, true, "").map_err(|e| StoreError::io("lock", &lock_path, e))? {
            LockOutcome::Held(guard) => guard,
            LockOutcome::Busy(_) | LockOutcome::Absent => {
                return Err(StoreError::HeadMoved { path });
            }
        };
        match self.same_or_differs(&path, expected) {
            Ok(()) => {}
            Err(StoreError::Differs { path }) => return Err(StoreError::HeadMoved { path }),
            Err(error) => return Err(error),
        }
        let beside = self.write_beside(new)?;
        self.disk.rename(&beside, &path).map_err(|e| StoreError::io("replace", &path, e))?;
        self.above(&path).try_for_each(|folder| self.sync_folder(folder))
    }

    fn remove_pending(&self, path: &str) -> Result<(), StoreError> {
        if !path.starts_with("pending/") {
            return Err(StoreError::BadPath { path: path.to_owned() });
        }
        let target = self.resolve(path)?;
        self.remove_file(&target)?;
        target.parent().map_or(Ok(()), |folder| self.sync_folder(folder))
    }

    fn lock_ledger(&self, holder: &Holder, wait: Duration) -> Result<Guard, StoreError> {
        for folder in FOLDERS {
            let path = self.root.join(folder);
            if self.stat(&path)?.is_none() {
                self.make_folder(&path)?;
            }
        }
        let guard = self.lock("the ledger", &self.root.join(LEDGER_LOCK), holder, wait)?;
        // Whatever lies here is of dead processes: only the holder of this lock writes beside.
        let tmp = self.root.join(TMP);
        for name in self.names(&tmp)? {
            self.remove_file(&tmp.join(name))?;
        }
        Ok(guard)
    }

    fn open_run(&self, run: &RunId, holder: &Holder) -> Result<Guard, StoreError> {
        let folder = self.run_folder(run);
        if self.stat(&folder)?.is_some() {
            return Err(StoreError::RunExists { run: run.to_string() });
        }
        self.make_folder(&folder)?;
        let guard = self.lock("the run", &folder.join(LOCK), holder, Duration::ZERO)?;
        self.sync_folder(&folder)?;
        self.above(&folder).try_for_each(|above| self.sync_folder(above))?;
        Ok(guard)
    }

    fn claim_run(&self, run: &RunId, holder: &Holder) -> Result<Option<Guard>, StoreError> {
        let folder = self.run_folder(run);
        if self.stat(&folder)?.is_none() {
            return Ok(None);
        }
        match self.lock("the run", &folder.join(LOCK), holder, Duration::ZERO) {
            Ok(guard) => Ok(Some(guard)),
            Err(StoreError::Locked { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        let pending = self.root.join("pending");
        let mut runs = Vec::new();
        for name in self.names(&pending)? {
            let Ok(run) = name.parse::<RunId>() else {
                continue;
            };
            if self.stat(&pending.join(name))?.is_some_and(|s| s.is_folder) {
                runs.push(run);
            }
        }
        Ok(runs)
    }

    fn staging(&self, run: &RunId) -> Result<PathBuf, StoreError> {
        let folder = self.run_folder(run).join(STAGED);
        self.make_folder(&folder)?;
        Ok(folder)
    }

    fn scratch(&self, run: &RunId) -> Result<PathBuf, StoreError> {
        let folder = self.run_folder(run).join(SCRATCH);
        self.make_folder(&folder)?;
        Ok(folder)
    }

    fn clear_run(&self, run: &RunId) -> Result<(), StoreError> {
        for name in [SCRATCH, STAGED] {
            self.remove_tree(&self.run_folder(run).join(name))?;
        }
        self.sync_folder(&self.run_folder(run))
    }

    fn sync_staged(&self, run: &RunId) -> Result<(), StoreError> {
        let folder = self.run_folder(run).join(STAGED);
        if self.stat(&folder)?.is_none() {
            return Err(StoreError::NothingStaged { path: folder });
        }
        let mut found = Vec::new();
        self.walk(&folder, DEPTH_MAX, &mut found)?;
        for (path, stat) in &found {
            let mode = if stat.is_folder { 0o700 } else { 0o600 };
            if stat.mode != mode {
                self.disk.set_mode(path, mode).map_err(|e| StoreError::io("close to others", path, e))?;
            }
        }
        let at_once = found.len() > SYNC_EACH
            && self.disk.sync_everything(&folder).map_err(|e| StoreError::io("sync", &folder, e))?;
        if !at_once {
            for (path, stat) in &found {
                if stat.is_folder {
                    self.sync_folder(path)?;
                } else {
                    self.sync_file(path)?;
                }
            }
        }
        self.sync_folder(&folder)?;
        self.above(&folder).try_for_each(|above| self.sync_folder(above))
    }

    fn add_staged(&self, run: &RunId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.create(&[(&format!("pending/{run}/{STAGED}/{name}"), bytes)])
    }

    fn publish(&self, run: &RunId, index: u64) -> Result<(), StoreError> {
        let staged = self.run_folder(run).join(STAGED);
        let target = self.bundle_folder(index);
        match (self.stat(&staged)?, self.stat(&target)?) {
            (None, None) => return Err(StoreError::NothingStaged { path: staged }),
            (Some(_), Some(_)) => return Err(StoreError::Differs { path: target }),
            (Some(_), None) => self.disk.rename(&staged, &target).map_err(|e| StoreError::io("publish", &target, e))?,
            // Published by a process that died before it could say so.
            (None, Some(_)) => {}
        }
        // The new place first: a power cut between the two must not find the bundle in neither.
        self.above(&target).try_for_each(|folder| self.sync_folder(folder))?;
        let run_folder = self.run_folder(run);
        if self.stat(&run_folder)?.is_some() {
            self.sync_folder(&run_folder)?;
        }
        Ok(())
    }

    fn drop_run(&self, run: &RunId) -> Result<(), StoreError> {
        let folder = self.run_folder(run);
        let lock = folder.join(LOCK);
        for name in self.names(&folder)? {
            let path = folder.join(&name);
            match self.stat(&path)? {
                Some(stat) if stat.is_folder => self.remove_tree(&path)?,
                Some(_) if path != lock => self.remove_file(&path)?,
                Some(_) | None => {}
            }
        }
        // The lock last: until then nobody else takes the folder for theirs.
        self.remove_file(&lock)?;
        self.remove_folder(&folder)?;
        self.above(&folder).try_for_each(|above| self.sync_folder(above))
    }

    fn bundle(&self, index: u64) -> Result<Option<PathBuf>, StoreError> {
        let folder = self.bundle_folder(index);
        Ok(self.stat(&folder)?.map(|_| folder))
    }
}

/// Follows links of the root itself, also where its last part does not exist yet: whoever names a
/// store by a link means what it points to.
fn real_path(root: &Path) -> Result<PathBuf, StoreError> {
    let failed = |error| StoreError::io("find", root, error);
    match root.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let absolute = std::path::absolute(root).map_err(failed)?;
            match (absolute.parent(), absolute.file_name()) {
                (Some(parent), Some(name)) => Ok(parent.canonicalize().map_err(failed)?.join(name)),
                _ => Ok(absolute),
            }
        }
        other => other.map_err(failed),
    }
}
