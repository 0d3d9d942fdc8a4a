//! A published bundle as one tar, with what is needed to verify it anywhere: the newest head and
//! the proof that the bundle's head is a prefix of it, its anchors, and on demand the whole ledger.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::consistency;
use bundle::export::TarWriter;
use bundle::layout::{self, Entry};
use bundle::limits;
use bundle::trust::Trust;
use ledger::{EntryBundle, Tile};
use store::{HeadMemory, Store};

use super::SealError;
use super::head::{Head, damaged};

/// Where the bytes of an entry are.
enum Source {
    Bytes(Vec<u8>),
    /// In the store.
    Stored(String, u64),
    /// In the bundle's local folder.
    File(PathBuf),
}

/// Writes bundle `index` as a tar; with `with_ledger` also all tiles and statements of the ledger.
/// Give a buffered writer. The same store gives the same bytes.
pub fn export<W: Write>(
    store: &dyn Store,
    memory: &dyn HeadMemory,
    trust: &Trust,
    index: u64,
    with_ledger: bool,
    out: W,
) -> Result<W, SealError> {
    let key = trust.log_key()?;
    let head = Head::read(store, memory, &key)?;
    let folder = store.bundle(index)?.ok_or_else(|| SealError::NoBundle { index, store: store.location() })?;
    let mut entries = BTreeMap::new();
    add_folder(&folder, &folder, &mut entries)?;
    add_head(&head, index, &mut entries)?;
    add_anchors(store, &head, index, &mut entries)?;
    if with_ledger {
        let tiles = Tile::all(head.size()).map(|tile| tile.path());
        let bundles = EntryBundle::all(head.size()).map(|entries| entries.path());
        for path in tiles.chain(bundles) {
            let bytes = head.tile(&path)?;
            entries.insert(Entry::Tile(path), Source::Bytes(bytes));
        }
        for index in 0..head.size() {
            let path = layout::ledger_statement(index);
            entries.insert(Entry::LedgerStatement(index), Source::Stored(path, limits::ENVELOPE_MAX));
        }
    }

    let mut tar = TarWriter::new(out);
    for (entry, source) in entries {
        match source {
            Source::Bytes(bytes) => tar.append(entry, bytes.len() as u64, bytes.as_slice())?,
            Source::Stored(path, limit) => {
                let bytes = store.read(&path, limit)?.ok_or_else(|| damaged(store, &path, "is missing"))?;
                tar.append(entry, bytes.len() as u64, bytes.as_slice())?;
            }
            Source::File(path) => {
                let failed = |source| unreadable(&path, source);
                let file = File::open(&path).map_err(failed)?;
                let size = file.metadata().map_err(failed)?.len();
                tar.append(entry, size, file)?;
            }
        }
    }
    Ok(tar.finish()?)
}

fn add_head(head: &Head<'_>, index: u64, entries: &mut BTreeMap<Entry, Source>) -> Result<(), SealError> {
    entries.insert(Entry::Checkpoint, Source::Bytes(head.text().as_bytes().to_vec()));
    let older = index.saturating_add(1);
    if older < head.size() {
        let proof = consistency::render(&head.consistency(older)?);
        entries.insert(Entry::Consistency, Source::Bytes(proof.into_bytes()));
    }
    Ok(())
}

/// The anchors of every head that holds the bundle.
fn add_anchors(
    store: &dyn Store,
    head: &Head<'_>,
    index: u64,
    entries: &mut BTreeMap<Entry, Source>,
) -> Result<(), SealError> {
    for size in store.list(layout::ANCHORS)? {
        let Ok(number) = size.parse::<u64>() else {
            continue;
        };
        if number <= index || number > head.size() {
            continue;
        }
        let folder = format!("{}/{size}", layout::ANCHORS);
        for name in store.list(&folder)? {
            let path = format!("{folder}/{name}");
            let entry = Entry::parse(&path).ok_or_else(|| damaged(store, &path, "is no name of the format"))?;
            entries.insert(entry, Source::Stored(path, limits::ANCHOR_MAX));
        }
    }
    Ok(())
}

fn add_folder(root: &Path, folder: &Path, entries: &mut BTreeMap<Entry, Source>) -> Result<(), SealError> {
    let failed = |source| unreadable(folder, source);
    for found in fs::read_dir(folder).map_err(failed)? {
        let found = found.map_err(failed)?;
        let path = found.path();
        if found.file_type().map_err(failed)?.is_dir() {
            add_folder(root, &path, entries)?;
            continue;
        }
        let entry = path
            .strip_prefix(root)
            .ok()
            .and_then(Path::to_str)
            .and_then(Entry::parse)
            .ok_or_else(|| unreadable(&path, io::Error::other("it is no file of a bundle")))?;
        entries.insert(entry, Source::File(path));
    }
    Ok(())
}

fn unreadable(path: &Path, source: io::Error) -> SealError {
    SealError::File { path: path.to_owned(), source }
}
