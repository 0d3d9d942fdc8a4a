//! Where bundles and the ledger lie: a trait that a folder fits today and an object store with
//! conditional writes later, and the folder.
//!
//! A store keeps bytes and promises that what it said is kept survives a power cut. It knows the
//! places of `docs/spec/bundle.md` §1 and nothing of what stands in them: order of writing,
//! signatures and recovery are `agent::seal`.

mod disk;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
mod folder;
mod memory;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use model::Timestamp;

pub use disk::{Disk, Guard, LockOutcome, RealDisk, Stat};
pub use error::StoreError;
pub use folder::FolderStore;
pub use memory::{HeadFile, HeadMemory};

/// The signed head of the ledger, in C2SP form.
pub const CHECKPOINT: &str = "ledger/checkpoint";

/// Where bundles and one ledger are kept. Paths are relative, with `/`.
///
/// Every method that writes returns only when what it wrote survives a power cut. A method that
/// fails may or may not have had its effect; whoever calls it finds out by reading.
pub trait Store: fmt::Debug + Send + Sync {
    /// The store's name for a person.
    fn location(&self) -> String;

    /// The bytes at `path`, `None` if there is nothing. More than `limit` bytes are an error.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// The names directly below `folder`, sorted; empty if there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError>;

    /// Creates files that do not exist yet. A file that exists with the same bytes is taken as
    /// created; one with other bytes is [`StoreError::Differs`] and stays as it is.
    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError>;

    /// Replaces [`CHECKPOINT`] if it still holds `expected` (compare-and-swap), else
    /// [`StoreError::HeadMoved`].
    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError>;

    /// Removes a file below `pending/`. It is no error if it is gone.
    fn remove_pending(&self, path: &str) -> Result<(), StoreError>;

    /// The lock under which the ledger grows. Waits up to `wait` for another holder.
    fn lock_ledger(&self, holder: &Holder, wait: Duration) -> Result<Guard, StoreError>;

    /// Makes `pending/<run>/` for a new run and holds its liveness lock: as long as the guard
    /// lives, nobody takes the run for dead.
    fn open_run(&self, run: &RunId, holder: &Holder) -> Result<Guard, StoreError>;

    /// Takes over the liveness lock of a run that is dead. `None` while it lives, or if it is gone.
    fn claim_run(&self, run: &RunId, holder: &Holder) -> Result<Option<Guard>, StoreError>;

    /// The runs that have a folder below `pending/`, sorted.
    fn runs(&self) -> Result<Vec<RunId>, StoreError>;

    /// The local folder in which the bundle of a run is prepared; made if it is not there.
    fn staging(&self, run: &RunId) -> Result<PathBuf, StoreError>;

    /// A local folder for a run's scratch, beside what it prepares and in the same file system; made
    /// if it is not there.
    fn scratch(&self, run: &RunId) -> Result<PathBuf, StoreError>;

    /// Throws away what was prepared and the scratch of a run; the folders are made anew when asked for.
    fn clear_run(&self, run: &RunId) -> Result<(), StoreError>;

    /// Makes what was prepared survive a power cut.
    fn sync_staged(&self, run: &RunId) -> Result<(), StoreError>;

    /// Adds a file to what was prepared. Like [`Store::create`] for one file.
    fn add_staged(&self, run: &RunId, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Publishes what was prepared as `bundles/<index>`, atomically. If it was published already
    /// (nothing prepared, bundle there) that is no error.
    fn publish(&self, run: &RunId, index: u64) -> Result<(), StoreError>;

    /// Removes `pending/<run>/` with all that is in it. Call it with the run's guard held.
    fn drop_run(&self, run: &RunId) -> Result<(), StoreError>;

    /// A local folder that holds the published bundle; `None` if there is none of that index.
    fn bundle(&self, index: u64) -> Result<Option<PathBuf>, StoreError>;
}

/// The id of a run: 1 to 64 lower-case letters, digits and `-`, first a letter or digit. It is a
/// folder's name, and stands in session names at the sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

/// Why a text is no id of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a run is 1 to 64 lower-case letters, digits and `-`, first a letter or digit")]
pub struct ParseRunIdError;

impl RunId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = ParseRunIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty()
            || text.len() > 64
            || text.starts_with('-')
            || !text.bytes().all(plain)
            || RESERVED.contains(&text)
        {
            return Err(ParseRunIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Names below `pending/` that are no runs.
const RESERVED: [&str; 1] = ["tmp"];

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who takes a lock, for the message that whoever meets it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} since {}", self.pid, self.since)
    }
}
