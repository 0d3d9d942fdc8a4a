//! The few things a folder store asks of a file system, each one a failpoint in the tests, and the
//! real file system.
//!
//! Nothing here promises durability except the `sync_*` operations.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What is at a path; links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub is_file: bool,
    pub is_folder: bool,
    /// Permission bits.
    pub mode: u32,
    pub owner: u32,
    pub inode: u64,
}

/// A lock held until this is dropped, or its process ends.
#[derive(Debug)]
pub struct Guard {
    file: File,
}

impl Drop for Guard {
    /// Closing alone would not do: a child process that is just being started still has the file
    /// open, and with it the lock. Where unlocking fails, closing is all there is.
    fn drop(&mut self) {
        let _closed_instead = self.file.unlock();
    }
}

/// What came of trying to take a lock.
#[derive(Debug)]
pub enum LockOutcome {
    Held(Guard),
    /// Someone else holds it; the note that they left.
    Busy(String),
    /// There is no lock file, and none was to be made.
    Absent,
}

/// A file system. Every method is one failpoint.
pub trait Disk: fmt::Debug + Send + Sync {
    /// What is at `path`; `None` if nothing.
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;
    /// At most `limit` + 1 bytes of a file.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;
    /// A file to read from.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;
    /// Names in a folder, in any order.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// Makes one folder of mode 0700.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file of mode 0600 that must not exist.
    fn write_new(&self, path: &Path, content: &mut dyn Read) -> io::Result<()>;
    /// A second name for a file; fails if the name exists.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file's bytes survive a power cut.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder survive a power cut.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Tries to take the lock of the file at `path` and leaves `note` in it.
    fn try_lock(&self, path: &Path, create: bool, note: &str) -> io::Result<LockOutcome>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        match fs::symlink_metadata(path) {
            Ok(found) => Ok(Some(Stat {
                is_file: found.is_file(),
                is_folder: found.is_dir(),
                mode: found.mode() & 0o7777,
                owner: found.uid(),
                inode: found.ino(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(path)?))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            // A name that is no UTF-8 is none of ours; it must not vanish from the list either.
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(path)
    }

    fn write_new(&self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        io::copy(content, &mut file).map(|_| ())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    #[expect(clippy::disallowed_methods, reason = "whoever renames by this syncs the folder by this")]
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn try_lock(&self, path: &Path, create: bool, note: &str) -> io::Result<LockOutcome> {
        loop {
            let opened =
                OpenOptions::new().read(true).write(true).create(create).truncate(false).mode(0o600).open(path);
            let mut file = match opened {
                Ok(file) => file,
                Err(error) if !create && error.kind() == io::ErrorKind::NotFound => {
                    return Ok(LockOutcome::Absent);
                }
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    file.take(256).read_to_string(&mut holder)?;
                    return Ok(LockOutcome::Busy(holder.trim_end().to_owned()));
                }
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            // The file may have been removed between open and lock: then this is the lock of nothing.
            let same = self.stat(path)?.is_some_and(|found| Some(found.inode) == file.metadata().ok().map(|m| m.ino()));
            if same {
                file.set_len(0)?;
                file.write_all(note.as_bytes())?;
                return Ok(LockOutcome::Held(Guard { file }));
            }
        }
    }
}
