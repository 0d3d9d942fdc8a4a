//! What appending entries to a stored tree writes.

use model::Digest;

use crate::hash::{leaf_hash, node_hash};
use crate::proof::tree_root;
use crate::tile::{ENTRY_MAX, EntryBundle, TILE_HEIGHT, TILE_WIDTH, Tile, TileError, TileHashes, encode_entry};

/// The tree after appending, and the files to write for it: paths below `ledger/`, none of which
/// exists yet with other content. Partial tiles of the older tree stay where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    pub size: u64,
    pub root: Digest,
    pub files: Vec<(String, Vec<u8>)>,
}

/// An entry is longer than [`ENTRY_MAX`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {length} bytes is longer than {ENTRY_MAX} bytes")]
pub struct EntryTooLong {
    pub length: usize,
}

/// Appends entries to the tree of `size` entries. `read` gives the bytes of the file at a path
/// below `ledger/`: only partial tiles and bundles of the older tree are asked for.
///
/// The outer error is of the entries, the inner one of the stored tree.
pub fn append<E>(
    size: u64,
    entries: &[&[u8]],
    mut read: impl FnMut(&str) -> Result<Vec<u8>, E>,
) -> Result<Result<Appended, TileError<E>>, EntryTooLong> {
    if let Some(long) = entries.iter().find(|entry| entry.len() > ENTRY_MAX) {
        return Err(EntryTooLong { length: long.len() });
    }
    Ok(append_checked(size, entries, &mut read))
}

fn append_checked<E>(
    size: u64,
    entries: &[&[u8]],
    read: &mut impl FnMut(&str) -> Result<Vec<u8>, E>,
) -> Result<Appended, TileError<E>> {
    let new_size = size.checked_add(entries.len() as u64).ok_or(TileError::OutsideTree { size })?;
    let mut files = entry_files(size, new_size, entries, read)?;

    // Level by level: the new hashes of a level complete tiles, whose roots are the new hashes of
    // the next level.
    let mut new_hashes: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let mut written: Vec<(Tile, Vec<u8>)> = Vec::new();
    for level in 0..8 {
        let old_count = size >> (TILE_HEIGHT * level);
        let new_count = new_size >> (TILE_HEIGHT * level);
        if new_count == old_count {
            break;
        }
        let mut hashes = new_hashes.iter();
        let mut completed = Vec::new();
        for index in old_count / TILE_WIDTH..new_count.div_ceil(TILE_WIDTH) {
            let Some(tile) = Tile::in_tree(level, index, new_size) else {
                continue;
            };
            let mut content = match Tile::in_tree(level, index, size) {
                Some(old) => read_exact(&old, read)?,
                None => Vec::new(),
            };
            let missing = tile.byte_len().saturating_sub(content.len()) / 32;
            for hash in hashes.by_ref().take(missing) {
                content.extend_from_slice(hash.as_bytes());
            }
            if tile.width == TILE_WIDTH {
                completed.push(tile_root(&content));
            }
            written.push((tile, content));
        }
        new_hashes = completed;
    }

    let root = tree_root(
        new_size,
        &mut TileHashes::new(new_size, |tile: &Tile| match written.iter().find(|(known, _)| known == tile) {
            Some((_, content)) => Ok(content.clone()),
            None => read(&tile.path()),
        }),
    )?;
    files.extend(written.into_iter().map(|(tile, content)| (tile.path(), content)));
    Ok(Appended { size: new_size, root, files })
}

fn entry_files<E>(
    size: u64,
    new_size: u64,
    entries: &[&[u8]],
    read: &mut impl FnMut(&str) -> Result<Vec<u8>, E>,
) -> Result<Vec<(String, Vec<u8>)>, TileError<E>> {
    let mut files = Vec::new();
    let mut entries = entries.iter();
    let mut at = size;
    while at < new_size {
        let index = at / TILE_WIDTH;
        let Some(bundle) = EntryBundle::in_tree(index, new_size) else {
            break;
        };
        let mut content = Vec::new();
        if let Some(old) = EntryBundle::in_tree(index, size) {
            content = read(&old.path()).map_err(TileError::Read)?;
        }
        let end = index * TILE_WIDTH + bundle.width;
        for _ in at..end {
            if let Some(entry) = entries.next() {
                // INVARIANT: lengths were checked in `append`.
                let _fits = encode_entry(entry, &mut content);
            }
        }
        files.push((bundle.path(), content));
        at = end;
    }
    Ok(files)
}

fn read_exact<E>(tile: &Tile, read: &mut impl FnMut(&str) -> Result<Vec<u8>, E>) -> Result<Vec<u8>, TileError<E>> {
    let bytes = read(&tile.path()).map_err(TileError::Read)?;
    if bytes.len() == tile.byte_len() {
        Ok(bytes)
    } else {
        Err(TileError::WrongLength { path: tile.path(), expected: tile.byte_len(), found: bytes.len() })
    }
}

/// Root of a full tile: a perfect tree over its 256 hashes.
fn tile_root(content: &[u8]) -> Digest {
    let mut nodes: Vec<Digest> = content.as_chunks::<32>().0.iter().copied().map(Digest::from_bytes).collect();
    while nodes.len() > 1 {
        nodes = nodes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    nodes.pop().unwrap_or_else(crate::hash::empty_root)
}
