//! C2SP tlog-tiles (<https://c2sp.org/tlog-tiles>): stored hashes in tiles of height 8, entries in
//! bundles of 256.

use std::collections::HashMap;

use model::Digest;

use crate::hash::node_hash;
use crate::proof::HashSource;

/// Tree levels that one tile spans.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// Longest entry: its length is stored in 16 bits.
pub const ENTRY_MAX: usize = 65_535;

const HASH: usize = 32;

/// A tile of hashes: level counted in tiles, index within the level, width 1..=256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    pub level: u32,
    pub index: u64,
    pub width: u64,
}

/// A bundle of entries: index, width 1..=256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryBundle {
    pub index: u64,
    pub width: u64,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError<E> {
    #[error("{0}")]
    Read(E),
    #[error("`{path}` has {found} bytes instead of {expected}")]
    WrongLength { path: String, expected: usize, found: usize },
    #[error("a hash outside the tree of {size} entries was asked for")]
    OutsideTree { size: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryBundleError {
    #[error("the bundle of entries ends inside an entry")]
    Truncated,
    #[error("the bundle has {found} entries instead of {expected}")]
    WrongCount { expected: u64, found: u64 },
}

impl Tile {
    /// Path below `ledger/`: `tile/<level>/<index>` with `.p/<width>` for a partial tile.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}{}", self.level, index_path(self.index), width_suffix(self.width))
    }

    /// The tile of this level and index in a tree of `size` entries; `None` when it is empty there.
    #[must_use]
    pub fn in_tree(level: u32, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(TILE_HEIGHT * level).unwrap_or(0);
        let width = hashes.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { level, index, width })
    }

    /// All tiles that a tree of `size` entries consists of, lowest level first.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..8_u32)
            .flat_map(move |level| {
                let hashes = size >> (TILE_HEIGHT * level);
                (0..hashes.div_ceil(TILE_WIDTH)).map(move |index| (level, index))
            })
            .filter_map(move |(level, index)| Self::in_tree(level, index, size))
    }

    /// Length of the stored tile in bytes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        usize::try_from(self.width).map_or(usize::MAX, |width| width.saturating_mul(HASH))
    }
}

impl EntryBundle {
    /// Path below `ledger/`: `tile/entries/<index>` with `.p/<width>` for a partial bundle.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/entries/{}{}", index_path(self.index), width_suffix(self.width))
    }

    /// The bundle of this index in a tree of `size` entries; `None` when it is empty there.
    #[must_use]
    pub fn in_tree(index: u64, size: u64) -> Option<Self> {
        let width = size.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { index, width })
    }

    /// All bundles of a tree of `size` entries.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        (0..size.div_ceil(TILE_WIDTH)).filter_map(move |index| Self::in_tree(index, size))
    }
}

/// Appends one entry to the bytes of a bundle: length in two bytes, big-endian, then the entry.
/// Nothing is appended, and `false` returned, when the entry is too long.
#[must_use]
pub fn encode_entry(entry: &[u8], bundle: &mut Vec<u8>) -> bool {
    let Ok(length) = u16::try_from(entry.len()) else {
        return false;
    };
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    true
}

/// The entries of a bundle, which has exactly `width` of them.
pub fn decode_entries(mut bytes: &[u8], width: u64) -> Result<Vec<&[u8]>, EntryBundleError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(EntryBundleError::Truncated)?;
        let (entry, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(EntryBundleError::Truncated)?;
        entries.push(entry);
        bytes = rest;
    }
    let found = entries.len() as u64;
    if found == width { Ok(entries) } else { Err(EntryBundleError::WrongCount { expected: width, found }) }
}

/// The hashes of a tree of `size` entries, read from its tiles. Tiles that were read are kept, so
/// that one proof reads each once.
pub struct TileHashes<F> {
    size: u64,
    read: F,
    kept: HashMap<(u32, u64), Vec<Digest>>,
}

impl<F> std::fmt::Debug for TileHashes<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TileHashes").field("size", &self.size).finish_non_exhaustive()
    }
}

impl<E, F: FnMut(&Tile) -> Result<Vec<u8>, E>> TileHashes<F> {
    /// `read` gives the bytes of a tile of exactly the width asked for.
    pub fn new(size: u64, read: F) -> Self {
        Self { size, read, kept: HashMap::new() }
    }

    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All hashes of one tile, left to right.
    pub fn tile(&mut self, level: u32, index: u64) -> Result<&[Digest], TileError<E>> {
        use std::collections::hash_map::Entry;
        match self.kept.entry((level, index)) {
            Entry::Occupied(kept) => Ok(kept.into_mut()),
            Entry::Vacant(place) => {
                let tile = Tile::in_tree(level, index, self.size).ok_or(TileError::OutsideTree { size: self.size })?;
                let bytes = (self.read)(&tile).map_err(TileError::Read)?;
                if bytes.len() != tile.byte_len() {
                    return Err(TileError::WrongLength {
                        path: tile.path(),
                        expected: tile.byte_len(),
                        found: bytes.len(),
                    });
                }
                let (hashes, _) = bytes.as_chunks::<HASH>();
                Ok(place.insert(hashes.iter().copied().map(Digest::from_bytes).collect()))
            }
        }
    }
}

impl<E, F: FnMut(&Tile) -> Result<Vec<u8>, E>> HashSource for TileHashes<F> {
    type Error = TileError<E>;

    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Self::Error> {
        let outside = TileError::OutsideTree { size: self.size };
        let depth = level % TILE_HEIGHT;
        let first = index.checked_mul(1 << depth).ok_or(TileError::OutsideTree { size: self.size })?;
        let within = usize::try_from(first % TILE_WIDTH).unwrap_or_default();
        let hashes = self.tile(level / TILE_HEIGHT, first / TILE_WIDTH)?;
        let mut nodes = hashes.get(within..within + (1 << depth)).ok_or(outside)?.to_vec();
        while nodes.len() > 1 {
            nodes = nodes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        nodes.pop().ok_or(TileError::OutsideTree { size: self.size })
    }
}

/// Three digits per path element, all but the last prefixed `x`: 1234067 is `x001/x234/067`.
fn index_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

fn width_suffix(width: u64) -> String {
    if width == TILE_WIDTH { String::new() } else { format!(".p/{width}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |level, index, width| Tile { level, index, width }.path();
        assert_eq!(path(0, 1_067, 256), "tile/0/x001/067");
        assert_eq!(path(1, 1_234_067, 256), "tile/1/x001/x234/067");
        assert_eq!(path(2, 0, 8), "tile/2/000.p/8");
        assert_eq!(EntryBundle { index: 273, width: 112 }.path(), "tile/entries/273.p/112");
        assert_eq!(EntryBundle { index: 5, width: 256 }.path(), "tile/entries/005");
    }

    /// The example of the tlog-tiles specification: a tree of 70,000 entries.
    #[test]
    fn a_tree_of_seventy_thousand() {
        let tiles: Vec<_> = Tile::all(70_000).collect();
        let at = |level| tiles.iter().filter(move |tile| tile.level == level);
        assert_eq!(at(0).filter(|tile| tile.width == 256).count(), 273);
        assert_eq!(at(0).next_back().unwrap().path(), "tile/0/273.p/112");
        assert_eq!(at(1).count(), 2);
        assert_eq!(at(1).next_back().unwrap().path(), "tile/1/001.p/17");
        assert_eq!(at(2).next_back().unwrap().path(), "tile/2/000.p/1");
        assert_eq!(at(3).count(), 0);
        assert_eq!(Tile::all(0).count(), 0);
        assert_eq!(EntryBundle::all(70_000).count(), 274);
    }

    #[test]
    fn bundles_of_entries_are_read_whole_or_not_at_all() {
        let mut bytes = Vec::new();
        assert!(encode_entry(b"one", &mut bytes));
        assert!(encode_entry(b"", &mut bytes));
        assert!(encode_entry(&[7; ENTRY_MAX], &mut bytes));
        assert!(!encode_entry(&[7; ENTRY_MAX + 1], &mut bytes));
        let entries = decode_entries(&bytes, 3).unwrap();
        assert_eq!(entries[0], b"one");
        assert_eq!(entries[1], b"");
        assert_eq!(entries[2].len(), ENTRY_MAX);
        assert_eq!(decode_entries(&bytes, 2), Err(EntryBundleError::WrongCount { expected: 2, found: 3 }));
        assert_eq!(decode_entries(&bytes[..bytes.len() - 1], 3), Err(EntryBundleError::Truncated));
        assert_eq!(decode_entries(&[0], 0), Err(EntryBundleError::Truncated));
    }
}
