//! Sealing into a store that other machines write, too. No lock of this machine holds them back, and none could: a machine that
//! stands still does not know that it does. What holds is what the store promises, that a name is created once and the head is
//! moved from what it was:
//!
//! * The reservation of an index is its lock. Whoever creates it seals; the others wait until it is gone.
//! * One that stays is completed by whoever waited: with the statement it holds, and with what its run prepared, which lies in the store
//!   before the reservation does. Two that complete it write the same bytes.
//! * After a reservation is made, intent and head are read. If the head moved, the place was taken before, and the reservation is taken
//!   back; if the intent is gone, another machine took the run for dead and recorded that.
//! * A run of another machine is taken for dead long after its own deadline. It may live: then it finds its intent gone.
//!
//! In a store that only this machine writes none of this has an effect.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bundle::layout;
use bundle::statement::Statement;
use model::{Digest, Timestamp};
use sha2::{Digest as _, Sha256};
use store::{Content, Guard, RunId, StoreError};

use super::error::SealError;
use super::head::{Head, damaged};
use super::pending::read_intent;
use super::sealer::Sealer;

/// Between two looks at what another machine does.
const STEP: Duration = Duration::from_millis(200);
/// How long after its deadline a run of another machine is taken for dead, in milliseconds: judging and sealing come after it, and clocks
/// differ.
const GRACE: i64 = 60 * 60 * 1000;

impl Sealer<'_> {
    /// Waits while another machine completes what it has at an index. `true`: there is nothing left to do for it; the head is read anew.
    /// `false`: it is ours to complete.
    pub(super) fn left_to_others(&self, head: &mut Head<'_>, index: u64) -> Result<bool, SealError> {
        if !self.store.is_shared() {
            return Ok(false);
        }
        let mut waited = Duration::ZERO;
        while let Some((run, _)) = self.who_has(index)? {
            // Under the lock of this machine nobody lives who reserved anything here.
            let is_ours = self.workshop.runs()?.contains(&run);
            if is_ours || waited >= self.wait {
                head.again(self.memory)?;
                return self.is_void(head, index);
            }
            std::thread::sleep(STEP);
            waited = waited.saturating_add(STEP);
        }
        head.again(self.memory)?;
        Ok(true)
    }

    /// A reservation that came too late, or whose run was given up, is taken back: it was never signed, and never will be.
    fn is_void(&self, head: &Head<'_>, index: u64) -> Result<bool, SealError> {
        let Some((run, signed)) = self.who_has(index)? else { return Ok(true) };
        if signed || (index >= head.size() && read_intent(self.store, &run)?.is_some()) {
            return Ok(false);
        }
        self.take_back(index)?;
        Ok(true)
    }

    /// Whether what was just reserved is the ledger's next place. If not, the reservation is taken back.
    pub(super) fn has_place(&self, head: &mut Head<'_>, run: &RunId, index: u64) -> Result<bool, SealError> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        // In this order: whoever completes this very reservation moves the head before the intent goes.
        let is_wanted = read_intent(self.store, run)?.is_some();
        head.again(self.memory)?;
        if head.size() == index && is_wanted {
            return Ok(true);
        }
        // Only ours: who stood still for very long may find another one's.
        if self.who_has(index)?.is_some_and(|(who, signed)| who == *run && !signed) {
            self.take_back(index)?;
        }
        if self.is_sealed(head, run, index)? {
            return Err(SealError::SealedByOthers { run: run.to_string(), index });
        }
        if is_wanted { Ok(false) } else { Err(SealError::GivenUp { run: run.to_string() }) }
    }

    /// Why a bundle was not completed by us: perhaps because another machine did it.
    pub(super) fn or_sealed_by_others(
        &self,
        run: &RunId,
        index: u64,
        otherwise: impl FnOnce() -> SealError,
    ) -> SealError {
        let error = otherwise();
        // Then a signature that is still there is of no use any more: it was written after another machine had done with this bundle.
        let others_moved_on = matches!(error, SealError::Store(StoreError::HeadMoved { .. }));
        let sealed = || {
            let key = self.log_key()?;
            let head = Head::read(self.store, self.memory, &key)?;
            // What is still reserved or signed is not done with: that was ours, and the next run goes on with it.
            Ok::<_, SealError>(
                (others_moved_on || self.who_has(index)?.is_none())
                    && self.is_sealed(&head, run, index)?
                    && self.store.holds(&layout::bundle(index))?,
            )
        };
        match self.store.is_shared().then(sealed) {
            Some(Ok(true)) => SealError::SealedByOthers { run: run.to_string(), index },
            _ => error,
        }
    }

    fn is_sealed(&self, head: &Head<'_>, run: &RunId, index: u64) -> Result<bool, SealError> {
        if index >= head.size() {
            return Ok(false);
        }
        let statement = Statement::parse(&head.envelope(index, self.trust)?.statement)?;
        Ok(statement.predicate.bundle == run.as_str())
    }

    /// Runs of other machines whose deadline is long over. `here`: those of this machine, whose locks say whether they live.
    pub(super) fn given_up(&self, now: Timestamp, here: &[RunId]) -> Result<Vec<RunId>, SealError> {
        if !self.store.is_shared() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for name in self.store.list(layout::PENDING)? {
            let Ok(run) = name.parse::<RunId>() else { continue };
            if here.contains(&run) {
                continue;
            }
            let Some(intent) = read_intent(self.store, &run)? else {
                // What a run leaves whose end was interrupted.
                self.forget(&run)?;
                continue;
            };
            let until = intent.until.unwrap_or(intent.started).as_millis();
            if until.saturating_add(GRACE) < now.as_millis() {
                found.push(run);
            }
        }
        Ok(found)
    }

    /// Takes over the liveness lock of a run that is dead; of another machine's, one of our own in its name.
    pub(super) fn claim_run(&self, run: &RunId) -> Result<Option<Guard>, SealError> {
        if self.store.is_shared() && !self.workshop.runs()?.contains(run) {
            return Ok(Some(self.workshop.open_run(run, &self.holder)?));
        }
        Ok(self.workshop.claim_run(run, &self.holder)?)
    }

    /// Puts what a run prepared into the store, by its digest: others complete with it what this machine may leave undone.
    pub(super) fn hand_over(&self, run: &RunId, staged: &Path) -> Result<Option<Digest>, SealError> {
        if !self.store.is_shared() {
            return Ok(None);
        }
        let failed = |source| SealError::File { place: staged.display().to_string(), source };
        let mut hash = Hash(Sha256::new());
        std::io::copy(&mut File::open(staged).map_err(failed)?, &mut hash).map_err(failed)?;
        let digest = Digest::from_bytes(hash.0.finalize().into());
        self.store.create_from(&body_path(run, digest), &Prepared(staged))?;
        Ok(Some(digest))
    }

    /// The file with what a run prepared. Where another machine has it, what lies in the store is fetched; that it is what the
    /// statement speaks of is verified before it is published.
    pub(super) fn staged(&self, run: &RunId, body: Option<Digest>) -> Result<PathBuf, SealError> {
        let staged = self.workshop.staged(run);
        if self.store.is_shared() && !staged.exists() {
            let digest = body.ok_or_else(|| {
                damaged(self.store, &format!("{}/{run}", layout::PENDING), "does not say what the run prepared")
            })?;
            let path = body_path(run, digest);
            let mut found = self.store.open(&path)?.ok_or_else(|| damaged(self.store, &path, "is missing"))?;
            self.workshop.receive(run, &mut found)?;
        }
        Ok(staged)
    }

    /// Removes all that a run left, here and in the store.
    pub(super) fn drop_run(&self, run: &RunId) -> Result<(), SealError> {
        if self.store.is_shared() {
            self.forget(run)?;
        }
        Ok(self.workshop.drop_run(run)?)
    }

    /// Removes what a run has in the store. The intent last: as long as it is there, the rest is found again.
    fn forget(&self, run: &RunId) -> Result<(), SealError> {
        let folder = format!("{}/{run}", layout::PENDING);
        let mut names = self.store.list(&folder)?;
        names.sort_by_key(|name| name == INTENT);
        for name in names {
            self.store.remove_pending(&format!("{folder}/{name}"))?;
        }
        Ok(())
    }
}

const INTENT: &str = "intent.json";

fn body_path(run: &RunId, digest: Digest) -> String {
    format!("{}/{run}/{digest}.tar.zst", layout::PENDING)
}

struct Prepared<'p>(&'p Path);

impl Content for Prepared<'_> {
    fn open(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(Box::new(File::open(self.0)?))
    }
}

struct Hash(Sha256);

impl std::io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
