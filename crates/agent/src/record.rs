//! A person's record: the form as they wrote it, what it says, and the files beside it, sealed as a bundle of their own.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use bundle::layout::Entry;
use bundle::statement::{Kind, Summary};
use bundle::writer::{RecordWriter, WrittenRecords};
use model::record::{Attachment, Declaration, Host, Recorded, Run, RunStatus};
use model::{Digest, RecordRef, RecordType, Timestamp};
use verify::{Unobserved, VerifiedBundle};

use crate::seal::pack::BodyWriter;
use crate::seal::{Intent, SealError, Sealed, Sealer, Session};
use crate::write::{Randomness, WriteBundleError};

/// A file beside a record, by what was read of it.
#[derive(Debug)]
pub struct Attached {
    pub name: String,
    pub size: u64,
    pub sha256: Digest,
    /// Open, to be read once more; `None` where its digest alone is sealed.
    pub file: Option<File>,
}

/// What is sealed, and by whom.
pub struct RecordSetup<'a> {
    /// With the person's key in the place of the collector's.
    pub sealer: &'a Sealer<'a>,
    pub intent: Intent,
    /// The rules that its records keep.
    pub assessment: u32,
    pub host: &'a Host,
    /// Name and bytes.
    pub form: (&'a str, &'a [u8]),
    /// Its attachments are filled in here.
    pub recorded: Recorded,
    /// In any order.
    pub attached: Vec<Attached>,
    /// When all of it was read.
    pub finished: Timestamp,
    pub randomness: Randomness<'a>,
}

/// A record that is in the ledger.
#[derive(Debug)]
pub struct SealedRecord {
    pub sealed: Sealed,
    pub verified: VerifiedBundle,
    /// What was completed on the way.
    pub completed: Vec<Sealed>,
    /// Records that were broken off before they were signed: they are not in the ledger.
    pub dropped: Vec<Intent>,
}

/// Why a record was not sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Write(#[from] WriteBundleError),
}

/// Seals a record. A file that changed since it was read makes the bundle one that does not verify, and that is found before
/// anything is signed.
///
/// # Errors
/// When the store, the keys or the disk fail. Nothing is in the ledger then, or all of it.
pub fn seal(setup: RecordSetup<'_>) -> Result<SealedRecord, RecordError> {
    let RecordSetup { sealer, intent, assessment, host, form, mut recorded, mut attached, finished, randomness } =
        setup;
    attached.sort_by(|a, b| a.name.cmp(&b.name));
    let mut next = 1;
    recorded.attachments = attached
        .iter()
        .map(|one| Attachment {
            name: one.name.clone(),
            size: one.size,
            sha256: one.sha256,
            declaration: one.file.is_some().then(|| {
                let at = RecordRef::new(RecordType::Declaration, next);
                next += 1;
                at
            }),
        })
        .collect();
    let run = Run {
        id: intent.run.clone(),
        tool: intent.tool.clone(),
        assessment,
        clock: intent.clock,
        started: intent.started,
        finished,
        plan: intent.plan,
        purpose: intent.purpose,
        status: RunStatus::Complete,
        overrides: intent.overrides.clone(),
        challenge: intent.challenge.clone(),
        failure: None,
    };
    let overrides = intent.overrides.clone();
    let begun = sealer.begin(Intent { kind: Kind::Record, ..intent })?;
    let records = write(&begun.session, &run, host, form, &recorded, &mut attached, randomness)?;
    let input = crate::seal::SealInput {
        finished,
        status: RunStatus::Complete,
        rehearsal: overrides,
        summary: Summary::default(),
        records,
    };
    let (sealed, verified) = sealer.seal_observed(begun.session, input, &mut Unobserved)?;
    let mut dropped = begun.dropped;
    dropped.extend(sealed.dropped.iter().cloned());
    Ok(SealedRecord { sealed, verified, completed: begun.completed, dropped })
}

fn write(
    session: &Session,
    run: &Run,
    host: &Host,
    form: (&str, &[u8]),
    recorded: &Recorded,
    attached: &mut [Attached],
    randomness: Randomness<'_>,
) -> Result<WrittenRecords, WriteBundleError> {
    let mut out = RecordWriter::new(Vec::new(), Vec::new(), randomness);
    out.push(RecordType::Run, run)?;
    out.push(RecordType::Host, host)?;
    let (path, bytes) = form;
    let of = |path: &str, size, sha256, raw| Declaration { path: path.to_owned(), size, sha256, raw };
    out.push(RecordType::Declaration, &of(path, bytes.len() as u64, Digest::of(bytes), 0))?;
    let public = || recorded.attachments.iter().filter(|one| one.declaration.is_some());
    for (raw, one) in (1..).zip(public()) {
        out.push(RecordType::Declaration, &of(&one.name, one.size, one.sha256, raw))?;
    }
    out.push(RecordType::Recorded, recorded)?;
    let (written, records, leaves) = out.finish()?;

    let failed = |file: &str, source: io::Error| WriteBundleError::File { file: file.to_owned(), source };
    let mut body = BodyWriter::create(session.staged()).map_err(|source| failed("body", source))?;
    body.append(Entry::Leaves, leaves.len() as u64, leaves.as_slice())?;
    body.append(Entry::Records, records.len() as u64, records.as_slice())?;
    body.append(Entry::Raw(0), bytes.len() as u64, bytes)?;
    let files = attached.iter_mut().filter_map(|one| Some((&one.name, one.size, one.file.as_mut()?)));
    for (raw, (name, size, file)) in (1..).zip(files) {
        file.rewind().map_err(|source| failed(name, source))?;
        body.append(Entry::Raw(raw), size, file.take(size))?;
    }
    body.finish()?;
    Ok(written)
}

impl std::fmt::Debug for RecordSetup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordSetup").field("recorded", &self.recorded).finish_non_exhaustive()
    }
}
