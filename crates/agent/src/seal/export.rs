//! A published bundle as one tar, with what is needed to verify it anywhere: the newest head and
//! the proof that the bundle's head is a prefix of it, its anchors, and on demand the whole ledger.

use std::collections::BTreeMap;
use std::io::Write;

use bundle::consistency::{self, Since};
use bundle::export::TarWriter;
use bundle::layout::{self, Entry};
use bundle::limits;
use bundle::read::{Content, open_stream};
use bundle::trust::Trust;
use ledger::{EntryBundle, Tile};
use store::{HeadMemory, Store};

use super::error::SealError;
use super::head::{Head, damaged};

/// Where the bytes of an entry are that is added to the bundle.
enum Added {
    Bytes(Vec<u8>),
    /// In the store.
    Stored(String, u64),
}

/// What an export holds beside the bundle and the newest head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// All tiles and statements of the ledger.
    pub ledger: bool,
    /// The proof that the newest head continues the one of so many entries.
    pub since: Option<u64>,
}

/// Writes bundle `index` as a tar, with what is asked for `beside` it.
/// Give a buffered writer. The same store gives the same bytes.
pub fn export<W: Write>(
    store: &dyn Store,
    memory: &dyn HeadMemory,
    trust: &Trust,
    index: u64,
    beside: Beside,
    out: W,
) -> Result<W, SealError> {
    let key = trust.log_key()?;
    let head = Head::read(store, memory, &key)?;
    let path = layout::bundle(index);
    let unreadable = |problem: String| damaged(store, &path, &format!("cannot be read: {problem}"));
    let file = store.open(&path)?.ok_or_else(|| SealError::NoBundle { index, store: store.location() })?;
    let mut bundle = open_stream(file, &path, u64::MAX).map_err(|error| unreadable(error.to_string()))?;
    let mut added = BTreeMap::new();
    add_head(&head, index, &mut added)?;
    if let Some(size) = beside.since {
        add_since(&head, size, &mut added)?;
    }
    add_anchors(store, &head, index, &mut added)?;
    if beside.ledger {
        let tiles = Tile::all(head.size()).map(|tile| tile.path());
        let bundles = EntryBundle::all(head.size()).map(|entries| entries.path());
        for path in tiles.chain(bundles) {
            let bytes = head.tile(&path)?;
            added.insert(Entry::Tile(path), Added::Bytes(bytes));
        }
        for index in 0..head.size() {
            let path = layout::ledger_statement(index);
            added.insert(Entry::LedgerStatement(index), Added::Stored(path, limits::ENVELOPE_MAX));
        }
    }

    let mut tar = TarWriter::new(out);
    let append = |tar: &mut TarWriter<W>, entry, source| -> Result<(), SealError> {
        let bytes = match source {
            Added::Bytes(bytes) => bytes,
            Added::Stored(path, limit) => {
                store.read(&path, limit)?.ok_or_else(|| damaged(store, &path, "is missing"))?
            }
        };
        Ok(tar.append(entry, bytes.len() as u64, bytes.as_slice())?)
    };
    while let Some(item) = bundle.next_item().map_err(|error| unreadable(error.to_string()))? {
        let later = added.split_off(&item.entry);
        for (entry, source) in std::mem::replace(&mut added, later) {
            append(&mut tar, entry, source)?;
        }
        tar.append(item.entry, item.size, Content(bundle.as_mut()))?;
    }
    for (entry, source) in added {
        append(&mut tar, entry, source)?;
    }
    Ok(tar.finish()?)
}

fn add_head(head: &Head<'_>, index: u64, entries: &mut BTreeMap<Entry, Added>) -> Result<(), SealError> {
    entries.insert(Entry::Checkpoint, Added::Bytes(head.text().as_bytes().to_vec()));
    let older = index.saturating_add(1);
    if older < head.size() {
        let proof = consistency::render(&head.consistency(older)?);
        entries.insert(Entry::Consistency, Added::Bytes(proof.into_bytes()));
    }
    Ok(())
}

/// The proof from a head that whoever asks saw before. The newest head itself needs none.
fn add_since(head: &Head<'_>, size: u64, entries: &mut BTreeMap<Entry, Added>) -> Result<(), SealError> {
    if size == 0 || size > head.size() {
        return Err(SealError::NotSince { origin: head.origin().to_owned(), size, found: head.size() });
    }
    if size < head.size() {
        let since = Since { size, root: head.root_at(size)?, proof: head.consistency(size)? };
        entries.insert(Entry::Since, Added::Bytes(since.render().into_bytes()));
    }
    Ok(())
}

/// The anchors of every head that holds the bundle.
fn add_anchors(
    store: &dyn Store,
    head: &Head<'_>,
    index: u64,
    entries: &mut BTreeMap<Entry, Added>,
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
            let entry = Entry::parse(&path).ok_or_else(|| damaged(store, &path, "is not a file name of the format"))?;
            entries.insert(entry, Added::Stored(path, limits::ANCHOR_MAX));
        }
    }
    Ok(())
}
