//! Reads the records again: how long the copy's file of records is, its digest, and what follows from what is withheld.

use std::io::{self, BufReader, Write};

use bundle::layout::{self, Entry};
use bundle::read::{Content, Line, LineReader, ReadError, Source, source};
use bundle::redact::{RedactError, Redacted, Redaction, redact};
use bundle::sigstore::CounterSigned;
use bundle::statement::{Records, Statement};

use super::choose::Choice;
use super::effect::{Effect, Gatherer};

/// Larger than most lines.
const PIECE: usize = 256 * 1024;

/// What a copy leaves out.
#[derive(Debug)]
pub struct Cut {
    pub redacted: Redacted,
    choice: Choice,
    /// What an earlier redaction says.
    earlier: Option<Redaction>,
    /// Bytes of the copy's `records.jsonl`.
    size: u64,
}

/// Why a bundle that was verified cannot be read again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CutError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Redact(#[from] RedactError),
    #[error(transparent)]
    Raw(io::Error),
    #[error("it changed while it was read: {0}")]
    Changed(String),
}

impl Cut {
    /// Bytes of the copy's `records.jsonl`.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Whether this raw file is left out.
    #[must_use]
    pub fn leaves_out(&self, raw: u64) -> bool {
        self.redacted.raw.binary_search(&raw).is_ok()
    }

    /// Writes the copy's `records.jsonl`.
    ///
    /// # Errors
    /// When the records cannot be read, or are others than those that were measured.
    pub fn write(&self, records: &Records, input: &mut dyn Source, out: &mut dyn Write) -> Result<(), CutError> {
        let redacted = cut(records, input, out, &self.choice, self.earlier.as_ref(), |_, _, _| Ok(()))?;
        if redacted == self.redacted { Ok(()) } else { Err(CutError::Changed("its records are others".to_owned())) }
    }
}

/// Reads a bundle that was verified once more, without writing anything.
///
/// # Errors
/// When it cannot be read, or is another one than was verified.
pub fn measure(choice: Choice, source: &mut dyn Source, statement: &Statement) -> Result<(Cut, Effect), CutError> {
    let records = &statement.predicate.records;
    let mut earlier = None;
    let mut gatherer = Gatherer::new(&choice, records);
    let mut measured = None;
    while let Some(item) = source.next_item()? {
        match item.entry {
            Entry::Records => {
                let (mut size, mut reader) = (Size(0), LineReader::new());
                let redacted = cut(records, source, &mut size, &choice, earlier.as_ref(), |line, kind, text| {
                    match reader.read(text).map_err(|error| CutError::Changed(error.to_string()))? {
                        Line::Disclosed(record) => gatherer.record(line, kind, text, &record),
                        Line::Withheld(_) => {}
                    }
                    Ok(())
                })?;
                measured = Some((redacted, size.0));
            }
            Entry::Redaction => {
                let bytes = source::read_all(source, &item)?;
                let file = CounterSigned::parse(&bytes).map_err(|error| CutError::Changed(error.to_string()))?;
                let said = Redaction::parse(&file.envelope.statement);
                earlier = Some(said.map_err(|error| CutError::Changed(error.to_string()))?);
            }
            Entry::Raw(raw) => {
                gatherer.raw(raw, Content(source)).map_err(CutError::Raw)?;
                to_its_end(source)?;
            }
            _ => to_its_end(source)?,
        }
    }
    let Some((redacted, size)) = measured else {
        return Err(CutError::Changed(format!("`{}` is not there any more", layout::RECORDS)));
    };
    let effect = gatherer.finish(redacted.withheld.iter().map(|one| one.count).sum());
    Ok((Cut { redacted, choice, earlier, size }, effect))
}

/// A file is read to its end before the next one is asked for.
fn to_its_end(source: &mut dyn Source) -> Result<(), CutError> {
    io::copy(&mut Content(source), &mut io::sink()).map(drop).map_err(CutError::Raw)
}

/// Cuts the records, and shows each line that was not withheld before to `look`.
fn cut(
    records: &Records,
    input: &mut dyn Source,
    out: &mut dyn Write,
    choice: &Choice,
    earlier: Option<&Redaction>,
    mut look: impl FnMut(u64, model::RecordType, &[u8]) -> Result<(), CutError>,
) -> Result<Redacted, CutError> {
    let mut looked = Ok(());
    let redacted = redact(
        records,
        BufReader::with_capacity(PIECE, Content(input)),
        out,
        |line, kind| earlier.map_or_else(|| "withheld before".to_owned(), |said| said.reason_of(line, kind)),
        |line, kind, text| {
            if looked.is_ok() {
                looked = look(line, kind, text);
            }
            choice.reason(line).map(str::to_owned)
        },
    )?;
    looked.map(|()| redacted)
}

/// Counts bytes.
struct Size(u64);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
