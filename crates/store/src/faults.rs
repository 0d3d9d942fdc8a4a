//! Disks for tests: one that fails or dies at a chosen operation, one that forgets what was not
//! synced when the power is cut.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::disk::{Disk, LockOutcome, RealDisk, Stat};

/// What happens to one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect.
    Fail,
    /// It has its effect and fails nevertheless.
    FailAfter,
    /// The process dies before it has an effect.
    KillBefore,
    /// The process dies in the middle: half a file is written.
    KillDuring,
    /// The process dies after it had its effect.
    KillAfter,
    /// From here on the disk is full: whatever needs room fails, writing in the middle.
    Full,
}

impl Fault {
    pub const ALL: [Self; 6] =
        [Self::Fail, Self::FailAfter, Self::KillBefore, Self::KillDuring, Self::KillAfter, Self::Full];
}

/// The hook through which every operation of a [`FaultyDisk`] passes.
pub trait Failpoint: std::fmt::Debug + Send + Sync {
    /// What is to happen to this operation.
    fn meet(&self, operation: &'static str, path: &Path) -> Option<Fault>;
}

/// Lets the operation with a chosen number, counted from 0, meet its fault.
#[derive(Debug)]
pub struct FailAt {
    number: u64,
    fault: Fault,
    met: Mutex<u64>,
}

impl FailAt {
    #[must_use]
    pub fn new(number: u64, fault: Fault) -> Arc<Self> {
        Arc::new(Self { number, fault, met: Mutex::new(0) })
    }

    /// Never faults; counts.
    #[must_use]
    pub fn never() -> Arc<Self> {
        Self::new(u64::MAX, Fault::Fail)
    }

    /// How many operations there were.
    pub fn met(&self) -> u64 {
        *lock(&self.met)
    }
}

impl Failpoint for FailAt {
    fn meet(&self, _operation: &'static str, _path: &Path) -> Option<Fault> {
        let mut met = lock(&self.met);
        let number = *met;
        *met = number.saturating_add(1);
        (number == self.number).then_some(self.fault)
    }
}

/// A disk on which operations meet faults. Clones are the same disk: what kills one, kills all.
#[derive(Clone, Debug)]
pub struct FaultyDisk<D = RealDisk> {
    inner: D,
    failpoint: Arc<dyn Failpoint>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    dead: bool,
    full: bool,
}

/// Whether an operation needs room on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Needed,
    NotNeeded,
}

impl<D: Disk> FaultyDisk<D> {
    pub fn new(inner: D, failpoint: Arc<dyn Failpoint>) -> Self {
        Self { inner, failpoint, state: Arc::default() }
    }

    pub fn inner(&self) -> &D {
        &self.inner
    }

    fn pass<T>(
        &self,
        operation: &'static str,
        path: &Path,
        room: Room,
        during: impl FnOnce() -> io::Result<()>,
        whole: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let fault = {
            let mut state = lock(&self.state);
            if state.dead {
                return Err(killed());
            }
            let fault = self.failpoint.meet(operation, path);
            state.full |= fault == Some(Fault::Full);
            state.dead |= matches!(fault, Some(Fault::KillBefore | Fault::KillDuring | Fault::KillAfter));
            if state.full && room == Room::Needed {
                Some(Fault::Full)
            } else {
                fault.filter(|fault| *fault != Fault::Full)
            }
        };
        match fault {
            None => whole(),
            Some(Fault::Fail) => Err(io::Error::other("made to fail")),
            Some(Fault::FailAfter) => {
                whole()?;
                Err(io::Error::other("made to fail afterwards"))
            }
            Some(Fault::KillBefore) => Err(killed()),
            Some(Fault::KillDuring) => {
                during()?;
                Err(killed())
            }
            Some(Fault::KillAfter) => {
                whole()?;
                Err(killed())
            }
            Some(Fault::Full) => {
                during()?;
                Err(io::ErrorKind::StorageFull.into())
            }
        }
    }

    fn plain<T>(
        &self,
        operation: &'static str,
        path: &Path,
        room: Room,
        whole: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        self.pass(operation, path, room, || Ok(()), whole)
    }
}

fn killed() -> io::Error {
    io::Error::other("the process was killed")
}

impl<D: Disk> Disk for FaultyDisk<D> {
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        self.plain("stat", path, Room::NotNeeded, || self.inner.stat(path))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.plain("read", path, Room::NotNeeded, || self.inner.read(path, limit))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        self.plain("open", path, Room::NotNeeded, || self.inner.open(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.plain("list", path, Room::NotNeeded, || self.inner.list(path))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.plain("make folder", path, Room::Needed, || self.inner.make_folder(path))
    }

    fn write_new(&self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        let (mut half, mut whole) = (bytes.get(..bytes.len() / 2).unwrap_or_default(), bytes.as_slice());
        self.pass(
            "write",
            path,
            Room::Needed,
            || self.inner.write_new(path, &mut half),
            || self.inner.write_new(path, &mut whole),
        )
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain("link", to, Room::Needed, || self.inner.link(from, to))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain("rename", to, Room::Needed, || self.inner.rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.plain("remove file", path, Room::NotNeeded, || self.inner.remove_file(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.plain("remove folder", path, Room::NotNeeded, || self.inner.remove_folder(path))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.plain("sync file", path, Room::Needed, || self.inner.sync_file(path))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.plain("sync folder", path, Room::NotNeeded, || self.inner.sync_folder(path))
    }

    fn try_lock(&self, path: &Path, create: bool, note: &str) -> io::Result<LockOutcome> {
        self.plain("lock", path, Room::NotNeeded, || self.inner.try_lock(path, create, note))
    }
}

/// A disk that has only what was synced once the power was cut. It is in a real folder; files
/// written there behind its back are not synced either, until it is told to.
#[derive(Clone, Debug)]
pub struct LossyDisk {
    root: PathBuf,
    platter: Arc<Mutex<Platter>>,
}

/// A file or folder whatever it is called. Inode numbers are used again, hence the birth.
type Identity = (u64, Option<SystemTime>);

#[derive(Debug, Default)]
struct Platter {
    files: BTreeMap<Identity, Vec<u8>>,
    /// What is in a folder: names, what they stand for, whether that is a folder.
    folders: BTreeMap<Identity, BTreeMap<String, (Identity, bool)>>,
}

impl LossyDisk {
    /// Everything that is below `root` now counts as synced.
    pub fn new(root: &Path) -> io::Result<Self> {
        let disk = Self { root: root.to_owned(), platter: Arc::default() };
        disk.keep_everything(root)?;
        Ok(disk)
    }

    /// Cuts the power: the folder on the real disk becomes what was synced. A file whose name was
    /// synced but not its bytes is empty.
    pub fn cut_power(&self) -> io::Result<()> {
        self.cut(|| false)
    }

    /// Cuts the power while the disk was writing: of what was not synced each name and each file's
    /// bytes got there or not, in no order. The same seed gives the same again.
    pub fn cut_power_while_writing(&self, seed: u64) -> io::Result<()> {
        // xorshift64: enough for a coin.
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        self.cut(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> 63 == 1
        })
    }

    fn cut(&self, got_there: impl FnMut() -> bool) -> io::Result<()> {
        let written = Self::new(&self.root)?;
        let left = lock(&self.platter).with_some_of(&lock(&written.platter), got_there);
        let (root, _) = identity(&self.root)?;
        for entry in fs::read_dir(&self.root)? {
            let path = entry?.path();
            if path.is_dir() {
                fs::remove_dir_all(path)?;
            } else {
                fs::remove_file(path)?;
            }
        }
        left.restore(root, &self.root)
    }

    fn keep_file(&self, path: &Path) -> io::Result<()> {
        let (file, _) = identity(path)?;
        let bytes = fs::read(path)?;
        lock(&self.platter).files.insert(file, bytes);
        Ok(())
    }

    fn keep_folder(&self, path: &Path) -> io::Result<()> {
        let (folder, _) = identity(path)?;
        let mut names = BTreeMap::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            names.insert(name, identity(&entry.path())?);
        }
        let mut platter = lock(&self.platter);
        // A folder has one place: journals move it whole.
        for (moved, is_folder) in names.values() {
            if *is_folder {
                for others in platter.folders.values_mut() {
                    others.retain(|_, (known, _)| known != moved);
                }
            }
        }
        platter.folders.insert(folder, names);
        Ok(())
    }

    fn keep_everything(&self, path: &Path) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if path.is_dir() {
                self.keep_everything(&path)?;
            } else {
                self.keep_file(&path)?;
            }
        }
        self.keep_folder(path)
    }
}

impl Platter {
    /// This, with some of the changes that lead to `written`.
    fn with_some_of(&self, written: &Self, mut got_there: impl FnMut() -> bool) -> Self {
        let mut left = Self::default();
        for file in self.files.keys().chain(written.files.keys()) {
            let (old, new) = (self.files.get(file), written.files.get(file));
            // Of a file that was removed or replaced the bytes are lost with its last name, not before: a rename that did not get
            // there leaves the old name with the old bytes. Without that no file can ever be replaced, the head of a ledger neither.
            let bytes = if old == new || new.is_none() || !got_there() { old } else { new };
            left.files.insert(*file, bytes.cloned().unwrap_or_default());
        }
        for folder in self.folders.keys().chain(written.folders.keys()) {
            let names = |platter: &Self| platter.folders.get(folder).cloned().unwrap_or_default();
            let (old, new) = (names(self), names(written));
            let mut kept = BTreeMap::new();
            for name in old.keys().chain(new.keys()) {
                let (old, new) = (old.get(name), new.get(name));
                let found = if old == new || !got_there() { old } else { new };
                if let Some((found, false)) = found {
                    kept.insert(name.clone(), (*found, false));
                }
            }
            left.folders.insert(*folder, kept);
        }
        // A folder is moved whole: it is where it was or where it went, in one place.
        let (old, new) = (self.places(), written.places());
        for folder in old.keys().chain(new.keys()) {
            let (old, new) = (old.get(folder), new.get(folder));
            let place = if old == new || !got_there() { old } else { new };
            if let Some((above, name)) = place
                && !left.places().contains_key(folder)
            {
                left.folders.entry(*above).or_default().insert(name.clone(), (*folder, true));
            }
        }
        left
    }

    /// Where each folder is: in which other, under which name.
    fn places(&self) -> BTreeMap<Identity, (Identity, String)> {
        self.folders
            .iter()
            .flat_map(|(above, names)| names.iter().map(move |(name, found)| (*above, name, found)))
            .filter(|(_, _, (_, is_folder))| *is_folder)
            .map(|(above, name, (folder, _))| (*folder, (above, name.clone())))
            .collect()
    }

    fn restore(&self, folder: Identity, path: &Path) -> io::Result<()> {
        let Some(names) = self.folders.get(&folder) else {
            return Ok(());
        };
        for (name, (found, is_folder)) in names {
            let path = path.join(name);
            if *is_folder {
                RealDisk.make_folder(&path)?;
                self.restore(*found, &path)?;
            } else {
                let mut bytes = self.files.get(found).map_or(&[][..], Vec::as_slice);
                RealDisk.write_new(&path, &mut bytes)?;
            }
        }
        Ok(())
    }
}

fn identity(path: &Path) -> io::Result<(Identity, bool)> {
    let found = fs::symlink_metadata(path)?;
    Ok(((found.ino(), found.created().ok()), found.is_dir()))
}

impl Disk for LossyDisk {
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        RealDisk.stat(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        RealDisk.read(path, limit)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        RealDisk.open(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_folder(path)
    }

    fn write_new(&self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        RealDisk.write_new(path, content)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.keep_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Folders above the disk are not lost with it.
        if path.starts_with(&self.root) { self.keep_folder(path) } else { Ok(()) }
    }

    fn try_lock(&self, path: &Path, create: bool, note: &str) -> io::Result<LockOutcome> {
        RealDisk.try_lock(path, create, note)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
