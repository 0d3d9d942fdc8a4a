//! Sealing: the order in which a bundle is signed, put into the ledger and published, and what is
//! made of a run that was killed anywhere in between (`docs/spec/bundle.md`, writing).
//!
//! 1. [`Sealer::init`] makes the ledger, once.
//! 2. [`Sealer::begin`] completes what a killed run had signed, names the runs that died before
//!    that, writes this run's intent and holds its liveness lock.
//! 3. The run collects into [`Session::scratch`] and writes the bundle's files (`leaves.txt`,
//!    `records.jsonl`, `raw/`) into [`Session::staging`].
//! 4. [`Sealer::seal`]: under the lock of the ledger: statement, signature, entry, head, bundle.
//!
//! What `pending/` holds between the steps:
//!
//! * `pending/<run>/intent.json`: the run began. Dead without more: [`Unfinished`].
//! * `pending/<index>.reserved.json`: the statement for this index, before it is signed. Whoever
//!   comes next signs exactly these bytes, so that no index is ever signed over two statements, not
//!   even when the signature was made and lost.
//! * `pending/<index>.signed.json`: the signature. The index is appended with it and with no other.
//!
//! Clock and randomness are arguments.

mod check;
mod error;
mod export;
mod failed;
mod head;
mod pending;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bundle::seal::{Metadata, Unsigned};
use bundle::statement::{Chain, Kind, Statement, StatementError, Summary};
use bundle::trust::{Role, Trust};
use bundle::writer::WrittenRecords;
use ledger::{LogKey, PublicKey};
use model::record::{ClockSource, Override, Purpose, RunStatus, Tool};
use model::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use sign::Signer;
use store::{Guard, HeadMemory, Holder, RunId, Store};
use verify::{Observer, Unobserved, VerifiedBundle};

pub use error::SealError;
pub use export::export;
pub use failed::Recording;

/// Everything that sealing needs and that outlives one run.
pub struct Sealer<'a> {
    pub store: &'a dyn Store,
    /// The last head seen, kept outside the store.
    pub memory: &'a dyn HeadMemory,
    /// The trust material that will be used to verify what is sealed here.
    pub trust: &'a Trust,
    pub collector: &'a dyn Signer,
    pub ledger: &'a dyn Signer,
    /// Who takes the locks.
    pub holder: Holder,
    /// How long to wait while another run seals.
    pub wait: Duration,
}

/// What a run means to do, written before its first request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    pub kind: Kind,
    /// The run's id; see [`RunId`] for its form.
    pub run: String,
    pub entity: String,
    pub system: String,
    pub tool: Tool,
    pub clock: ClockSource,
    pub started: Timestamp,
    /// Digest of the resolved plan.
    pub plan: Digest,
    pub purpose: Purpose,
    /// The overrides known at the start.
    pub overrides: Vec<Override>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// How often a run is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
}

/// What [`Sealer::begin`] found and made.
#[derive(Debug)]
pub struct Begun {
    pub session: Session,
    /// Bundles of killed runs that had been signed; they are published now.
    pub completed: Vec<Sealed>,
    /// Runs that died before they signed. Give each to [`Sealer::record_unfinished`].
    pub unfinished: Vec<Unfinished>,
}

/// A run between its intent and its seal. While it lives nobody takes the run for dead; dropped
/// unsealed, the next run records it as failed.
#[derive(Debug)]
pub struct Session {
    run: RunId,
    intent: Intent,
    staging: PathBuf,
    scratch: PathBuf,
    guard: Guard,
}

/// A run that died before it signed, now held by us.
#[derive(Debug)]
pub struct Unfinished {
    run: RunId,
    intent: Intent,
    guard: Guard,
}

/// What is known at the end of a run only. The rest of the statement comes from the intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealInput {
    pub finished: Timestamp,
    pub status: RunStatus,
    /// Overrides that make the bundle unfit as evidence, in any order.
    pub rehearsal: Vec<Override>,
    pub summary: Summary,
    /// What `bundle::writer` wrote into [`Session::staging`].
    pub records: WrittenRecords,
}

/// A bundle that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub run: String,
    pub index: u64,
    pub statement: Statement,
    /// The signed head that holds it, in C2SP form.
    pub checkpoint: String,
    /// Local folder of the published bundle.
    pub folder: PathBuf,
}

impl Session {
    #[must_use]
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Where the bundle's files are written. Durability and modes are [`Sealer::seal`]'s.
    #[must_use]
    pub fn staging(&self) -> &Path {
        &self.staging
    }

    /// Where the run may keep what it needs on the way; in the same file system as the staging
    /// folder, so that files can be moved there. Removed when the run is sealed.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }
}

impl Unfinished {
    #[must_use]
    pub fn intent(&self) -> &Intent {
        &self.intent
    }
}

impl Sealer<'_> {
    /// Makes the ledger: signs the head of the empty tree. Done once; what an earlier, broken-off
    /// try left is completed.
    pub fn init(&self) -> Result<(), SealError> {
        let key = self.log_key()?;
        let _lock = self.store.lock_ledger(&self.holder, self.wait)?;
        let known = head::remembered(self.memory, &key)?;
        match (head::stored(self.store, &key)?, known) {
            (None, Some(known)) => Err(SealError::LedgerGone {
                origin: key.name().to_owned(),
                size: known.size,
                store: self.store.location(),
            }),
            (Some(found), None) if found.checkpoint.size == 0 => Ok(self.memory.save(&found.text)?),
            (Some(found), _) => Err(SealError::AlreadyInitialised {
                origin: key.name().to_owned(),
                size: found.checkpoint.size,
                store: self.store.location(),
            }),
            (None, None) => {
                // A head that is gone must not make its bundles go, too.
                for left in ["ledger/statements", bundle::layout::BUNDLES] {
                    if !self.store.list(left)?.is_empty() {
                        return Err(head::damaged(self.store, store::CHECKPOINT, "is missing, but there are bundles"));
                    }
                }
                let note = self.sign_head(&key, 0, ledger::empty_root())?;
                self.store.create(&[(store::CHECKPOINT, note.as_bytes())])?;
                Ok(self.memory.save(&note)?)
            }
        }
    }

    /// Begins a run. Whatever a killed run had signed is completed first.
    pub fn begin(&self, intent: Intent) -> Result<Begun, SealError> {
        let key = self.log_key()?;
        let run: RunId = intent.run.parse().map_err(|_| SealError::BadRunId { run: intent.run.clone() })?;
        let _lock = self.store.lock_ledger(&self.holder, self.wait)?;
        let mut head = head::Head::read(self.store, self.memory, &key)?;
        head.remember(self.memory)?;
        // Before the first request: at the end it would be too late to learn it.
        self.check_signer(intent.kind, head.size())?;
        let completed = self.complete_all(&mut head)?;
        let unfinished = self.dead_runs()?;
        let guard = self.store.open_run(&run, &self.holder)?;
        let staging = self.store.staging(&run)?;
        let scratch = self.store.scratch(&run)?;
        pending::write_intent(self.store, &run, &intent)?;
        Ok(Begun { session: Session { run, intent, staging, scratch, guard }, completed, unfinished })
    }

    /// Seals what was written into the session's staging folder. After an error nothing that was
    /// published is touched; the next [`Sealer::begin`] completes this run or names it unfinished.
    pub fn seal(&self, session: Session, input: SealInput) -> Result<Sealed, SealError> {
        Ok(self.seal_observed(session, input, &mut Unobserved)?.0)
    }

    /// The same, for whoever wants to tell what was sealed: `observer` sees the records as they are verified, and what it
    /// saw is proven when this has returned.
    pub fn seal_observed(
        &self,
        session: Session,
        input: SealInput,
        observer: &mut (dyn Observer + Send),
    ) -> Result<(Sealed, VerifiedBundle), SealError> {
        let Session {
            run,
            intent,
            staging,
            // Until the end: as long as it lives nobody takes the run for dead.
            guard: _guard,
            ..
        } = session;
        let key = self.log_key()?;
        self.store.sync_staged(&run)?;
        let _lock = self.store.lock_ledger(&self.holder, self.wait)?;
        let mut head = head::Head::read(self.store, self.memory, &key)?;
        head.remember(self.memory)?;
        // Another run may have been killed while this one collected.
        self.complete_all(&mut head)?;
        let index = head.size();
        self.check_signer(intent.kind, index)?;
        let previous = head.previous_statement(self.trust)?;
        let statement = statement(&intent, input, &head, previous)?;
        let verified = check::before_signing(&head, &statement, &staging, self.trust, observer)?;
        self.reserve(&run, index, &statement)?;
        let (sealed, verified) = self.complete(&mut head, index, Some(&verified))?;
        // Nobody else can have published it: the index was taken under the lock that is still held.
        let verified =
            verified.ok_or_else(|| head::damaged(self.store, &bundle::layout::bundle(index), "was there already"))?;
        Ok((sealed, verified))
    }

    fn log_key(&self) -> Result<LogKey, SealError> {
        let key = self.trust.log_key()?;
        let signer = public_key(self.ledger)?;
        if *key.public_key() != signer {
            return Err(SealError::OtherLedgerKey { trusted: key.public_key().id(), given: signer.id() });
        }
        Ok(key)
    }

    /// That whoever verifies with our trust material will accept the collector's signature.
    fn check_signer(&self, kind: Kind, index: u64) -> Result<(), SealError> {
        let signer = public_key(self.collector)?;
        if !self.trust.allows_head(index.saturating_add(1)) {
            return Err(SealError::LedgerKeyNotTrusted { index });
        }
        if self.trust.allows(&signer, Role::for_kind(kind), index) {
            Ok(())
        } else {
            Err(SealError::KeyNotTrusted { key: signer.id(), index })
        }
    }

    fn sign_head(&self, key: &LogKey, size: u64, root: Digest) -> Result<String, SealError> {
        let body = key.c2sp_checkpoint(size, root).body();
        let signature = self.ledger.sign(body.as_bytes())?;
        Ok(key.c2sp_note(size, root, &signature)?)
    }

    /// Runs whose process is gone and which signed nothing. Runs without an intent asked nobody
    /// for anything: they are removed.
    fn dead_runs(&self) -> Result<Vec<Unfinished>, SealError> {
        let mut unfinished = Vec::new();
        for run in self.store.runs()? {
            let Some(guard) = self.store.claim_run(&run, &self.holder)? else {
                continue;
            };
            match pending::read_intent(self.store, &run)? {
                Some(intent) => unfinished.push(Unfinished { run, intent, guard }),
                None => self.store.drop_run(&run)?,
            }
        }
        Ok(unfinished)
    }
}

impl std::fmt::Debug for Sealer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("store", &self.store).finish_non_exhaustive()
    }
}

fn public_key(signer: &dyn Signer) -> Result<PublicKey, SealError> {
    Ok(PublicKey::from_spki_der(&signer.public_spki_der())?)
}

fn statement(
    intent: &Intent,
    input: SealInput,
    head: &head::Head<'_>,
    previous_statement: Option<Digest>,
) -> Result<Unsigned, StatementError> {
    let chain = Chain {
        origin: head.origin().to_owned(),
        index: head.size(),
        prior_size: head.size(),
        prior_root: head.root(),
        previous_statement,
        every_seconds: intent.every_seconds,
    };
    let metadata = Metadata {
        kind: intent.kind,
        bundle: intent.run.clone(),
        entity: intent.entity.clone(),
        system: intent.system.clone(),
        tool: bundle::statement::Tool { version: intent.tool.version.clone(), sha256: intent.tool.sha256 },
        started: intent.started,
        finished: input.finished,
        status: input.status,
        rehearsal: input.rehearsal,
        challenge: intent.challenge.clone(),
        summary: input.summary,
    };
    bundle::seal::statement(&input.records, metadata, chain)
}
