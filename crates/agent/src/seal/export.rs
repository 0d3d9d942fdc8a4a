//! A published bundle as one tar, with what is needed to verify it anywhere: the newest head and
//! the proof that the bundle's head is a prefix of it, its anchors, and on demand the whole ledger.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bundle::consistency::{self, Since};
use bundle::controls::{self, MakeError, Wanted};
use bundle::export::TarWriter;
use bundle::layout::{self, Entry};
use bundle::limits;
use bundle::read::{Content, Source, open_stream};
use bundle::sigstore::Envelope;
use bundle::statement::Statement;
use bundle::trust::Trust;
use ledger::{EntryBundle, Tile};
use store::{HeadMemory, Store};

use super::error::SealError;
use super::head::{Head, damaged};
use crate::redact::Cut;

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
    /// What each run of it says of its controls.
    pub controls: bool,
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
    exported(store, memory, trust, index, beside, None, out)
}

/// As [`export`], of a copy that says less.
pub fn export_less<W: Write>(
    store: &dyn Store,
    memory: &dyn HeadMemory,
    trust: &Trust,
    index: u64,
    beside: Beside,
    less: Less<'_>,
    out: W,
) -> Result<W, SealError> {
    exported(store, memory, trust, index, beside, Some(less), out)
}

fn exported<W: Write>(
    store: &dyn Store,
    memory: &dyn HeadMemory,
    trust: &Trust,
    index: u64,
    beside: Beside,
    less: Option<Less<'_>>,
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
    if beside.controls {
        add_controls(store, head.size(), &mut added)?;
    }

    let load = |path: &str, limit| store.read(path, limit)?.ok_or_else(|| damaged(store, path, "is missing"));
    copy(bundle.as_mut(), Place { name: &path, unreadable: &unreadable, load: &load }, added, less, out)
}

/// What a copy leaves out, and who signed for that.
#[derive(Clone, Copy, Debug)]
pub struct Less<'c> {
    pub cut: &'c Cut,
    /// Of the bundle that is copied.
    pub statement: &'c Statement,
    /// `redaction.sigstore.json`
    pub redaction: &'c [u8],
}

/// Writes a redacted copy of a bundle that lies by itself: all its other files stay as they are.
pub fn less<W: Write>(bundle: &mut dyn Source, name: &str, less: Less<'_>, out: W) -> Result<W, SealError> {
    let unreadable = |problem: String| SealError::File { place: name.to_owned(), source: io::Error::other(problem) };
    let load = |path: &str, _| Err(SealError::File { place: path.to_owned(), source: io::ErrorKind::NotFound.into() });
    copy(bundle, Place { name, unreadable: &unreadable, load: &load }, BTreeMap::new(), Some(less), out)
}

/// Reads a file of at most so many bytes.
type Load<'p> = &'p dyn Fn(&str, u64) -> Result<Vec<u8>, SealError>;

/// Where a bundle is read from, and where what is added to it.
#[derive(Clone, Copy)]
struct Place<'p> {
    name: &'p str,
    unreadable: &'p dyn Fn(String) -> SealError,
    load: Load<'p>,
}

/// Copies the files of a bundle, with those that are added at their places.
fn copy<W: Write>(
    bundle: &mut dyn Source,
    place: Place<'_>,
    mut added: BTreeMap<Entry, Added>,
    less: Option<Less<'_>>,
    out: W,
) -> Result<W, SealError> {
    let mut tar = TarWriter::new(out);
    let append = |tar: &mut TarWriter<W>, entry, source| -> Result<(), SealError> {
        let bytes = match source {
            Added::Bytes(bytes) => bytes,
            Added::Stored(path, limit) => (place.load)(&path, limit)?,
        };
        Ok(tar.append(entry, bytes.len() as u64, bytes.as_slice())?)
    };
    if let Some(less) = &less {
        added.insert(Entry::Redaction, Added::Bytes(less.redaction.to_vec()));
    }
    while let Some(item) = bundle.next_item().map_err(|error| (place.unreadable)(error.to_string()))? {
        // What the bundle has already at a place is put aside for what is added there.
        let replaced = added.contains_key(&item.entry);
        let later = added.split_off(&item.entry);
        for (entry, source) in std::mem::replace(&mut added, later) {
            append(&mut tar, entry, source)?;
        }
        match (&item.entry, &less) {
            (Entry::Records, Some(less)) => {
                let records = &less.statement.predicate.records;
                tar.append_written(Entry::Records, less.cut.size(), |out| {
                    let again = |problem| SealError::Again { place: place.name.to_owned(), problem };
                    less.cut.write(records, bundle, out).map_err(again)
                })?;
            }
            (Entry::Raw(raw), Some(less)) if less.cut.leaves_out(*raw) => pass_over(bundle, &place)?,
            // The redaction of before is about another copy.
            _ if replaced => pass_over(bundle, &place)?,
            _ => tar.append(item.entry, item.size, Content(bundle))?,
        }
    }
    for (entry, source) in added {
        append(&mut tar, entry, source)?;
    }
    Ok(tar.finish()?)
}

/// A file is read to its end before the next one is asked for.
fn pass_over(bundle: &mut dyn Source, place: &Place<'_>) -> Result<(), SealError> {
    io::copy(&mut Content(bundle), &mut io::sink()).map(drop).map_err(|error| (place.unreadable)(error.to_string()))
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

/// What every run says of its controls, as far as its bundle is in the store: of the others nothing is said.
fn add_controls(store: &dyn Store, size: u64, entries: &mut BTreeMap<Entry, Added>) -> Result<(), SealError> {
    let mut wanted = Wanted::default();
    for index in 0..size {
        let path = layout::ledger_statement(index);
        let unusable = |problem: &dyn std::fmt::Display| damaged(store, &path, &problem.to_string());
        let bytes = store.read(&path, limits::ENVELOPE_MAX)?.ok_or_else(|| unusable(&"is missing"))?;
        let envelope = Envelope::parse(&bytes).map_err(|error| unusable(&error))?;
        let said = Statement::parse(&envelope.statement).map_err(|error| unusable(&error))?.predicate;
        let Some(kinds) = wanted.of(&said) else { continue };
        let path = layout::bundle(index);
        let Some(file) = store.open(&path)? else { continue };
        let unusable = |problem: &dyn std::fmt::Display| damaged(store, &path, &problem.to_string());
        let mut bundle = open_stream(file, &path, u64::MAX).map_err(|error| unusable(&error))?;
        match controls::of_bundle(bundle.as_mut(), &said, &kinds) {
            Ok(bytes) => {
                // An auditor would refuse it.
                controls::parse(&bytes, &said, &kinds).map_err(|error| unusable(&error))?;
                wanted.took(&said);
                entries.insert(Entry::LedgerControls(index), Added::Bytes(bytes));
            }
            Err(MakeError::TooLong) => {}
            Err(error) => return Err(unusable(&error)),
        }
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
