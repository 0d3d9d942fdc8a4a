//! The record of a run that died before it signed: a bundle with the status `failed`, under the
//! dead run's id, that says so.

use std::fs::File;
use std::io::{self, BufWriter};

use bundle::layout;
use bundle::statement::Summary;
use bundle::writer::{RecordWriter, SALT};
use model::record::{ClockSource, Override, Run, RunStatus, Tool};
use model::{RecordType, Timestamp};

use super::{SealError, SealInput, Sealed, Sealer, Unfinished};

/// Who records a dead run, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The program that records, which need not be the one that died.
    pub tool: Tool,
    /// Version of the rules of judging.
    pub assessment: u32,
    pub clock: ClockSource,
    pub now: Timestamp,
    /// The recording run's own overrides; the dead run's are added.
    pub overrides: Vec<Override>,
}

impl Sealer<'_> {
    /// Seals a bundle that records a dead run as failed. What it had read is thrown away: nobody
    /// can say how much of it there is. `randomness` fills a salt.
    pub fn record_unfinished(
        &self,
        unfinished: Unfinished,
        by: &Recording,
        randomness: impl FnMut(&mut [u8; SALT]) -> io::Result<()>,
    ) -> Result<Sealed, SealError> {
        let mut session = unfinished.take_over(self)?;
        let intent = &mut session.intent;
        let mut overrides = by.overrides.clone();
        overrides.extend(&intent.overrides);
        overrides.sort_unstable();
        overrides.dedup();
        let failure = format!(
            "the run `{}` (version {}, begun {}) ended without a seal; nothing of it was kept",
            intent.run, intent.tool.version, intent.started
        );
        intent.tool = by.tool.clone();
        // A set clock may lie before the dead run's start.
        let finished = by.now.max(intent.started);
        let run = Run {
            id: intent.run.clone(),
            tool: by.tool.clone(),
            assessment: by.assessment,
            clock: match (intent.clock, by.clock) {
                (ClockSource::System, ClockSource::System) => ClockSource::System,
                (ClockSource::Set, _) | (_, ClockSource::Set) => ClockSource::Set,
            },
            started: intent.started,
            finished,
            plan: intent.plan,
            purpose: intent.purpose,
            status: RunStatus::Failed,
            overrides: overrides.clone(),
            challenge: intent.challenge.clone(),
            failure: Some(failure),
        };
        let create = |name: &str| {
            let path = session.staging.join(name);
            File::create_new(&path)
                .map(BufWriter::new)
                .map_err(|source| SealError::File { path, source })
        };
        let mut writer = RecordWriter::new(
            create(layout::RECORDS)?,
            create(layout::LEAVES)?,
            randomness,
        );
        writer.push(RecordType::Run, &run)?;
        let (records, ..) = writer.finish()?;
        self.seal(
            session,
            SealInput {
                finished,
                status: RunStatus::Failed,
                rehearsal: overrides,
                summary: Summary::default(),
                records,
            },
        )
    }
}
