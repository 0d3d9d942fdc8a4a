//! The files of a bundle as they come, and those of a ledger inside an export.

use std::collections::BTreeMap;

use bundle::layout::{self, Entry};
use bundle::limits;
use bundle::read::source::read_all;
use bundle::read::{Item, Source};
use bundle::statement::Predicate;
use model::RecordType;

use crate::problem::Problem;

/// Most bytes of a ledger inside an export that are held in memory.
const HELD_MAX: usize = 256 * 1024 * 1024;

/// Gives the files of a ledger.
pub trait LedgerFiles {
    /// The file at this path below the store, or `None` if there is none; at most `max` bytes.
    fn read(&mut self, path: &str, max: u64) -> Result<Option<Vec<u8>>, Problem>;

    /// What this entry says of its controls, with these types of records, in the form of `ledger/controls/<index>.txt`; `None` if nobody has it.
    /// Whoever has the bundle itself may make it.
    fn controls(&mut self, index: u64, _said: &Predicate, _wanted: &[RecordType]) -> Result<Option<Vec<u8>>, Problem> {
        self.read(&layout::ledger_controls(index), limits::CONTROLS_FILE_MAX)
    }
}

/// The ledger's files out of an export; each is given away once.
#[derive(Debug, Default)]
pub struct HeldFiles {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl HeldFiles {
    /// The ledger's files out of a bundle, which may hold all of them (`export --with-ledger`) or none. Nothing else of it is judged.
    ///
    /// # Errors
    /// When it cannot be read, or there is more than is held.
    pub fn of_bundle(source: &mut dyn Source) -> Result<Self, Problem> {
        let mut held = Self::default();
        let mut files = Files::new(source);
        while let Some(entry) = files.entry()? {
            match entry.clone() {
                entry @ (Entry::Checkpoint | Entry::Tile(_) | Entry::LedgerStatement(_) | Entry::LedgerControls(_)) => {
                    let bytes = files.whole(&entry)?;
                    held.keep(entry.path(), bytes)?;
                }
                _ => files.skip()?,
            }
        }
        Ok(held)
    }

    /// What no reader asked for belongs to no tree of this size.
    pub(crate) fn all_read(self) -> Result<(), Problem> {
        self.files.into_keys().next().map_or(Ok(()), |path| Err(Problem::Stray { path }))
    }

    /// Whether there is any file of a ledger but its head.
    #[must_use]
    pub fn is_ledger(&self) -> bool {
        self.files.keys().any(|path| path != bundle::layout::CHECKPOINT)
    }

    pub(crate) fn keep(&mut self, path: String, bytes: Vec<u8>) -> Result<(), Problem> {
        self.bytes = self.bytes.saturating_add(path.len()).saturating_add(bytes.len());
        if self.bytes > HELD_MAX {
            return Err(Problem::LedgerInExport { max: HELD_MAX });
        }
        self.files.insert(path, bytes);
        Ok(())
    }
}

impl LedgerFiles for HeldFiles {
    fn read(&mut self, path: &str, max: u64) -> Result<Option<Vec<u8>>, Problem> {
        match self.files.remove(path) {
            Some(bytes) if bytes.len() as u64 > max => Err(Problem::LedgerFile { path: path.to_owned() }),
            found => Ok(found),
        }
    }
}

/// The files of the bundle. A file is looked for only when it is asked for: what was read before an input ends is judged.
pub(crate) struct Files<'a> {
    pub(crate) source: &'a mut dyn Source,
    next: Next,
}

enum Next {
    /// Nobody looked for it yet.
    Unknown,
    Known(Option<Item>),
}

impl<'a> Files<'a> {
    pub(crate) fn new(source: &'a mut dyn Source) -> Self {
        Self { source, next: Next::Unknown }
    }

    fn item(&mut self) -> Result<Option<&Item>, Problem> {
        if let Next::Unknown = self.next {
            self.next = Next::Known(self.source.next_item()?);
        }
        match &self.next {
            Next::Known(item) => Ok(item.as_ref()),
            Next::Unknown => Ok(None),
        }
    }

    pub(crate) fn entry(&mut self) -> Result<Option<&Entry>, Problem> {
        Ok(self.item()?.map(|item| &item.entry))
    }

    pub(crate) fn next_is(&mut self, entry: &Entry) -> Result<bool, Problem> {
        Ok(self.entry()? == Some(entry))
    }

    /// The next file must be this one. Files come in order: another one means that it is missing, or
    /// that something is before it that does not belong there.
    pub(crate) fn expect(&mut self, expected: &Entry) -> Result<(), Problem> {
        match self.entry()? {
            Some(entry) if entry == expected => Ok(()),
            Some(entry) if entry < expected => Err(Problem::Stray { path: entry.path() }),
            _ => Err(Problem::Missing { path: expected.path() }),
        }
    }

    /// The current file is read.
    pub(crate) fn advance(&mut self) {
        self.next = Next::Unknown;
    }

    pub(crate) fn whole(&mut self, expected: &Entry) -> Result<Vec<u8>, Problem> {
        self.expect(expected)?;
        match std::mem::replace(&mut self.next, Next::Unknown) {
            Next::Known(Some(item)) => Ok(read_all(self.source, &item)?),
            _ => Ok(Vec::new()),
        }
    }

    pub(crate) fn whole_if(&mut self, entry: &Entry) -> Result<Option<Vec<u8>>, Problem> {
        if self.next_is(entry)? { self.whole(entry).map(Some) } else { Ok(None) }
    }

    /// Reads over the next file: what it holds does not matter, that it ends does.
    pub(crate) fn skip(&mut self) -> Result<(), Problem> {
        let mut buffer = vec![0; 64 * 1024];
        while self.source.read(&mut buffer)? > 0 {}
        self.advance();
        Ok(())
    }
}
