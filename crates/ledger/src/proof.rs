//! Inclusion and consistency proofs, RFC 9162 §2.1.3 and §2.1.4, and one proof for entries after each other.
//!
//! Verification is strict: a proof that is too long, too short or for an impossible position is an
//! error, also where the hashes it contains would lead to the root.

use model::Digest;

use crate::hash::{empty_root, node_hash};

/// Where the hashes of perfect subtrees come from.
pub trait HashSource {
    type Error;

    /// The hash of the perfect subtree over the leaves `index * 2^level ..(index + 1) * 2^level`.
    /// Only subtrees inside the tree are ever asked for.
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Self::Error>;
}

impl<E, F: FnMut(u32, u64) -> Result<Digest, E>> HashSource for F {
    type Error = E;

    fn node(&mut self, level: u32, index: u64) -> Result<Digest, E> {
        self(level, index)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    #[error("entry {index} lies beyond the tree of {size} entries")]
    IndexBeyondTree { index: u64, size: u64 },
    #[error("the older tree ({older} entries) is larger than the newer one ({newer} entries)")]
    Shrinks { older: u64, newer: u64 },
    #[error("a proof from the empty tree proves nothing")]
    FromEmpty,
    #[error("a proof of no entries proves nothing")]
    NoEntries,
    #[error("the proof has the wrong number of hashes: {given}")]
    WrongLength { given: usize },
    #[error("the proof leads to another root")]
    RootMismatch,
}

/// No proof in a tree of up to 2^64 entries is longer.
#[must_use]
pub const fn max_proof_length() -> usize {
    64
}

/// The Merkle tree head over the first `size` leaves.
pub fn tree_root<S: HashSource>(size: u64, source: &mut S) -> Result<Digest, S::Error> {
    if size == 0 {
        return Ok(empty_root());
    }
    range_hash(0, size, source)
}

/// The audit path of entry `index` in the tree of `size` entries, leaf to root.
/// `None` when there is no such entry.
pub fn inclusion_proof<S: HashSource>(index: u64, size: u64, source: &mut S) -> Result<Option<Vec<Digest>>, S::Error> {
    if index >= size {
        return Ok(None);
    }
    // PATH(m, D[n]) of RFC 6962 §2.1.1, walked from the root; so reversed at the end.
    let (mut begin, mut end) = (0_u64, size);
    let mut path = Vec::new();
    while end - begin > 1 {
        let split = begin + split_point(end - begin);
        if index < split {
            path.push(range_hash(split, end, source)?);
            end = split;
        } else {
            path.push(range_hash(begin, split, source)?);
            begin = split;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// The proof that `count` entries after each other, from `first` on, are in the tree of `size` entries: of every largest subtree
/// without any of them its hash, left to right. `None` when there are no such entries, or `count` is 0.
pub fn range_proof<S: HashSource>(
    first: u64,
    count: u64,
    size: u64,
    source: &mut S,
) -> Result<Option<Vec<Digest>>, S::Error> {
    let Some(last) = first.checked_add(count).filter(|last| count > 0 && *last <= size) else {
        return Ok(None);
    };
    let mut path = Vec::new();
    // Of the subtrees that are still to be looked at the leftmost is the last.
    let mut open = vec![(0, size)];
    while let Some((begin, end)) = open.pop() {
        if end <= first || begin >= last {
            path.push(range_hash(begin, end, source)?);
        } else if begin < first || end > last {
            let split = begin + split_point(end - begin);
            open.push((split, end));
            open.push((begin, split));
        }
    }
    Ok(Some(path))
}

/// The proof that the tree of `older` entries is a prefix of the tree of `newer` entries.
/// `None` when `older` is 0 or larger than `newer`; empty when they are equal.
pub fn consistency_proof<S: HashSource>(
    older: u64,
    newer: u64,
    source: &mut S,
) -> Result<Option<Vec<Digest>>, S::Error> {
    if older == 0 || older > newer {
        return Ok(None);
    }
    // SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2, walked from the root.
    let (mut begin, mut end) = (0_u64, newer);
    let mut whole = true;
    let mut path = Vec::new();
    while end != older {
        let split = begin + split_point(end - begin);
        if older <= split {
            path.push(range_hash(split, end, source)?);
            end = split;
        } else {
            path.push(range_hash(begin, split, source)?);
            begin = split;
            whole = false;
        }
    }
    if !whole {
        path.push(range_hash(begin, end, source)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Proves that `leaf` is entry `index` of the tree of `size` entries with this root.
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondTree { index, size });
    }
    let wrong_length = ProofError::WrongLength { given: proof.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// Proves that `leaves` are the entries of the tree of `size` entries with this root from `first` on ([`range_proof`]).
pub fn verify_range(
    leaves: &[Digest],
    first: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    if leaves.is_empty() {
        return Err(ProofError::NoEntries);
    }
    let beyond = ProofError::IndexBeyondTree { index: first.saturating_add(leaves.len() as u64 - 1), size };
    let last = first.checked_add(leaves.len() as u64).filter(|last| *last <= size).ok_or(beyond)?;
    let mut proven = Proven { first, last, leaves: leaves.iter(), proof: proof.iter() };
    let hash = proven.hash(0, size).ok_or(ProofError::WrongLength { given: proof.len() })?;
    if proven.proof.next().is_some() {
        return Err(ProofError::WrongLength { given: proof.len() });
    }
    if hash == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// Takes up leaves and hashes of a range proof from left to right.
struct Proven<'p> {
    first: u64,
    last: u64,
    leaves: std::slice::Iter<'p, Digest>,
    proof: std::slice::Iter<'p, Digest>,
}

impl Proven<'_> {
    /// The hash of the subtree over `begin..end`; `None` where the proof has no hash more. As deep as the tree: at most 64 levels.
    fn hash(&mut self, begin: u64, end: u64) -> Option<Digest> {
        if end <= self.first || begin >= self.last {
            return self.proof.next().copied();
        }
        if end - begin == 1 {
            return self.leaves.next().copied();
        }
        let split = begin + split_point(end - begin);
        let left = self.hash(begin, split)?;
        let right = self.hash(split, end)?;
        Some(node_hash(&left, &right))
    }
}

/// Proves that the tree of `older` entries is a prefix of the tree of `newer` entries.
///
/// Equal sizes need equal roots and an empty proof. The empty tree is a prefix of every tree, but
/// no proof shows that its root was ever published: asking for it is an error, except against
/// itself.
pub fn verify_consistency(
    older: u64,
    older_root: &Digest,
    newer: u64,
    newer_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::WrongLength { given: proof.len() };
    if older > newer {
        return Err(ProofError::Shrinks { older, newer });
    }
    if older == newer {
        if !proof.is_empty() {
            return Err(wrong_length);
        }
        if older == 0 && *older_root != empty_root() {
            return Err(ProofError::RootMismatch);
        }
        return if older_root == newer_root { Ok(()) } else { Err(ProofError::RootMismatch) };
    }
    if older == 0 {
        return Err(ProofError::FromEmpty);
    }
    // Where the older tree is a perfect subtree of the newer one, its root starts the path.
    let (first, rest) =
        if older.is_power_of_two() { (older_root, proof) } else { proof.split_first().ok_or(wrong_length)? };
    let (mut node, mut last) = (older - 1, newer - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut older_hash, mut newer_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            older_hash = node_hash(sibling, &older_hash);
            newer_hash = node_hash(sibling, &newer_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            newer_hash = node_hash(&newer_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if older_hash == *older_root && newer_hash == *newer_root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// The largest power of two smaller than `count`; `count` is at least 2.
fn split_point(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// The hash over the leaves `begin..end`, where `begin` is a multiple of the largest power of two
/// not above `end - begin`, as it is for every node of the tree.
fn range_hash<S: HashSource>(begin: u64, end: u64, source: &mut S) -> Result<Digest, S::Error> {
    // The perfect subtrees of the range from left to right, then folded from the right.
    let mut peaks = Vec::new();
    let mut at = begin;
    while at < end {
        let level = 63 - (end - at).leading_zeros();
        peaks.push(source.node(level, at >> level)?);
        at += 1 << level;
    }
    let mut right = None;
    for left in peaks.into_iter().rev() {
        right = Some(match right {
            None => left,
            Some(right) => node_hash(&left, &right),
        });
    }
    Ok(right.unwrap_or_else(empty_root))
}
