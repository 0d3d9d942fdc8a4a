//! A tree that is only ever appended to, kept as its perfect subtrees ("peaks"): O(log n) memory.

use model::Digest;

use crate::hash::{empty_root, node_hash};

/// The roots of the perfect subtrees of a tree of `size` leaves, largest (leftmost) first.
///
/// INVARIANT: there are exactly `size.count_ones()` peaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    peaks: Vec<Digest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    #[error("a tree of {size} leaves has {expected} perfect subtrees, {given} were given")]
    PeakCount { size: u64, expected: u32, given: usize },
}

impl CompactRange {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Continues a tree whose perfect subtrees are known, largest first.
    pub fn from_peaks(size: u64, peaks: Vec<Digest>) -> Result<Self, RangeError> {
        if usize::try_from(size.count_ones()) == Ok(peaks.len()) {
            Ok(Self { size, peaks })
        } else {
            Err(RangeError::PeakCount { size, expected: size.count_ones(), given: peaks.len() })
        }
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    #[must_use]
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// Appends one leaf hash.
    pub fn append(&mut self, leaf: Digest) {
        let mut hash = leaf;
        // Each trailing one bit of the old size is a perfect subtree that this leaf completes.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
        }
        self.peaks.push(hash);
        self.size = self.size.wrapping_add(1);
    }

    /// The Merkle tree head over all leaves.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    /// The seven roots of the reference tree of certificate transparency (RFC 6962's own test data).
    #[test]
    fn roots_of_the_reference_tree() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut range = CompactRange::new();
        assert_eq!(range.root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (leaf, root) in leaves.iter().zip(roots) {
            range.append(leaf_hash(leaf));
            assert_eq!(range.root().to_string(), root);
        }
        let again = CompactRange::from_peaks(8, range.peaks().to_vec()).unwrap();
        assert_eq!(again, range);
        assert_eq!(
            CompactRange::from_peaks(7, range.peaks().to_vec()),
            Err(RangeError::PeakCount { size: 7, expected: 3, given: 1 })
        );
    }
}
