//! What was built is verified before it is signed, and what was sealed before it is published, by
//! the same code that an auditor's verifier runs. A process that has just verified the file does not
//! unpack it again for the second time: its contents are bound by the statement, and only the signatures are new. That it is
//! still the same file is proven by its digest while it is copied.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bundle::read::open_stream;
use bundle::seal::Unsigned;
use bundle::sigstore::{Envelope, Position, SealedStatement, entry_body};
use bundle::trust::{Role, Trust, TrustedKey};
use ledger::LogKey;
use model::Digest;
use sha2::{Digest as _, Sha256};
use sign::{Ed25519Signer, Signer as _};
use store::Content;
use verify::{Demands, Observer, Texts, Unobserved, VerifiedBundle};

use super::error::SealError;
use super::head::Head;
use super::pack;
use super::sealer::public_key;

/// Keys that anyone can have: what they sign is never trusted and never leaves this file. With
/// them a bundle is verified as a whole before a key that matters has signed it.
const NOBODY_COLLECTOR: [u8; 32] = [0xc0; 32];
const NOBODY_LEDGER: [u8; 32] = [0x1e; 32];

/// A bundle that was verified, and the digest of the file it was prepared in.
pub(super) struct Proven {
    pub bundle: VerifiedBundle,
    body: Digest,
}

/// The texts against which marks are computed, and who looks on.
type Shown<'o> = (Option<&'static dyn Texts>, &'o mut (dyn Observer + Send));

/// That what was prepared, with this statement at the ledger's next place, makes a bundle that
/// verifies; but for the signatures, which are no one's.
pub(super) fn before_signing(
    head: &Head<'_>,
    unsigned: &Unsigned,
    staged: &Path,
    approvers: &Trust,
    shown: Shown<'_>,
) -> Result<Proven, SealError> {
    let collector = Ed25519Signer::from_seed(&NOBODY_COLLECTOR);
    let ledger = Ed25519Signer::from_seed(&NOBODY_LEDGER);
    let signer = public_key(&collector)?;
    let mut trust = Trust::new(head.origin(), public_key(&ledger)?, signer)?;
    trust.keys.push(TrustedKey::from_now_on(signer, Role::Record, 0));
    // Who approves is no matter of who seals: those are the keys that will count for good. The others are known too, so that an approval that one
    // of them signed is told as what it is.
    trust.keys.extend(approvers.keys.iter().cloned());
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
    accept(sealed.render().as_bytes(), staged, &trust, head.size(), shown)
}

/// That `statement`, the file, makes with what was prepared a bundle that verifies, with the signatures it will have for
/// good. `before`: what this process verified before it signed. Without it, whoever prepared the file is gone, and all of
/// it is read again.
pub(super) fn before_publishing(
    trust: &Trust,
    index: u64,
    statement: &[u8],
    staged: &Path,
    before: Option<&Proven>,
) -> Result<Proven, SealError> {
    let Some(before) = before else {
        return accept(statement, staged, trust, index, (None, &mut Unobserved));
    };
    let bundle = verify::sealed_anew(&before.bundle, statement, trust)
        .map_err(|problem| SealError::NotVerified { index, problem: problem.to_string() })?;
    Ok(Proven { bundle, body: before.body })
}

fn accept(
    statement: &[u8],
    staged: &Path,
    trust: &Trust,
    index: u64,
    (texts, observer): Shown<'_>,
) -> Result<Proven, SealError> {
    let place = || staged.display().to_string();
    let failed = |source| SealError::File { place: place(), source };
    let not = |problem| SealError::NotVerified { index, problem };
    let front = pack::front(statement)?;
    let mut body = Hashed { file: File::open(staged).map_err(failed)?, hash: Sha256::new() };
    let mut source =
        open_stream(front.as_slice().chain(&mut body), &place(), u64::MAX).map_err(|error| not(error.to_string()))?;
    let demands = Demands { allow_rehearsal: true, allow_failed: true, texts, ..Demands::of_evidence(trust) };
    let verdict = verify::verify(source.as_mut(), &demands, observer);
    drop(source);
    let problems = verdict.report.problems.iter();
    let bundle = verdict.bundle.ok_or_else(|| {
        let texts: Vec<&str> = problems.map(|problem| problem.message.as_str()).collect();
        not(texts.join("; "))
    })?;
    // An accepted tar was read to its end, and nothing stood behind it.
    Ok(Proven { bundle, body: Digest::from_bytes(body.hash.finalize().into()) })
}

/// Hashes a file as it is read.
struct Hashed {
    file: File,
    hash: Sha256,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// A bundle as it is published: the statement's frame, then the file that was verified, byte for byte.
pub(super) struct Published<'a> {
    front: Vec<u8>,
    staged: &'a Path,
    body: Digest,
}

impl<'a> Published<'a> {
    pub(super) fn new(statement: &[u8], staged: &'a Path, proven: &Proven) -> Result<Self, SealError> {
        Ok(Self { front: pack::front(statement)?, staged, body: proven.body })
    }
}

impl Content for Published<'_> {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let body = Hashed { file: File::open(self.staged)?, hash: Sha256::new() };
        Ok(Box::new(self.front.as_slice().chain(Unchanged { body, verified: self.body })))
    }
}

/// Ends well only if all that was read is what was verified.
struct Unchanged {
    body: Hashed,
    verified: Digest,
}

impl Read for Unchanged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(buffer)?;
        let ended = count == 0 && !buffer.is_empty();
        if ended && Digest::from_bytes(self.body.hash.clone().finalize().into()) != self.verified {
            return Err(io::Error::other("what was prepared changed after it was verified"));
        }
        Ok(count)
    }
}
