//! What was built is verified before it is signed, and what was sealed before it is published, by
//! the same code that an auditor's verifier runs. A process that has just verified the files does not
//! read them again for the second time: they are bound by the statement, and only its signatures are new.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use bundle::layout::{self, Entry};
use bundle::limits;
use bundle::read::{FolderSource, Item, ReadError, Source};
use bundle::seal::Unsigned;
use bundle::sigstore::{Envelope, Position, SealedStatement, entry_body};
use bundle::trust::{Role, Trust};
use ledger::LogKey;
use sign::{Ed25519Signer, Signer as _};
use verify::{Demands, Level, Observer, Unobserved, VerifiedBundle};

use super::head::Head;
use super::{SealError, public_key};

/// Keys that anybody can have: what they sign is never trusted and never leaves this file. With
/// them a bundle is verified as a whole before a key that matters has signed it.
const NOBODY_COLLECTOR: [u8; 32] = [0xc0; 32];
const NOBODY_LEDGER: [u8; 32] = [0x1e; 32];

/// That the prepared files, with this statement at the ledger's next place, make a bundle that
/// verifies; but for the signatures, which are nobody's. `observer` sees what it reads.
pub(super) fn before_signing(
    head: &Head<'_>,
    unsigned: &Unsigned,
    staged: &Path,
    approvers: &Trust,
    observer: &mut (dyn Observer + Send),
) -> Result<VerifiedBundle, SealError> {
    let collector = Ed25519Signer::from_seed(&NOBODY_COLLECTOR);
    let ledger = Ed25519Signer::from_seed(&NOBODY_LEDGER);
    let signer = public_key(&collector)?;
    let mut trust = Trust::new(head.origin(), public_key(&ledger)?, signer)?;
    // Who approves is no matter of who seals: those are the keys that will count for good.
    trust.keys.extend(approvers.keys.iter().filter(|key| key.role == Role::Approve).cloned());
    let key: LogKey = trust.log_key()?;

    let envelope =
        Envelope { statement: unsigned.statement().to_vec(), signature: collector.sign(&unsigned.to_sign())? };
    let appended = head.append(&entry_body(&envelope, &signer))?;
    let body = key.sigstore_checkpoint(appended.size, appended.root).body();
    let note = key.sigstore_note(appended.size, appended.root, &ledger.sign(body.as_bytes())?)?;
    let sealed = SealedStatement {
        envelope,
        signer,
        position: Position {
            index: head.size(),
            tree_size: appended.size,
            root: appended.root,
            proof: head.next_proof()?,
            checkpoint: note,
            log_id: key.log_id(),
        },
    };
    let statement = sealed.render().into_bytes();
    let mut source = WithStatement { statement: &statement, at: None, rest: FolderSource::new(staged) };
    accept(&mut source, &trust, head.size(), observer)
}

/// That the bundle in this folder verifies, with the signatures it will have for good. `before`: what this process
/// verified before it signed. Without it, whoever prepared the files is gone, and all of them are read again.
pub(super) fn before_publishing(
    trust: &Trust,
    index: u64,
    staged: &Path,
    before: Option<&VerifiedBundle>,
) -> Result<VerifiedBundle, SealError> {
    let Some(before) = before else {
        return accept(&mut FolderSource::new(staged), trust, index, &mut Unobserved);
    };
    let path = staged.join(layout::STATEMENT);
    let mut file = Vec::new();
    File::open(&path)
        .and_then(|open| open.take(limits::STATEMENT_FILE_MAX + 1).read_to_end(&mut file))
        .map_err(|source| SealError::File { path, source })?;
    verify::sealed_anew(before, &file, trust)
        .map_err(|problem| SealError::NotVerified { index, problem: problem.to_string() })
}

fn accept(
    source: &mut dyn Source,
    trust: &Trust,
    index: u64,
    observer: &mut (dyn Observer + Send),
) -> Result<VerifiedBundle, SealError> {
    let demands =
        Demands { trust, require: Level::Position, allow_rehearsal: true, allow_failed: true, last_seen: None };
    let verdict = verify::verify(source, &demands, observer);
    let problems = verdict.report.problems.iter();
    verdict.bundle.ok_or_else(|| {
        let texts: Vec<&str> = problems.map(|problem| problem.message.as_str()).collect();
        SealError::NotVerified { index, problem: texts.join("; ") }
    })
}

/// A folder that has no statement yet, with one.
struct WithStatement<'a> {
    statement: &'a [u8],
    /// How much of the statement was read; `None` before and after.
    at: Option<&'a [u8]>,
    rest: FolderSource,
}

impl Source for WithStatement<'_> {
    fn next_item(&mut self) -> Result<Option<Item>, ReadError> {
        if self.statement.is_empty() {
            self.at = None;
            return self.rest.next_item();
        }
        let statement = std::mem::take(&mut self.statement);
        self.at = Some(statement);
        Ok(Some(Item { entry: Entry::Statement, size: statement.len() as u64 }))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        match &mut self.at {
            Some(left) => {
                let count = left.len().min(buffer.len());
                let (now, later) = left.split_at(count);
                if let Some(target) = buffer.get_mut(..count) {
                    target.copy_from_slice(now);
                }
                *left = later;
                Ok(count)
            }
            None => self.rest.read(buffer),
        }
    }
}
