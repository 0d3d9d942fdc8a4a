//! Signed heads of a ledger: C2SP checkpoints (<https://c2sp.org/tlog-checkpoint>), and the form in
//! which Sigstore's verifiers read one inside a bundle.
//!
//! Both say origin, size and root; they differ in the origin line and in the key id. Extension
//! lines are refused: our ledgers have none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Digest;

use crate::hash::empty_root;
use crate::key::PublicKey;
use crate::note::{Note, NoteError, NoteSignature, ed25519_key_id};

/// What a head of a log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// First line: names the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    pub root: Digest,
}

/// The ledger key under the ledger's name: what its signatures look like in notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    name: String,
    public_key: PublicKey,
}

/// A checkpoint with all its signature lines, read from its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("the checkpoint does not consist of origin, size and root")]
    Malformed,
    #[error("the checkpoint's size is not a plain decimal number")]
    BadSize,
    #[error("the checkpoint's root is not the base64 of 32 bytes")]
    BadRoot,
    #[error("the checkpoint is of `{found}`, not of `{expected}`")]
    OtherOrigin { expected: String, found: String },
    #[error("the checkpoint is not signed by the ledger key exactly once")]
    NotSignedOnce,
    #[error("the ledger's signature on the checkpoint is wrong")]
    BadSignature,
}

impl Checkpoint {
    /// The signed text: three lines.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }

    /// Reads the signed text.
    pub fn parse_body(body: &str) -> Result<Self, CheckpointError> {
        let mut lines = body.strip_suffix('\n').ok_or(CheckpointError::Malformed)?.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Malformed);
        };
        if origin.is_empty() {
            return Err(CheckpointError::Malformed);
        }
        let size = parse_decimal(size).ok_or(CheckpointError::BadSize)?;
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(Digest::from_bytes)
            .ok_or(CheckpointError::BadRoot)?;
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::BadRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

impl LogKey {
    /// `name` is the ledger's origin.
    pub fn new(name: &str, public_key: PublicKey) -> Result<Self, NoteError> {
        if !valid_origin(name) {
            return Err(NoteError::BadOrigin { name: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), public_key })
    }

    /// The name in signature lines; also the origin of C2SP checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// SHA-256 of the SPKI: Sigstore's log id.
    #[must_use]
    pub fn log_id(&self) -> Digest {
        self.public_key.id()
    }

    /// Key id of signature lines of C2SP checkpoints.
    #[must_use]
    pub fn c2sp_key_id(&self) -> [u8; 4] {
        ed25519_key_id(&self.name, self.public_key.as_bytes())
    }

    /// Key id of signature lines in Sigstore's form: the log id's first four bytes.
    #[must_use]
    pub fn sigstore_key_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = *self.log_id().as_bytes();
        [a, b, c, d]
    }

    /// Origin in Sigstore's form: `<name> - <the key id as a big-endian number>`.
    #[must_use]
    pub fn sigstore_origin(&self) -> String {
        format!("{} - {}", self.name, u32::from_be_bytes(self.sigstore_key_id()))
    }

    /// The head to sign for `ledger/checkpoint`.
    #[must_use]
    pub fn c2sp_checkpoint(&self, size: u64, root: Digest) -> Checkpoint {
        Checkpoint { origin: self.name.clone(), size, root }
    }

    /// The head to sign for a Sigstore bundle.
    #[must_use]
    pub fn sigstore_checkpoint(&self, size: u64, root: Digest) -> Checkpoint {
        Checkpoint { origin: self.sigstore_origin(), size, root }
    }

    /// `ledger/checkpoint` from the signature over `c2sp_checkpoint(..).body()`.
    pub fn c2sp_note(&self, size: u64, root: Digest, signature: &[u8; 64]) -> Result<String, NoteError> {
        let body = self.c2sp_checkpoint(size, root).body();
        self.note(body, self.c2sp_key_id(), signature)
    }

    /// The checkpoint inside a Sigstore bundle, from the signature over
    /// `sigstore_checkpoint(..).body()`.
    pub fn sigstore_note(&self, size: u64, root: Digest, signature: &[u8; 64]) -> Result<String, NoteError> {
        let body = self.sigstore_checkpoint(size, root).body();
        self.note(body, self.sigstore_key_id(), signature)
    }

    fn note(&self, body: String, key_id: [u8; 4], signature: &[u8; 64]) -> Result<String, NoteError> {
        let line = NoteSignature { name: self.name.clone(), key_id, signature: signature.to_vec() };
        Ok(Note::new(body, vec![line])?.render())
    }
}

impl SignedCheckpoint {
    /// Reads a checkpoint with its signatures; checks none of them.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let note = Note::parse(text)?;
        let checkpoint = Checkpoint::parse_body(note.text())?;
        Ok(Self { checkpoint, note })
    }

    /// What it says. Nothing is proven before one of the `verify_*` functions returned.
    #[must_use]
    pub fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Proves a C2SP checkpoint: the ledger's origin, signed exactly once by its key. Lines of other
    /// keys are tolerated. `verify(message, signature)` decides on the ledger's signature.
    pub fn verify_c2sp(
        &self,
        key: &LogKey,
        verify: impl FnOnce(&[u8], &[u8; 64]) -> bool,
    ) -> Result<&Checkpoint, CheckpointError> {
        self.expect_origin(key.name())?;
        self.verify_line(key.name(), key.c2sp_key_id(), verify)
    }

    /// Proves Sigstore's form: no other signature line is allowed (its verifiers refuse them).
    pub fn verify_sigstore(
        &self,
        key: &LogKey,
        verify: impl FnOnce(&[u8], &[u8; 64]) -> bool,
    ) -> Result<&Checkpoint, CheckpointError> {
        self.expect_origin(&key.sigstore_origin())?;
        if self.note.signatures().len() != 1 {
            return Err(CheckpointError::NotSignedOnce);
        }
        self.verify_line(key.name(), key.sigstore_key_id(), verify)
    }

    fn expect_origin(&self, expected: &str) -> Result<(), CheckpointError> {
        if self.checkpoint.origin == expected {
            Ok(())
        } else {
            Err(CheckpointError::OtherOrigin { expected: expected.to_owned(), found: self.checkpoint.origin.clone() })
        }
    }

    fn verify_line(
        &self,
        name: &str,
        key_id: [u8; 4],
        verify: impl FnOnce(&[u8], &[u8; 64]) -> bool,
    ) -> Result<&Checkpoint, CheckpointError> {
        let mut ours = self.note.signatures().iter().filter(|line| line.name == name && line.key_id == key_id);
        let (Some(line), None) = (ours.next(), ours.next()) else {
            return Err(CheckpointError::NotSignedOnce);
        };
        let signature = <&[u8; 64]>::try_from(line.signature.as_slice()).map_err(|_| CheckpointError::BadSignature)?;
        if verify(self.note.text().as_bytes(), signature) {
            Ok(&self.checkpoint)
        } else {
            Err(CheckpointError::BadSignature)
        }
    }
}

/// Whether this may name a ledger: 1 to 256 of `A-Z a-z 0-9 . _ - /`, as a URL without its scheme.
///
/// Narrower than a key's name: the origin becomes part of a URL in Sigstore's trusted root, which
/// sigstore-js reads as a pattern.
#[must_use]
pub fn valid_origin(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

/// A decimal number below 2^63 (Sigstore's sizes are signed) as it is written: no sign, no leading
/// zero.
fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let number: u64 = if plain {
        text.parse().ok()?
    } else {
        return None;
    };
    i64::try_from(number).ok()?;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> LogKey {
        LogKey::new("northbank.example/hot-wallet", PublicKey::from_bytes([7; 32])).unwrap()
    }

    #[test]
    fn both_forms_are_read_back() {
        let key = key();
        let root = Digest::of(b"root");
        let plain = key.c2sp_note(3, root, &[1; 64]).unwrap();
        let signed = SignedCheckpoint::parse(&plain).unwrap();
        let body = key.c2sp_checkpoint(3, root).body();
        let proven =
            signed.verify_c2sp(&key, |message, signature| message == body.as_bytes() && signature == &[1; 64]).unwrap();
        assert_eq!(proven.size, 3);
        assert_eq!(signed.verify_c2sp(&key, |_, _| false), Err(CheckpointError::BadSignature));
        assert!(matches!(signed.verify_sigstore(&key, |_, _| true), Err(CheckpointError::OtherOrigin { .. })));

        let sigstore = key.sigstore_note(3, root, &[2; 64]).unwrap();
        let signed = SignedCheckpoint::parse(&sigstore).unwrap();
        assert_eq!(
            signed.unverified().origin,
            format!("northbank.example/hot-wallet - {}", u32::from_be_bytes(key.sigstore_key_id()))
        );
        assert!(signed.verify_sigstore(&key, |_, _| true).is_ok());
    }

    #[test]
    fn witness_lines_are_tolerated_in_one_form_only() {
        let key = key();
        let root = Digest::of(b"root");
        let witness = format!("\u{2014} witness.example {}\n", STANDARD.encode([9; 76]));
        let plain = key.c2sp_note(3, root, &[1; 64]).unwrap() + &witness;
        let signed = SignedCheckpoint::parse(&plain).unwrap();
        assert!(signed.verify_c2sp(&key, |_, _| true).is_ok());
        assert_eq!(signed.note().signatures().len(), 2);
        let sigstore = key.sigstore_note(3, root, &[1; 64]).unwrap() + &witness;
        assert_eq!(
            SignedCheckpoint::parse(&sigstore).unwrap().verify_sigstore(&key, |_, _| true),
            Err(CheckpointError::NotSignedOnce)
        );
        // The same key twice would leave open which signature counts.
        let twice = format!("{plain}{}\n", plain.lines().nth(4).unwrap());
        assert_eq!(
            SignedCheckpoint::parse(&twice).unwrap().verify_c2sp(&key, |_, _| true),
            Err(CheckpointError::NotSignedOnce)
        );
    }

    #[test]
    fn bodies_have_one_spelling() {
        let root = STANDARD.encode([0; 32]);
        let good = format!("a\n1\n{root}\n");
        assert_eq!(Checkpoint::parse_body(&good).unwrap().body(), good);
        for bad in [
            format!("a\n01\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            format!("a\n\n{root}\n"),
            format!("a\n9223372036854775808\n{root}\n"),
            format!("a\n1\n{root}"),
            format!("a\n1\n{root}\nextension\n"),
            format!("\n1\n{root}\n"),
            "a\n1\nAAAA\n".to_owned(),
            format!("a\n0\n{root}\n"),
        ] {
            assert!(Checkpoint::parse_body(&bad).is_err(), "{bad:?}");
        }
        let empty = Checkpoint { origin: "a".into(), size: 0, root: empty_root() };
        assert_eq!(Checkpoint::parse_body(&empty.body()), Ok(empty));
    }
}
