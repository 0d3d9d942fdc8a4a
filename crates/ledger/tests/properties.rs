//! The tree against its definition in RFC 6962 §2.1, written down naively; proofs and tiles of
//! every small tree; parsers against anything.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;

use model::Digest;
use proptest::prelude::*;
use witnessmark_ledger::{
    Checkpoint, CompactRange, EntryBundle, HashSource as _, Note, ProofError, SignedCheckpoint, Tile, TileHashes,
    append, consistency_proof, decode_entries, empty_root, inclusion_proof, leaf_hash, node_hash, range_proof,
    tree_root, verify_consistency, verify_inclusion, verify_range,
};

/// MTH(D[n]), word for word.
fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

/// Hashes of perfect subtrees, straight from the leaves.
fn source(leaves: &[Digest]) -> impl FnMut(u32, u64) -> Result<Digest, ()> {
    move |level, index| {
        let from = usize::try_from(index << level).unwrap();
        Ok(naive_root(&leaves[from..from + (1 << level)]))
    }
}

#[test]
fn every_inclusion_proof_of_small_trees() {
    let all = leaves(40);
    for size in 0..=40_u64 {
        let tree = &all[..usize::try_from(size).unwrap()];
        let root = naive_root(tree);
        assert_eq!(tree_root(size, &mut source(tree)), Ok(root));
        assert_eq!(inclusion_proof(size, size, &mut source(tree)), Ok(None));
        for (index, leaf) in (0..).zip(tree) {
            let proof = inclusion_proof(index, size, &mut source(tree)).unwrap().unwrap();
            assert_eq!(verify_inclusion(leaf, index, size, &proof, &root), Ok(()));
            for other in 0..=size {
                if other != index {
                    assert!(verify_inclusion(leaf, other, size, &proof, &root).is_err());
                }
            }
        }
    }
}

/// A proof of one entry is its inclusion proof in another order, and a proof of several holds no hash that none of theirs holds.
#[test]
fn every_range_proof_of_small_trees() {
    for size in 1..=24_u64 {
        let tree = leaves(size);
        let root = naive_root(&tree);
        let single = |index| inclusion_proof(index, size, &mut source(&tree)).unwrap().unwrap();
        for first in 0..size {
            assert_eq!(range_proof(first, 0, size, &mut source(&tree)), Ok(None));
            assert_eq!(range_proof(first, size - first + 1, size, &mut source(&tree)), Ok(None));
            for count in 1..=size - first {
                let proof = range_proof(first, count, size, &mut source(&tree)).unwrap().unwrap();
                let own = &tree[usize::try_from(first).unwrap()..usize::try_from(first + count).unwrap()];
                assert_eq!(verify_range(own, first, size, &proof, &root), Ok(()));
                let known: Vec<Digest> = (first..first + count).flat_map(single).collect();
                assert!(proof.iter().all(|hash| known.contains(hash)), "{first} {count} of {size}");
                if count == 1 {
                    let (mut one, mut other) = (proof.clone(), single(first));
                    one.sort_unstable();
                    other.sort_unstable();
                    assert_eq!(one, other, "{first} of {size}");
                }
                // At another place, or with a hash more or less, it proves nothing. (Of the tree's size only the root says which it is.)
                for place in 0..=size {
                    let held = verify_range(own, place, size, &proof, &root).is_ok();
                    assert_eq!(held, place == first, "{first} {count} of {size} at {place}");
                }
                let longer = [&proof[..], &[leaf_hash(b"more")]].concat();
                assert!(verify_range(own, first, size, &longer, &root).is_err());
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(verify_range(own, first, size, shorter, &root).is_err());
                }
                if count > 1 {
                    assert!(verify_range(&own[1..], first, size, &proof, &root).is_err());
                    assert!(verify_range(&own[..own.len() - 1], first, size, &proof, &root).is_err());
                }
            }
        }
    }
    assert_eq!(verify_range(&[], 0, 3, &[], &empty_root()), Err(ProofError::NoEntries));
}

#[test]
fn every_consistency_proof_of_small_trees() {
    let all = leaves(40);
    for newer in 0..=40_u64 {
        let tree = &all[..usize::try_from(newer).unwrap()];
        let newer_root = naive_root(tree);
        assert_eq!(consistency_proof(0, newer, &mut source(tree)), Ok(None));
        assert_eq!(consistency_proof(newer + 1, newer, &mut source(tree)), Ok(None));
        for older in 1..=newer {
            let older_root = naive_root(&tree[..usize::try_from(older).unwrap()]);
            let proof = consistency_proof(older, newer, &mut source(tree)).unwrap().unwrap();
            assert_eq!(verify_consistency(older, &older_root, newer, &newer_root, &proof), Ok(()));
            if older < newer {
                let fork = leaf_hash(b"fork");
                assert!(verify_consistency(older, &fork, newer, &newer_root, &proof).is_err());
                assert!(verify_consistency(older, &older_root, newer, &fork, &proof).is_err());
            }
        }
    }
    let empty = empty_root();
    assert_eq!(verify_consistency(0, &empty, 0, &empty, &[]), Ok(()));
    let other = leaf_hash(b"");
    assert!(verify_consistency(0, &other, 0, &other, &[]).is_err());
    assert!(verify_consistency(0, &empty, 1, &other, &[]).is_err());
}

/// The head before the last entry follows from the last entry's inclusion proof alone.
#[test]
fn the_prior_root_follows_from_the_proof() {
    let all = leaves(70);
    for size in 1..=70_u64 {
        let count = usize::try_from(size).unwrap();
        let proof = inclusion_proof(size - 1, size, &mut source(&all[..count])).unwrap().unwrap();
        let prior = proof.iter().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root);
        assert_eq!(prior, naive_root(&all[..count - 1]));
    }
}

#[derive(Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| path.to_owned())
    }

    fn append(&mut self, size: u64, entries: &[Vec<u8>]) -> (u64, Digest) {
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let appended = append(size, &entries, |path: &str| self.read(path)).unwrap().unwrap();
        for (path, content) in appended.files {
            // A file is written once.
            assert_eq!(self.0.insert(path, content), None);
        }
        (appended.size, appended.root)
    }
}

#[test]
fn a_stored_tree_grows_across_tiles() {
    let entry = |n: u64| format!("entry {n}").into_bytes();
    let mut files = Files::default();
    let mut size = 0;
    let mut range = CompactRange::new();
    // One by one, across the border of a tile, and past the border of the second level.
    for step in [1, 1, 254, 1, 1, 300, 256, 1, 65_536, 3] {
        let entries: Vec<Vec<u8>> = (size..size + step).map(entry).collect();
        for entry in &entries {
            range.append(leaf_hash(entry));
        }
        let (new_size, root) = files.append(size, &entries);
        size = new_size;
        assert_eq!((size, root), (range.size(), range.root()));

        let mut tiles = TileHashes::new(size, |tile: &Tile| files.read(&tile.path()));
        assert_eq!(tree_root(size, &mut tiles), Ok(root));
        for index in [0, size / 2, size - 1] {
            let proof = inclusion_proof(index, size, &mut tiles).unwrap().unwrap();
            let leaf = leaf_hash(&entry(index));
            assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        }
    }
    for tile in Tile::all(size) {
        assert_eq!(files.read(&tile.path()).unwrap().len(), tile.byte_len());
    }
    let mut read = 0;
    for bundle in EntryBundle::all(size) {
        let bytes = files.read(&bundle.path()).unwrap();
        for found in decode_entries(&bytes, bundle.width).unwrap() {
            assert_eq!(found, entry(read));
            read += 1;
        }
    }
    assert_eq!(read, size);
}

#[test]
fn troubles_of_a_stored_tree_are_told() {
    let mut files = Files::default();
    files.append(0, &[b"a".to_vec(), b"b".to_vec()]);
    // A missing and a short tile.
    assert!(append(2, &[&b"c"[..]], |path: &str| Err::<Vec<u8>, _>(path.to_owned())).unwrap().is_err());
    let short = append(2, &[&b"c"[..]], |path: &str| {
        files.read(path).map(|mut bytes| {
            bytes.pop();
            bytes
        })
    });
    assert!(short.unwrap().is_err());
    assert!(append(0, &[&[0; 65_536][..]], |_: &str| Ok::<_, ()>(Vec::new())).is_err());
    let mut tiles = TileHashes::new(2, |tile: &Tile| files.read(&tile.path()));
    assert!(tiles.node(0, 2).is_err());
    assert!(tiles.node(1, 1).is_err());
    assert!(tiles.node(63, 0).is_err());
    assert!(tiles.node(0, u64::MAX).is_err());
}

proptest! {
    #[test]
    fn the_compact_range_agrees_with_the_definition(count in 0_u64..300) {
        let leaves = leaves(count);
        let mut range = CompactRange::new();
        for leaf in &leaves {
            range.append(*leaf);
        }
        prop_assert_eq!(range.root(), naive_root(&leaves));
        prop_assert_eq!(u64::from(count.count_ones()), range.peaks().len() as u64);
    }

    #[test]
    fn a_changed_proof_is_refused(
        size in 2_u64..200,
        index in any::<prop::sample::Index>(),
        change in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let leaves = leaves(size);
        let root = naive_root(&leaves);
        let at = index.index(leaves.len());
        let index = at as u64;
        let mut proof = inclusion_proof(index, size, &mut source(&leaves)).unwrap().unwrap();
        let position = change.index(proof.len());
        let mut bytes = *proof[position].as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        proof[position] = Digest::from_bytes(bytes);
        prop_assert!(verify_inclusion(&leaves[at], index, size, &proof, &root).is_err());
    }

    /// What a range proof proves of several entries together, inclusion proofs prove of each; and nothing of any other entry.
    #[test]
    fn a_range_proves_what_its_entries_prove(
        size in 1_u64..200,
        from in any::<prop::sample::Index>(),
        many in any::<prop::sample::Index>(),
        change in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let leaves = leaves(size);
        let root = naive_root(&leaves);
        let first = from.index(leaves.len());
        let count = many.index(leaves.len() - first) + 1;
        let mut own = leaves[first..first + count].to_vec();
        let mut proof = range_proof(first as u64, count as u64, size, &mut source(&leaves)).unwrap().unwrap();
        prop_assert_eq!(verify_range(&own, first as u64, size, &proof, &root), Ok(()));
        for (index, leaf) in (first as u64..).zip(&own) {
            let single = inclusion_proof(index, size, &mut source(&leaves)).unwrap().unwrap();
            prop_assert_eq!(verify_inclusion(leaf, index, size, &single, &root), Ok(()));
        }
        // Any bit of any leaf or hash.
        let at = change.index(own.len() + proof.len());
        let hash = if at < own.len() { &mut own[at] } else { &mut proof[at - count] };
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        *hash = Digest::from_bytes(bytes);
        prop_assert_eq!(verify_range(&own, first as u64, size, &proof, &root), Err(ProofError::RootMismatch));
    }

    /// Whatever numbers are claimed: an answer, never a panic or a loop.
    #[test]
    fn any_claim_has_an_answer(index in any::<u64>(), size in any::<u64>(), length in 0_usize..70) {
        let proof = vec![leaf_hash(b"x"); length];
        let range = verify_range(&proof, index, size, &proof, &leaf_hash(b"z"));
        prop_assert!(range.is_err());
        let inclusion = verify_inclusion(&leaf_hash(b"y"), index, size, &proof, &leaf_hash(b"z"));
        let consistency = verify_consistency(index, &leaf_hash(b"y"), size, &leaf_hash(b"z"), &proof);
        prop_assert!(inclusion.is_err() && consistency.is_err());
    }

    #[test]
    fn notes_are_read_back_or_refused(text in "\\PC{0,80}|[a-z\\n\u{2014} +=]{0,120}") {
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.render(), text.clone());
        }
        if let Ok(checkpoint) = Checkpoint::parse_body(&text) {
            prop_assert_eq!(checkpoint.body(), text.clone());
        }
        let _ = SignedCheckpoint::parse(&text);
    }

    #[test]
    fn bundles_of_entries_never_read_beyond(bytes in prop::collection::vec(any::<u8>(), 0..600), width in 0_u64..5) {
        if let Ok(entries) = decode_entries(&bytes, width) {
            prop_assert_eq!(entries.iter().map(|entry| entry.len() + 2).sum::<usize>(), bytes.len());
        }
    }
}
