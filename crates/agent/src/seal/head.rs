//! The ledger as it is in the store: its head, proven against tiles and against the last head
//! seen, and what appending to it writes.

use bundle::layout;
use bundle::sigstore::{Envelope, Position, entry_body};
use bundle::{limits, trust::Trust};
use ledger::{Checkpoint, LogKey, SignedCheckpoint, TILE_WIDTH, Tile, TileHashes};
use model::Digest;
use store::{HeadMemory, Store};

use super::error::SealError;

/// Largest tile, and largest bundle of entries, in bytes.
const TILE_MAX: u64 = TILE_WIDTH * (2 + ledger::ENTRY_MAX as u64);

/// A checkpoint whose signature was verified, with its text.
pub(super) struct Known {
    pub checkpoint: Checkpoint,
    pub text: String,
}

/// The newest head of the ledger, proven.
pub(super) struct Head<'a> {
    store: &'a dyn Store,
    key: &'a LogKey,
    known: Known,
}

/// How many bundles a ledger has, proven without any of its secrets: by the trust file and the last head seen.
///
/// # Errors
/// When there is no such ledger, or it is not the one that was seen.
pub fn ledger_size(store: &dyn Store, memory: &dyn HeadMemory, trust: &Trust) -> Result<u64, SealError> {
    Ok(Head::read(store, memory, &trust.log_key()?)?.size())
}

/// How many bundles the ledger had when it was last seen; `None` if it never was.
///
/// # Errors
/// When what is remembered is not this ledger's.
pub fn last_size_seen(memory: &dyn HeadMemory, trust: &Trust) -> Result<Option<u64>, SealError> {
    Ok(remembered(memory, &trust.log_key()?)?.map(|seen| seen.size))
}

/// The head in the store; `None` if there is no ledger.
pub(super) fn stored(store: &dyn Store, key: &LogKey) -> Result<Option<Known>, SealError> {
    let Some(bytes) = store.read(store::CHECKPOINT, limits::CHECKPOINT_MAX)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| damaged(store, store::CHECKPOINT, "is not UTF-8 text"))?;
    let checkpoint = prove(&text, key)
        .map_err(|problem| damaged(store, store::CHECKPOINT, &format!("is not the ledger's: {problem}")))?;
    Ok(Some(Known { checkpoint, text }))
}

/// The head that was seen last; `None` if none ever was.
pub(super) fn remembered(memory: &dyn HeadMemory, key: &LogKey) -> Result<Option<Checkpoint>, SealError> {
    let Some(text) = memory.load()? else {
        return Ok(None);
    };
    prove(&text, key).map(Some).map_err(|problem| SealError::BadMemory { problem })
}

fn prove(text: &str, key: &LogKey) -> Result<Checkpoint, ledger::CheckpointError> {
    let signed = SignedCheckpoint::parse(text)?;
    signed
        .verify_c2sp(key, |message, signature| verify::ed25519::verify(key.public_key().as_bytes(), message, signature))
        .cloned()
}

impl<'a> Head<'a> {
    /// Reads the head and proves it: signed by the ledger key, the root of the tiles that are
    /// there, and a continuation of the head seen last.
    pub(super) fn read(store: &'a dyn Store, memory: &dyn HeadMemory, key: &'a LogKey) -> Result<Self, SealError> {
        let seen = remembered(memory, key)?;
        let origin = || key.name().to_owned();
        let Some(known) = stored(store, key)? else {
            return Err(match seen {
                Some(seen) => SealError::LedgerGone { origin: origin(), size: seen.size, store: store.location() },
                None => SealError::NotInitialised { store: store.location() },
            });
        };
        let head = Self { store, key, known };
        if head.root_at(head.size())? != head.root() {
            return Err(damaged(store, "ledger/tile", "does not have the root that the checkpoint signs"));
        }
        if let Some(seen) = seen {
            if seen.size > head.size() {
                return Err(SealError::RolledBack {
                    origin: origin(),
                    seen: seen.size,
                    found: head.size(),
                    store: store.location(),
                });
            }
            if head.root_at(seen.size)? != seen.root {
                return Err(SealError::Rewritten { origin: origin(), seen: seen.size, store: store.location() });
            }
        }
        Ok(head)
    }

    /// Reads it anew, where others may have moved it.
    pub(super) fn again(&mut self, memory: &dyn HeadMemory) -> Result<(), SealError> {
        *self = Self::read(self.store, memory, self.key)?;
        self.remember(memory)
    }

    /// Remembers this head as seen, whatever becomes of the run. Where nothing is remembered of a ledger that has bundles, nobody
    /// could say whether it was set back: that is not passed over. Under the lock of the ledger only:
    /// an older head must not overwrite a newer one.
    pub(super) fn remember(&self, memory: &dyn HeadMemory) -> Result<(), SealError> {
        let seen = memory.load()?;
        if seen.is_none() && self.size() > 0 {
            let (origin, store) = (self.origin().to_owned(), self.store.location());
            return Err(SealError::NotRemembered { origin, size: self.size(), store });
        }
        if seen.as_deref() != Some(self.text()) {
            memory.save(self.text())?;
        }
        Ok(())
    }

    pub(super) fn origin(&self) -> &str {
        self.key.name()
    }

    pub(super) fn key(&self) -> &LogKey {
        self.key
    }

    pub(super) fn size(&self) -> u64 {
        self.known.checkpoint.size
    }

    pub(super) fn root(&self) -> Digest {
        self.known.checkpoint.root
    }

    pub(super) fn text(&self) -> &str {
        &self.known.text
    }

    /// Digest of the newest statement; `None` in an empty ledger.
    pub(super) fn previous_statement(&self, trust: &Trust) -> Result<Option<Digest>, SealError> {
        self.size().checked_sub(1).map(|index| Ok(self.envelope(index, trust)?.statement_sha256())).transpose()
    }

    /// The envelope of an entry, proven to be the one in the tree.
    pub(super) fn envelope(&self, index: u64, trust: &Trust) -> Result<Envelope, SealError> {
        let path = layout::ledger_statement(index);
        let bytes =
            self.store.read(&path, limits::ENVELOPE_MAX)?.ok_or_else(|| damaged(self.store, &path, "is missing"))?;
        let envelope = Envelope::parse(&bytes)
            .map_err(|problem| damaged(self.store, &path, &format!("cannot be read: {problem}")))?;
        let leaf = self.leaf(index)?;
        let in_tree = trust.keys.iter().any(|key| ledger::leaf_hash(&entry_body(&envelope, &key.spki.0)) == leaf);
        if in_tree { Ok(envelope) } else { Err(damaged(self.store, &path, "is not the entry in the tree")) }
    }

    pub(super) fn leaf(&self, index: u64) -> Result<Digest, SealError> {
        use ledger::HashSource as _;
        self.hashes().node(0, index).map_err(|error| self.broken(error))
    }

    /// The entries' files and the new head, for one entry more.
    pub(super) fn append(&self, entry: &[u8]) -> Result<ledger::Appended, SealError> {
        ledger::append(self.size(), &[entry], |path| self.tile(path))?.map_err(|error| self.broken(error))
    }

    /// Goes on with the head that `replace_head` has put there.
    pub(super) fn advance(&mut self, size: u64, root: Digest, text: String) {
        self.known = Known { checkpoint: self.key.c2sp_checkpoint(size, root), text };
    }

    /// The inclusion proof that the next entry will have in the tree it completes: it consists of
    /// what is there already.
    pub(super) fn next_proof(&self) -> Result<Vec<Digest>, SealError> {
        let index = self.size();
        Ok(ledger::inclusion_proof(index, index.saturating_add(1), &mut self.hashes())
            .map_err(|error| self.broken(error))?
            .unwrap_or_default())
    }

    /// Position of an entry in the tree that it completed, without the signed head.
    pub(super) fn position(
        &self,
        index: u64,
        sign: impl FnOnce(u64, Digest) -> Result<String, SealError>,
    ) -> Result<Position, SealError> {
        let tree_size = index.saturating_add(1);
        let proof = ledger::inclusion_proof(index, tree_size, &mut self.hashes())
            .map_err(|error| self.broken(error))?
            .unwrap_or_default();
        let root = self.root_at(tree_size)?;
        Ok(Position { index, tree_size, root, proof, checkpoint: sign(tree_size, root)?, log_id: self.key.log_id() })
    }

    /// The proof that the tree of `older` entries is a prefix of this one.
    pub(super) fn consistency(&self, older: u64) -> Result<Vec<Digest>, SealError> {
        Ok(ledger::consistency_proof(older, self.size(), &mut self.hashes())
            .map_err(|error| self.broken(error))?
            .unwrap_or_default())
    }

    /// Root of the first `size` entries, read from the tiles of the newest tree.
    pub(super) fn root_at(&self, size: u64) -> Result<Digest, SealError> {
        ledger::tree_root(size, &mut self.hashes()).map_err(|error| self.broken(error))
    }

    fn hashes(&self) -> TileHashes<impl FnMut(&Tile) -> Result<Vec<u8>, SealError> + '_> {
        TileHashes::new(self.size(), |tile: &Tile| self.tile(&tile.path()))
    }

    /// The bytes at a tile's path.
    pub(super) fn tile(&self, path: &str) -> Result<Vec<u8>, SealError> {
        let path = layout::tile(path);
        self.store.read(&path, TILE_MAX)?.ok_or_else(|| damaged(self.store, &path, "is missing"))
    }

    fn broken(&self, error: ledger::TileError<SealError>) -> SealError {
        match error {
            ledger::TileError::Read(error) => error,
            other => damaged(self.store, "ledger/tile", &format!("is broken: {other}")),
        }
    }
}

pub(super) fn damaged(store: &dyn Store, path: &str, problem: &str) -> SealError {
    SealError::Damaged { path: path.to_owned(), store: store.location(), problem: problem.to_owned() }
}
