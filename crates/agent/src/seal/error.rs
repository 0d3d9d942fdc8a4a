//! Why nothing was sealed, or not all of it.

use std::io;

use model::Digest;

/// Why sealing failed. Nothing that was published is touched by any of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Sign(#[from] sign::SignError),
    #[error(transparent)]
    Trust(#[from] bundle::trust::TrustError),
    #[error(transparent)]
    Statement(#[from] bundle::statement::StatementError),
    #[error(transparent)]
    Key(#[from] ledger::PublicKeyError),
    #[error(transparent)]
    Note(#[from] ledger::NoteError),
    #[error(transparent)]
    Entry(#[from] ledger::EntryTooLong),
    #[error("`{run}` is not a run id: 1 to 64 lower-case letters, digits and `-`")]
    BadRunId { run: String },
    #[error("the {what} cannot stand in a statement: 1 to 256 bytes without control characters, no line ends")]
    BadText { what: &'static str },
    #[error("`{store}` holds no ledger")]
    NotInitialised { store: String },
    #[error("`{store}` already holds the ledger `{origin}` with {size} bundles")]
    AlreadyInitialised { origin: String, size: u64, store: String },
    #[error(
        "`{store}` holds no ledger, but the ledger `{origin}` was seen with {size} bundles: the store was lost, emptied or replaced"
    )]
    LedgerGone { origin: String, size: u64, store: String },
    #[error(
        "`{store}` holds {found} bundles of the ledger `{origin}`, but {seen} were seen before: the store was rolled back"
    )]
    RolledBack { origin: String, seen: u64, found: u64, store: String },
    #[error("`{store}` holds another history of the ledger `{origin}` than was seen at {seen} bundles")]
    Rewritten { origin: String, seen: u64, store: String },
    #[error("`{store}` holds {size} bundles of the ledger `{origin}`, and nothing here remembers how many there were")]
    NotRemembered { origin: String, size: u64, store: String },
    #[error("`{store}` holds {found} bundles of the ledger `{origin}`, and not {size}")]
    OtherSize { origin: String, size: u64, found: u64, store: String },
    #[error("the ledger `{origin}` has {found} bundles: it cannot be shown to continue a head of {size}")]
    NotSince { origin: String, size: u64, found: u64 },
    #[error(
        "the ledger holds bundles of entity `{entity}`, system `{system}`, and this one is of entity `{of_entity}`, system `{of_system}`"
    )]
    OtherSystem { entity: String, system: String, of_entity: String, of_system: String },
    #[error("the clock shows {now}, and bundle {index} was finished at {finished}")]
    ClockBack { index: u64, finished: model::Timestamp, now: model::Timestamp },
    #[error("the last head seen cannot be used: {problem}")]
    BadMemory { problem: ledger::CheckpointError },
    #[error("the ledger key {given} is not the key {trusted} of the trust file")]
    OtherLedgerKey { trusted: Digest, given: Digest },
    #[error("the trust file does not trust the key {key} in the role `{role}` at index {index}")]
    KeyNotTrusted { key: Digest, role: &'static str, index: u64 },
    #[error("a run that was interrupted waits at index {index} for the collector's signature")]
    RunWaits { index: u64 },
    #[error("the trust file does not trust the ledger key at index {index}")]
    LedgerKeyNotTrusted { index: u64 },
    #[error("`{path}` in `{store}` {problem}")]
    Damaged { path: String, store: String, problem: String },
    #[error("the signer returned a signature that its own public key does not verify")]
    BadSignature,
    #[error("bundle {index} as written does not verify: {problem}")]
    NotVerified { index: u64, problem: String },
    #[error("the run `{run}` was taken for dead by another machine, which recorded it as failed")]
    GivenUp { run: String },
    #[error("the run `{run}` stood still for so long that another machine sealed it, as bundle {index}")]
    SealedByOthers { run: String, index: u64 },
    #[error("other machines sealed first each of the {tries} times that the run `{run}` tried")]
    NoPlace { run: String, tries: u32 },
    #[error("there is no bundle {index} in `{store}`")]
    NoBundle { index: u64, store: String },
    #[error(transparent)]
    Export(#[from] bundle::export::ExportError),
    #[error(transparent)]
    Write(#[from] bundle::writer::WriteError),
    #[error("`{place}` cannot be read again: {problem}")]
    Again { place: String, problem: crate::redact::CutError },
    #[error("cannot use `{place}`")]
    File { place: String, source: io::Error },
}

impl SealError {
    /// Whose move it is, and which; for the line after the error.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::Store(error) => return error.help(),
            Self::NotInitialised { store } => {
                format!("create it once with `witnessmark ledger init --store {store}`")
            }
            Self::AlreadyInitialised { .. } => "use it as it is; a ledger is made once".to_owned(),
            Self::LedgerGone { .. } | Self::RolledBack { .. } | Self::Rewritten { .. } => {
                "name the right store, or restore it from a backup; a ledger is never started again with the same key"
                    .to_owned()
            }
            Self::NotRemembered { .. } => {
                "restore `keys/last-head` where it was; if it is lost, find out from elsewhere how many bundles there must be, and say so: `witnessmark ledger remember --size N`"
                    .to_owned()
            }
            Self::OtherSize { .. } => {
                "find out which it is before anything is sealed: a store that lost bundles is restored, not gone on with"
                    .to_owned()
            }
            Self::NotSince { .. } => {
                "if that head was this ledger's, the store lost bundles: restore it from a backup".to_owned()
            }
            Self::OtherSystem { .. } => {
                "one ledger holds one system: begin another ledger for it, with a store and keys of its own".to_owned()
            }
            Self::ClockBack { .. } => {
                "set the clock, or find out whether store and keys are an older copy; `--despite-clock` runs all the same, for a bundle that was made with a clock that was ahead"
                    .to_owned()
            }
            Self::OtherLedgerKey { .. } => "give the ledger key that belongs to this trust file".to_owned(),
            Self::KeyNotTrusted { .. } => {
                "whoever keeps the trust file adds the key for this index, or give the key it names".to_owned()
            }
            Self::RunWaits { .. } => {
                "`witnessmark run` completes it; a trust file that lost a key leaves it waiting".to_owned()
            }
            Self::LedgerKeyNotTrusted { .. } => {
                "a ledger that was closed (`witnessmark keys close`) stays so: begin another one, with keys of its own"
                    .to_owned()
            }
            Self::Damaged { .. } => "something else wrote here; restore the file from a backup of the store".to_owned(),
            Self::BadMemory { .. } => "give the head file that belongs to this ledger's key".to_owned(),
            Self::BadText { .. } => "shorten it, and write it on one line".to_owned(),
            Self::GivenUp { .. } => "run again; a run that lasts longer needs a later `--deadline`".to_owned(),
            Self::SealedByOthers { .. } => "nothing is lost and nothing is to be done: that bundle is this run's".to_owned(),
            Self::NoPlace { .. } => {
                "nothing is lost: the next run records this one; let fewer machines seal at the same time".to_owned()
            }
            Self::BadRunId { .. }
            | Self::Sign(_)
            | Self::Trust(_)
            | Self::Statement(_)
            | Self::Key(_)
            | Self::Note(_)
            | Self::Entry(_)
            | Self::BadSignature
            | Self::NotVerified { .. }
            | Self::NoBundle { .. }
            | Self::Export(_)
            | Self::Write(_)
            | Self::Again { .. }
            | Self::File { .. } => return None,
        };
        Some(text)
    }
}
