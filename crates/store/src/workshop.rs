//! Where runs on this machine prepare what goes into a store: their folders, the locks that say who lives, and the
//! lock under which this machine's runs seal one after another.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::disk::{Disk, Guard};
use crate::error::StoreError;
use crate::run::{Holder, RunId};
use crate::tree::{FOLDERS, TMP, Tree};

const LEDGER_LOCK: &str = "pending/ledger.lock";
const LOCK: &str = "lock";
const STAGED: &str = "body.tar.zst";
const SCRATCH: &str = "scratch";
const RECEIVED: &str = "received";

/// A local folder in which runs prepare their bundles.
#[derive(Clone, Debug)]
pub struct Workshop {
    tree: Tree,
}

impl Workshop {
    /// The workshop of a store in a folder, on a file system. `root` is the store's, taken as it is.
    #[must_use]
    pub fn on(disk: Arc<dyn Disk>, root: &Path) -> Self {
        Self { tree: Tree { root: root.to_owned(), disk } }
    }

    fn run_folder(&self, run: &RunId) -> PathBuf {
        self.tree.root.join("pending").join(run.as_str())
    }

    /// The lock under which the ledger grows. Waits up to `wait` for another holder.
    pub fn lock_ledger(&self, holder: &Holder, wait: Duration) -> Result<Guard, StoreError> {
        for folder in FOLDERS {
            let path = self.tree.root.join(folder);
            if self.tree.stat(&path)?.is_none() {
                self.tree.make_folder(&path)?;
            }
        }
        let guard = self.tree.lock("the ledger", &self.tree.root.join(LEDGER_LOCK), holder, wait)?;
        // Whatever is here is of dead processes: only the holder of this lock writes beside.
        let tmp = self.tree.root.join(TMP);
        for name in self.tree.names(&tmp)? {
            self.tree.remove_file(&tmp.join(name))?;
        }
        Ok(guard)
    }

    /// Makes `pending/<run>/` for a new run and holds its liveness lock: as long as the guard
    /// lives, no one takes the run for dead.
    pub fn open_run(&self, run: &RunId, holder: &Holder) -> Result<Guard, StoreError> {
        let folder = self.run_folder(run);
        if self.tree.stat(&folder)?.is_some() {
            return Err(StoreError::RunExists { run: run.to_string() });
        }
        self.tree.make_folder(&folder)?;
        let guard = self.tree.lock("the run", &folder.join(LOCK), holder, Duration::ZERO)?;
        self.tree.sync_folder(&folder)?;
        self.tree.sync_above(&folder)?;
        Ok(guard)
    }

    /// Takes over the liveness lock of a run that is dead. `None` while it lives, or if it is gone.
    pub fn claim_run(&self, run: &RunId, holder: &Holder) -> Result<Option<Guard>, StoreError> {
        let folder = self.run_folder(run);
        if self.tree.stat(&folder)?.is_none() {
            return Ok(None);
        }
        match self.tree.lock("the run", &folder.join(LOCK), holder, Duration::ZERO) {
            Ok(guard) => Ok(Some(guard)),
            Err(StoreError::Locked { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The runs that have a folder below `pending/`, sorted.
    pub fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        let pending = self.tree.root.join("pending");
        let mut runs = Vec::new();
        for name in self.tree.names(&pending)? {
            let Ok(run) = name.parse::<RunId>() else {
                continue;
            };
            if self.tree.stat(&pending.join(name))?.is_some_and(|s| s.is_folder) {
                runs.push(run);
            }
        }
        Ok(runs)
    }

    /// The file in which the bundle of a run is prepared. It is the run that makes it.
    #[must_use]
    pub fn staged(&self, run: &RunId) -> PathBuf {
        self.run_folder(run).join(STAGED)
    }

    /// A folder for a run's scratch, in the same file system as what it prepares; made if it is not there.
    pub fn scratch(&self, run: &RunId) -> Result<PathBuf, StoreError> {
        let folder = self.run_folder(run).join(SCRATCH);
        self.tree.make_folder(&folder)?;
        Ok(folder)
    }

    /// Throws away what was prepared and the scratch of a run.
    pub fn clear_run(&self, run: &RunId) -> Result<(), StoreError> {
        let folder = self.run_folder(run);
        self.tree.remove_tree(&folder.join(SCRATCH))?;
        self.tree.remove_file(&folder.join(STAGED))?;
        self.tree.sync_folder(&folder)
    }

    /// Takes in what a run on another machine prepared. What it makes is whole or not there.
    pub fn receive(&self, run: &RunId, content: &mut dyn Read) -> Result<(), StoreError> {
        let folder = self.run_folder(run);
        if self.tree.stat(&folder)?.is_none() {
            self.tree.make_folder(&folder)?;
        }
        let (beside, staged) = (folder.join(RECEIVED), self.staged(run));
        self.tree.remove_file(&beside)?;
        self.tree.disk.write_new(&beside, content).map_err(|error| StoreError::io("write", &beside, error))?;
        self.tree.disk.rename(&beside, &staged).map_err(|error| StoreError::io("replace", &staged, error))?;
        self.sync_staged(run)
    }

    /// Makes what was prepared survive a power cut.
    pub fn sync_staged(&self, run: &RunId) -> Result<(), StoreError> {
        let staged = self.staged(run);
        let place = StoreError::place(&staged);
        let Some(stat) = self.tree.stat(&staged)? else {
            return Err(StoreError::NothingStaged { place });
        };
        if !stat.is_file {
            return Err(StoreError::NotPlain { place });
        }
        if stat.mode & 0o077 != 0 {
            return Err(StoreError::TooOpen { place, mode: stat.mode });
        }
        self.tree.sync_file(&staged)?;
        self.tree.sync_above(&staged)
    }

    /// Removes `pending/<run>/` with all that is in it. Call it with the run's guard held.
    pub fn drop_run(&self, run: &RunId) -> Result<(), StoreError> {
        let folder = self.run_folder(run);
        let lock = folder.join(LOCK);
        for name in self.tree.names(&folder)? {
            let path = folder.join(&name);
            match self.tree.stat(&path)? {
                Some(stat) if stat.is_folder => self.tree.remove_tree(&path)?,
                Some(_) if path != lock => self.tree.remove_file(&path)?,
                Some(_) | None => {}
            }
        }
        // The lock last: until then no one else takes the folder for theirs.
        self.tree.remove_file(&lock)?;
        self.tree.remove_folder(&folder)?;
        self.tree.sync_above(&folder)
    }
}
