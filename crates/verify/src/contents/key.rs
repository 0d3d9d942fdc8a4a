//! Names of things in sixteen bytes: what is kept of each in memory does not depend on how long its names are.

use sha2::{Digest as _, Sha256};

/// The first sixteen bytes of a SHA-256 over texts with their lengths. Two names with one key take 2^64 tries to find, and
/// would only make this verifier refuse the bundle that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u128);

impl Key {
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        Self(digest.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte)))
    }
}
