//! The two hashes of RFC 6962 §2.1: leaves are prefixed 0x00, inner nodes 0x01.

use model::Digest;
use sha2::{Digest as _, Sha256};

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;

/// `SHA-256(0x00 ‖ data)`.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Digest {
    let mut hasher = LeafHasher::new();
    hasher.update(data);
    hasher.finish()
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([NODE]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    Digest::from_bytes(hasher.finalize().into())
}

/// The root of a tree without leaves: `SHA-256("")`.
#[must_use]
pub fn empty_root() -> Digest {
    Digest::from_bytes(Sha256::digest([]).into())
}

/// A leaf hash made piece by piece, for lines that are never held whole.
#[derive(Debug, Clone)]
pub struct LeafHasher(Sha256);

impl LeafHasher {
    #[must_use]
    pub fn new() -> Self {
        let mut hasher = Sha256::new();
        hasher.update([LEAF]);
        Self(hasher)
    }

    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

impl Default for LeafHasher {
    fn default() -> Self {
        Self::new()
    }
}
